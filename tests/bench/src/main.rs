//! Measures what a call costs in CPU time and memory: in one process beside a hand-written axum handler (`calls`), and
//! as a server of its own beside LobeHub's gateway and nginx (`classic`, `invalid`, `market`, `openapi`, `memory`). And what it
//! costs to build a plugin (`builds`), what a tool of MCP costs beside the same one in rmcp (`mcp`), what a plugin of
//! LobeChat's costs as one (`bridge`), and whether the gateway stays as it is for half an hour of upstream faults (`soak`).
//!
//! Figures from two runs cannot be compared: the machine is never the same twice. So all servers of a table are measured
//! in one run, taking turns within each round. Each server is a process of its own, so that its time and memory are
//! nobody else's; ours are this program once more, with `--serve`, or with `serve` as `lobe-gateway`.
//!
//! Linux only: CPU time and memory are read from `/proc`. The load comes from `wrk`, the cores from `taskset`, the
//! upstream from `nginx`.
#![allow(clippy::disallowed_methods, reason = "a bench is a client")]

mod bridge;
mod builds;
mod calls;
mod forward;
mod load;
mod mcp;
mod memory;
mod process;
mod report;
mod request;
mod servers;
mod soak;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use forward::Scenario;
use servers::Contender;

/// As `lobe-gateway` has it, which this program is when it is told to `serve`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often every server gets its turn, where the command line does not say.
const ROUNDS: [(Table, usize); 6] = [
    (Table::Bridge, 5),
    (Table::Builds, 3),
    (Table::Calls, 5),
    (Table::Forward, 3),
    (Table::Mcp, 5),
    (Table::OpenApi, 3),
];

const USAGE: &str =
    "usage: lobe-bench [bridge|builds|calls|classic|invalid|market|mcp|memory|openapi]... [--rounds N] [--write FILE]
       lobe-bench soak [--minutes N] [--write FILE]
       lobe-bench --serve axum|sdk|gateway --port N
       lobe-bench serve ... (lobe-gateway itself)";

/// Names a table of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Bridge,
    Builds,
    Calls,
    Forward,
    Mcp,
    Memory,
    OpenApi,
    Soak,
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Builds => "builds",
            Self::Calls => "calls",
            Self::Forward => "forward",
            Self::Mcp => "mcp",
            Self::Memory => "memory",
            Self::OpenApi => "openapi",
            Self::Soak => "soak",
        }
    }
}

/// Says what the command line asks to be measured.
#[derive(Default)]
struct Wishes {
    tables: Vec<Table>,
    scenarios: Vec<Scenario>,
    rounds: Option<usize>,
    minutes: Option<u64>,
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["serve", ..] => return lobe_plugin_gateway::command_line::run(),
        ["--serve", name, "--port", port] => serve(name, port),
        _ if !cfg!(target_os = "linux") => Err("needs Linux: it reads /proc".into()),
        _ => Wishes::read(&arguments).ok_or_else(|| USAGE.into()).and_then(|wishes| wishes.measure()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn serve(name: &str, port: &str) -> Result<(), Box<dyn Error>> {
    Ok(servers::serve(Contender::named(name).ok_or(USAGE)?, port.parse()?)?)
}

impl Wishes {
    fn read(arguments: &[&str]) -> Option<Self> {
        let mut wishes = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match *argument {
                "--rounds" => wishes.rounds = Some(arguments.next()?.parse().ok()?),
                "--minutes" => wishes.minutes = Some(arguments.next()?.parse().ok()?),
                "--write" => wishes.write = Some(arguments.next()?.into()),
                "bridge" => wishes.tables.push(Table::Bridge),
                "builds" => wishes.tables.push(Table::Builds),
                "calls" => wishes.tables.push(Table::Calls),
                "mcp" => wishes.tables.push(Table::Mcp),
                "memory" => wishes.tables.push(Table::Memory),
                "openapi" => wishes.tables.push(Table::OpenApi),
                "soak" => wishes.tables.push(Table::Soak),
                name => wishes.scenarios.push(Scenario::named(name)?),
            }
        }
        if wishes.tables.is_empty() && wishes.scenarios.is_empty() {
            wishes.tables =
                vec![Table::Builds, Table::Calls, Table::Mcp, Table::Bridge, Table::Memory, Table::OpenApi];
            wishes.scenarios = Scenario::ALL.to_vec();
        }
        if !wishes.scenarios.is_empty() {
            wishes.tables.push(Table::Forward);
        }
        Some(wishes)
    }

    fn measure(&self) -> Result<(), Box<dyn Error>> {
        for table in &self.tables {
            let figures = report::machine() + &self.figures(*table)?;
            print(&figures);
            if let Some(page) = &self.write {
                report::write(page, table.name(), &figures)?;
            }
        }
        Ok(())
    }

    fn figures(&self, table: Table) -> Result<String, Box<dyn Error>> {
        match table {
            Table::Bridge => bridge::measure(self.rounds(table)),
            Table::Builds => builds::measure(self.rounds(table)),
            Table::Calls => calls::measure(self.rounds(table)),
            Table::Forward => forward::measure(&self.scenarios, self.rounds(table)),
            Table::Mcp => mcp::measure(self.rounds(table)),
            Table::Memory => memory::measure(),
            Table::OpenApi => forward::measure(&Scenario::OPENAPI, self.rounds(table)),
            Table::Soak => soak::measure(self.minutes.unwrap_or(soak::MINUTES)),
        }
    }

    fn rounds(&self, table: Table) -> usize {
        let usual = ROUNDS.iter().find(|(of, _)| *of == table).map_or(1, |(_, rounds)| *rounds);
        self.rounds.unwrap_or(usual)
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
