//! The gateway as a server of its own, in front of a plugin elsewhere: beside LobeHub's own gateway, which does the
//! same, and nginx, which looks at nothing and hands on.
//!
//! All have the same machine, the same upstream and the same load, and take turns within each round. Nobody has a core
//! of his own: of two cores, upstream, load and server would not find one each.

mod openapi;
mod scenario;
mod server;
mod table;
mod world;
mod wrk;

use std::error::Error;

use crate::process::ServerProcess;
pub(crate) use scenario::{Scenario, manifest as small_manifest};
use server::Server;
pub(crate) use server::start_gateway;
use table::Row;
pub(crate) use world::World;
use wrk::{Outcome, Wrk};

/// How many connections the load has.
const CONNECTIONS: [usize; 3] = [1, 32, 256];

/// Measures the scenarios and returns the table.
pub(crate) fn measure(scenarios: &[Scenario], rounds: usize) -> Result<String, Box<dyn Error>> {
    let world = World::start()?;
    let wrk = Wrk::new(world.folder());
    let mut rows = Vec::new();
    for scenario in scenarios {
        let servers = Server::all_for(*scenario);
        let servers: Vec<_> = servers
            .map(|server| Ok((server, server.start(&world)?)))
            .collect::<Result<_, Box<dyn Error>>>()?;
        for connections in CONNECTIONS {
            let load = Load { wrk: &wrk, world: &world, scenario: *scenario, connections };
            crate::note(&format!("{}, {connections} connections", scenario.name()));
            let servers: Vec<_> =
                servers.iter().filter(|(server, _)| server.answers(*scenario, connections)).collect();
            rows.extend(load.measure(&servers, rounds)?);
        }
    }
    Ok(table::of(&rows, rounds))
}

/// One kind of request, over a number of connections.
struct Load<'a> {
    wrk: &'a Wrk,
    world: &'a World,
    scenario: Scenario,
    connections: usize,
}

/// What one turn of one server has shown.
struct Turn {
    /// Seconds of CPU time for each request.
    cpu: f64,
    outcome: Outcome,
    /// KiB, after the load.
    memory: u64,
}

impl Load<'_> {
    fn measure(
        &self,
        servers: &[&(Server, ServerProcess)],
        rounds: usize,
    ) -> Result<Vec<Row>, Box<dyn Error>> {
        let mut turns: Vec<Vec<Turn>> = servers.iter().map(|_| Vec::new()).collect();
        for _ in 0..rounds {
            for ((server, process), turns) in servers.iter().zip(&mut turns) {
                turns.push(self.turn(*server, process)?);
            }
        }
        let rows = servers.iter().zip(turns);
        Ok(rows
            .map(|((server, _), turns)| Row::new(self.scenario, self.connections, *server, &turns))
            .collect())
    }

    /// Loads a server: a second to warm up, in which every answer is looked at, then what counts.
    fn turn(&self, server: Server, process: &ServerProcess) -> Result<Turn, Box<dyn Error>> {
        let url = format!("http://127.0.0.1:{}{}", process.port(), server.path());
        let request = self.scenario.request(self.world);
        let status = self.scenario.status();
        self.wrk.compare(&url, &request, self.connections, status)?;
        let before = process.cpu_time()?;
        let outcome = self.wrk.measure(&url, &request, self.connections)?;
        let cpu = (process.cpu_time()?.total() - before.total()).as_secs_f64() / outcome.requests;
        outcome.judge(status).map_err(|fault| format!("{}: {fault}", server.name()))?;
        Ok(Turn { cpu, outcome, memory: process.resident_memory()? })
    }
}
