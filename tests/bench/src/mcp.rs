//! What `tools/call` costs beside the same tool in rmcp, in both eras of the protocol: the hello worlds of `builds/mcp-rmcp`
//! and `builds/sdk-default`, built as a user would and each asked what it takes to greet somebody.
//!
//! Both keep no sessions, answer with JSON, and hold arguments against their types; ours checks hosts, origins and what the
//! newer era wants in headers as well.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use crate::builds::Project;
use crate::load::{Load, Turn};
use crate::process::{ServerProcess, free_port};
use crate::report::{self, median};
use crate::request::{self, Expects, Request};

/// The most that ours may cost, as a multiple of what rmcp's costs.
const TARGET: f64 = 1.1;

/// The core that the servers have.
const CORE: &str = "0";

/// Names a server and the era in which it is asked. Each pair of one era begins with the one that the other is compared with.
const ASKED: [Asked; 4] = [
    Asked { name: "rmcp-2025-11-25", project: "mcp-rmcp", is_modern: false },
    Asked { name: "sdk-2025-11-25", project: "sdk-default", is_modern: false },
    Asked { name: "rmcp-2026-07-28", project: "mcp-rmcp", is_modern: true },
    Asked { name: "sdk-2026-07-28", project: "sdk-default", is_modern: true },
];

struct Asked {
    name: &'static str,
    project: &'static str,
    is_modern: bool,
}

/// Measures both servers in both eras and returns the table.
pub(crate) fn measure(rounds: usize) -> Result<String, Box<dyn Error>> {
    let load = Load::prepare(&ASKED.each_ref().map(|asked| (asked.name, asked.request())))?;
    let mut runs = ASKED.iter().map(Run::start).collect::<Result<Vec<_>, _>>()?;
    for round in 0..rounds {
        crate::note(&format!("round {} of {rounds}", round + 1));
        // Nobody always goes first, or after the same neighbour.
        runs.rotate_left(1);
        for run in &mut runs {
            run.turns.push(load.turn(run.asked.name, &run.asked.request(), &run.process)?);
        }
    }
    // Back in the order of the table, whatever the number of rounds was.
    runs.sort_by_key(|run| ASKED.iter().position(|asked| asked.name == run.asked.name));
    let rows: String =
        runs.chunks_exact(2).map(|pair| pair[0].row(&pair[0]) + &pair[1].row(&pair[0])).collect();
    let wrk = Load::command();
    Ok(format!(
        "{rounds} rounds, each `{wrk}` for each server.\n\n\
         | server and era | CPU per request | in its own code | ratio | lowest to highest | target | requests/s | p99 |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n\
         {rows}"
    ))
}

/// One server in one era, and what has been measured of it.
struct Run {
    asked: &'static Asked,
    process: ServerProcess,
    turns: Vec<Turn>,
}

impl Run {
    fn start(asked: &'static Asked) -> Result<Self, Box<dyn Error>> {
        crate::note(&format!("building {}", asked.project));
        let program = Project::prepare(asked.project)?.build_release()?;
        let process = start(&program)?;
        request::check(asked.name, &asked.request(), process.port())?;
        Ok(Self { asked, process, turns: Vec::new() })
    }

    fn row(&self, other: &Self) -> String {
        let of = |of: fn(&Turn) -> f64| median(self.turns.iter().map(of));
        let ratios = self.turns.iter().zip(&other.turns).map(|(own, its)| own.cpu() / its.cpu());
        let ratios: Vec<f64> = ratios.collect();
        let spread = report::spread(&ratios);
        let is_ours = self.asked.name != other.asked.name;
        let target = if is_ours { format!("{TARGET:.2}") } else { String::new() };
        format!(
            "| `{}` | {:.1} µs | {:.1} µs | {:.2} | {spread} | {target} | {:.0} | {:.2} ms |\n",
            self.asked.name,
            of(Turn::cpu) * 1e6,
            of(|turn| turn.user_cpu) * 1e6,
            median(ratios.iter().copied()),
            of(|turn| turn.rate),
            of(|turn| turn.p99) * 1e3,
        )
    }
}

fn start(program: &Path) -> Result<ServerProcess, Box<dyn Error>> {
    let port = free_port()?;
    // `taskset` becomes the server, so the child's number is the server's.
    let mut command = Command::new("taskset");
    command.args(["-c", CORE]).arg(program).env("PORT", port.to_string());
    ServerProcess::start(port, command.stdout(std::process::Stdio::null()))
}

impl Asked {
    fn request(&self) -> Request {
        let (headers, meta): (&[_], _) =
            if self.is_modern { (&MODERN, request::META) } else { (&request::LEGACY, "") };
        Request {
            path: "/mcp",
            headers,
            body: format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"greet","arguments":{{"name":"Ada"}}{meta}}}}}"#
            ),
            expects: Expects::Part("hello, Ada!"),
        }
    }
}

const MODERN: [(&str, &str); 5] = request::modern("greet");
