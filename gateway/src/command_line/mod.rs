//! The program `lobe-gateway`: a gateway as a server of its own, as its operator configured it.
//!
//! Not here: what a configuration may say (`config`), and what it means (`assemble`).
#![expect(clippy::print_stderr, reason = "a command line speaks")]

mod arguments;
mod log;
mod serve;

use std::process::ExitCode;

use self::arguments::Command;

/// Does what the process's arguments say, and returns how it ended: 0 for well, 1 for a failure, 2 for a mistake in the
/// arguments.
#[must_use]
pub fn run() -> ExitCode {
    let done = match arguments::parse(std::env::args_os()) {
        Ok(Command::Serve(options)) => serve::run(options),
        Err(exit) => return exit,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
