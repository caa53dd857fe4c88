//! What a classic plugin costs over MCP beside the same call through `POST /api/gateway`: one `lobe-gateway`, one plugin of
//! the operator's behind it, one upstream, and the same answer by every door.
//!
//! The call that the others are compared with brings no manifest, as no MCP client does: it is the cheapest one there is.

use std::error::Error;

use crate::forward::{World, start_gateway};
use crate::load::{Load, Turn};
use crate::process::ServerProcess;
use crate::report::{self, median};
use crate::request::{self, Expects, Request};

/// The most that a call over MCP may cost, as a multiple of what it costs through `POST /api/gateway`.
const TARGET: f64 = 1.3;

/// What the operator says of the plugin.
const PLUGIN: &str = "[plugins.bench]\n";

/// A part of the upstream's answer that stands alike in JSON and in a text within JSON.
const PART: &str = "as bright as the day";

/// Names a door, and the era in which MCP's are asked. The first is the one that the others are compared with.
const DOORS: [Door; 4] = [
    Door { name: "gateway", path: "/api/gateway", tool: None, is_modern: false },
    Door { name: "plugin-2025-11-25", path: "/plugins/bench/mcp", tool: Some("run"), is_modern: false },
    Door { name: "all-2025-11-25", path: "/mcp", tool: Some("bench__run"), is_modern: false },
    Door { name: "all-2026-07-28", path: "/mcp", tool: Some("bench__run"), is_modern: true },
];

struct Door {
    name: &'static str,
    path: &'static str,
    tool: Option<&'static str>,
    is_modern: bool,
}

/// Measures all doors and returns the table.
pub(crate) fn measure(rounds: usize) -> Result<String, Box<dyn Error>> {
    let world = World::start()?;
    let server = start_gateway(&world, PLUGIN)?;
    let load = Load::prepare(&DOORS.each_ref().map(|door| (door.name, door.request())))?;
    for door in &DOORS {
        request::check(door.name, &door.request(), server.port())?;
    }
    let mut runs: Vec<Run> = DOORS.iter().map(|door| Run { door, turns: Vec::new() }).collect();
    for round in 0..rounds {
        crate::note(&format!("round {} of {rounds}", round + 1));
        // Nobody always goes first, or after the same neighbour.
        runs.rotate_left(1);
        for run in &mut runs {
            run.take_turn(&load, &server)?;
        }
    }
    // Back in the order of the table, whatever the number of rounds was.
    runs.sort_by_key(|run| DOORS.iter().position(|door| door.name == run.door.name));
    let rows: String = runs.iter().map(|run| run.row(&runs[0])).collect();
    let wrk = Load::command();
    Ok(format!(
        "{rounds} rounds, each `{wrk}` for each door.\n\n\
         | door | path | CPU per request | in its own code | ratio | lowest to highest | target | requests/s | p99 |\n\
         |---|---|---:|---:|---:|---:|---:|---:|---:|\n\
         {rows}"
    ))
}

/// One door, and what has been measured of it.
struct Run {
    door: &'static Door,
    turns: Vec<Turn>,
}

impl Run {
    fn take_turn(&mut self, load: &Load, server: &ServerProcess) -> Result<(), Box<dyn Error>> {
        self.turns.push(load.turn(self.door.name, &self.door.request(), server)?);
        Ok(())
    }

    fn row(&self, first: &Self) -> String {
        let of = |of: fn(&Turn) -> f64| median(self.turns.iter().map(of));
        let ratios: Vec<f64> =
            self.turns.iter().zip(&first.turns).map(|(own, its)| own.cpu() / its.cpu()).collect();
        let target = if self.door.tool.is_some() { format!("{TARGET:.2}") } else { String::new() };
        format!(
            "| `{}` | `{}` | {:.1} µs | {:.1} µs | {:.2} | {} | {target} | {:.0} | {:.2} ms |\n",
            self.door.name,
            self.door.path,
            of(Turn::cpu) * 1e6,
            of(|turn| turn.user_cpu) * 1e6,
            median(ratios.iter().copied()),
            report::spread(&ratios),
            of(|turn| turn.rate),
            of(|turn| turn.p99) * 1e3,
        )
    }
}

impl Door {
    fn request(&self) -> Request {
        const ARGUMENTS: &str = r#"{"mood":"happy","n":3}"#;
        let Some(tool) = self.tool else {
            let arguments = serde_json::Value::from(ARGUMENTS);
            return Request {
                path: self.path,
                headers: &[("Content-Type", "text/plain;charset=UTF-8")],
                body: format!(
                    r#"{{"identifier":"bench","apiName":"run","type":"default","arguments":{arguments}}}"#
                ),
                expects: Expects::Part(PART),
            };
        };
        let (headers, meta): (&[_], _) =
            if self.is_modern { (&MODERN, request::META) } else { (&request::LEGACY, "") };
        Request {
            path: self.path,
            headers,
            body: format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{ARGUMENTS}{meta}}}}}"#
            ),
            expects: Expects::Part(PART),
        }
    }
}

const MODERN: [(&str, &str); 5] = request::modern("bench__run");
