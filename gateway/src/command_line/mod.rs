//! The program `lobe-gateway`: a gateway as a server of its own, as its operator configured it.
//!
//! Not here: what a configuration may say (`config`), and what it means (`assemble`).
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a command line speaks")]

mod arguments;
mod call;
mod certificate;
mod check;
mod config;
mod dev;
mod doctor;
mod import;
mod keys;
mod log;
mod new;
mod reload;
mod serve;

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use lobe_plugin_sdk::Plugin;

use self::arguments::Command;
use crate::config::Error as ConfigError;

/// How long nobody asks what is going on.
const MOMENT: Duration = Duration::from_secs(2);

/// Does what the process's arguments say, and returns how it ended: 0 for well, 1 for a failure, 2 for a mistake in the
/// arguments or the configuration.
#[must_use]
pub fn run() -> ExitCode {
    run_with([], std::env::args_os())
}

/// Does the same with plugins of one's own in the process, which `serve` mounts beside those of its configuration.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use lobe_plugin_gateway::command_line;
/// use lobe_plugin_sdk::Plugin;
///
/// fn main() -> ExitCode {
///     command_line::run_with([Plugin::new("clothes")], std::env::args_os())
/// }
/// ```
///
/// # Panics
///
/// As [`Gateway::mount`](crate::Gateway::mount).
#[must_use]
pub fn run_with(
    plugins: impl IntoIterator<Item = Plugin>,
    arguments: impl IntoIterator<Item = OsString>,
) -> ExitCode {
    let done = match arguments::parse(arguments) {
        Ok(Command::Serve(options)) => serve::run(*options, plugins.into_iter().collect()),
        Ok(Command::Keys(options)) => keys::run(options),
        Ok(Command::Call(options)) => call::run(*options),
        Ok(Command::Check(options)) => return check::run(&options),
        Ok(Command::Doctor(options)) => doctor::run(options),
        Ok(Command::Dev(options)) => dev::run(*options),
        Ok(Command::New(options)) => new::run(&options),
        Ok(Command::Import(options)) => import::run(&options),
        Ok(Command::Config(options, show)) => config::run(&options, show),
        Ok(Command::Print(text)) => print(&text),
        Err(exit) => return exit,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if error.is::<ConfigError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn print(text: &[u8]) -> Result<(), Box<dyn Error>> {
    match io::stdout().write_all(text) {
        // Who reads a page up to where they want to has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Waits for another machine, and says for which when that takes more than a moment.
async fn waiting<T>(machine: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let Ok(done) = tokio::time::timeout(MOMENT, &mut work).await {
        return done;
    }
    eprintln!("waiting for {machine}");
    work.await
}
