//! Holds a gateway against the vectors of `tests/data/vectors`: attacks, bombs, broken upstreams, leaks and overload,
//! each with what must come of it.
//!
//! The conductor (`conduct`) starts workers, each in a network namespace of its own, where every address is local. In it
//! a worker opens a little internet (`world`), starts the gateway as a process (`gateway`), does what the vector says
//! (`suites`) and looks at what came of it. So that the vectors cannot pass because the runner is blind, a gateway that
//! believes everything (`naive`) is held against them too, and every group must find it out.

#![expect(clippy::disallowed_methods, reason = "the runner is the internet that a gateway meets")]

mod addresses;
mod amended;
mod arguments;
mod conduct;
mod documents;
mod gateway;
mod mounted;
mod naive;
mod namespace;
mod outcome;
mod payload;
mod proof;
mod report;
mod stage;
mod suites;
mod vector;
mod verdict;
mod wire;
mod worker;
mod world;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

use arguments::{Options, Task};

/// Does what the command line says. The exit code is 0 when every vector that could be run passed; with `--known-bad`,
/// when every group found the bad gateway out and every control passed.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.get(1).is_some_and(|first| first == mounted::WORD) {
        arguments.remove(1);
        return mounted::run(arguments);
    }
    let done = match arguments::parse(arguments) {
        Ok(Task::Run(options)) => run(&options),
        Ok(Task::Work(options)) => worker::run(&options).map(|()| true),
        Ok(Task::CompareAddresses) => addresses::compare().map(|()| true),
        Ok(Task::ServeNaively(config)) => naive::serve(&config).map(|()| true),
        Err(exit) => return exit,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // If it cannot be written, nobody is there to be told.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<bool> {
    let report = report::Report::new(conduct::run(options)?);
    let mut output = std::io::stdout().lock();
    report.print(&mut output)?;
    if !options.known_bad {
        return Ok(report.is_good());
    }
    let vacuous = report.vacuous();
    for group in &vacuous {
        writeln!(output, "VACUOUS {group}: a gateway that believes everything fares as a good one would")?;
    }
    Ok(vacuous.is_empty())
}
