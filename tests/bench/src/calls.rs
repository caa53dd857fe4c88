//! What a call costs beside a hand-written axum handler that does the same.
//!
//! The server has one core and the load another. Shared cores would flatter the slower server: a quick one goes to
//! sleep more often for want of work, and being put to sleep and woken up is CPU time too.

use std::error::Error;
use std::process::Command;

use crate::load::{Load, Turn};
use crate::process::{ServerProcess, free_port};
use crate::report::{self, Figures};
use crate::request::{self, Request};
use crate::servers::Contender;

/// The core that the servers have.
const CORE: &str = "0";

/// Measures all servers and returns the table.
pub(crate) fn measure(rounds: usize) -> Result<String, Box<dyn Error>> {
    let load = Load::prepare(&Contender::ALL.map(|contender| (contender.name(), Request::to(contender))))?;
    let mut runs = Contender::ALL.into_iter().map(Run::start).collect::<Result<Vec<_>, _>>()?;
    for round in 0..rounds {
        crate::note(&format!("round {} of {rounds}", round + 1));
        // Nobody always goes first, or after the same neighbour.
        runs.rotate_left(1);
        for run in &mut runs {
            run.take_turn(&load)?;
        }
    }
    // Brings the handler to the front, which the others are compared with.
    runs.sort_by_key(|run| run.contender);
    let figures = runs.iter().map(|run| run.figures(&runs[0])).collect::<Result<Vec<_>, _>>()?;
    Ok(report::of(&figures, rounds))
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
        let process = start(contender)?;
        let idle_memory = process.resident_memory()?;
        request::check(contender.name(), &Request::to(contender), process.port())?;
        Ok(Self { contender, process, idle_memory, turns: Vec::new() })
    }

    fn take_turn(&mut self, load: &Load) -> Result<(), Box<dyn Error>> {
        self.turns.push(load.turn(self.contender.name(), &Request::to(self.contender), &self.process)?);
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

/// Starts this program once more, as a server.
fn start(contender: Contender) -> Result<ServerProcess, Box<dyn Error>> {
    let port = free_port()?;
    // `taskset` becomes the server, so the child's number is the server's.
    let mut command = Command::new("taskset");
    command.args(["-c", CORE]).arg(std::env::current_exe()?);
    ServerProcess::start(port, command.args(["--serve", contender.name(), "--port", &port.to_string()]))
}
