//! Measures what a call costs in CPU time and memory, beside a hand-written axum handler that does the same.
//!
//! Figures from two runs cannot be compared: the machine is never the same twice. So all servers are measured in one
//! run, taking turns within each round, and what counts is how much more a server took than the handler did in the
//! same round. Each server is a process of its own, this program once more with `--serve`, so that its time and memory
//! are nobody else's.
//!
//! The server has one core and the load another. Shared cores would flatter the slower server: a quick one goes to
//! sleep more often for want of work, and being put to sleep and woken up is CPU time too.
//!
//! Linux only: CPU time and memory are read from `/proc`. The load comes from `wrk`, the cores from `taskset`.
#![allow(clippy::disallowed_methods, reason = "a bench is a client")]

mod load;
mod process;
mod report;
mod request;
mod servers;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use load::{Load, Turn};
use process::ServerProcess;
use report::{Figures, Report};
use servers::Contender;

/// How often every server gets its turn.
const ROUNDS: usize = 5;

const USAGE: &str = "usage: lobe-bench [--write FILE]
       lobe-bench --serve axum|sdk|gateway --port N";

/// Says what the command line asks for.
enum Command {
    Measure { write: Option<PathBuf> },
    Serve { contender: Contender, port: u16 },
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(command) = parse(&arguments) else { return fail(USAGE) };
    let outcome = match command {
        Command::Serve { contender, port } => servers::serve(contender, port).map_err(Into::into),
        Command::Measure { .. } if !cfg!(target_os = "linux") => Err("needs Linux: it reads /proc".into()),
        Command::Measure { write } => measure(write),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

fn parse(arguments: &[String]) -> Option<Command> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => Some(Command::Measure { write: None }),
        ["--write", file] => Some(Command::Measure { write: Some(file.into()) }),
        ["--serve", name, "--port", port] => {
            Some(Command::Serve { contender: Contender::named(name)?, port: port.parse().ok()? })
        }
        _ => None,
    }
}

fn measure(write: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
    let load = Load::prepare()?;
    let mut runs = Contender::ALL.into_iter().map(Run::start).collect::<Result<Vec<_>, _>>()?;
    for round in 0..ROUNDS {
        note(&format!("round {} of {ROUNDS}", round + 1));
        // Nobody always goes first, or after the same neighbour.
        runs.rotate_left(1);
        for run in &mut runs {
            run.take_turn(&load)?;
        }
    }
    // Brings the handler to the front, which the others are compared with.
    runs.sort_by_key(|run| run.contender);
    let figures = runs.iter().map(|run| run.figures(&runs[0])).collect::<Result<Vec<_>, _>>()?;
    let report = Report::new(&figures, ROUNDS);
    print(&report.to_string());
    write.map_or(Ok(()), |file| Ok(report.write(&file)?))
}

/// One server and what has been measured of it.
struct Run {
    contender: Contender,
    process: ServerProcess,
    idle_memory: u64,
    turns: Vec<Turn>,
}

impl Run {
    fn start(contender: Contender) -> Result<Self, Box<dyn Error>> {
        let process = ServerProcess::start(contender)?;
        let idle_memory = process.resident_memory()?;
        request::check(contender, process.port())?;
        Ok(Self { contender, process, idle_memory, turns: Vec::new() })
    }

    fn take_turn(&mut self, load: &Load) -> Result<(), Box<dyn Error>> {
        self.turns.push(load.turn(self.contender, &self.process)?);
        Ok(())
    }

    fn figures(&self, handwritten: &Self) -> Result<Figures, Box<dyn Error>> {
        let median = |of: fn(&Turn) -> f64| report::median(self.turns.iter().map(of));
        Ok(Figures {
            contender: self.contender,
            cpu: median(Turn::cpu),
            user_cpu: median(|turn| turn.user_cpu),
            ratios: self
                .turns
                .iter()
                .zip(&handwritten.turns)
                .map(|(own, its)| own.cpu() / its.cpu())
                .collect(),
            rate: median(|turn| turn.rate),
            p99: median(|turn| turn.p99),
            idle_memory: self.idle_memory,
            loaded_memory: self.process.resident_memory()?,
        })
    }
}

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn print(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "beside the table, which may be piped")]
fn note(text: &str) {
    eprintln!("{text}");
}

fn fail(text: &str) -> ExitCode {
    note(text);
    ExitCode::FAILURE
}
