//! The table of what was measured in front of a plugin elsewhere.

use super::Turn;
use super::scenario::Scenario;
use super::server::Server;
use crate::report::{median, megabytes};

/// How many connections the targets are about.
const TARGETED: usize = 32;

/// The medians of one server.
pub(super) struct Row {
    scenario: Scenario,
    connections: usize,
    server: Server,
    cpu: f64,
    rate: f64,
    p50: f64,
    p99: f64,
    memory: u64,
}

impl Row {
    pub(super) fn new(scenario: Scenario, connections: usize, server: Server, turns: &[Turn]) -> Self {
        let median = |of: fn(&Turn) -> f64| median(turns.iter().map(of));
        Self {
            scenario,
            connections,
            server,
            cpu: median(|turn| turn.cpu),
            rate: median(|turn| turn.outcome.rate),
            p50: median(|turn| turn.outcome.p50),
            p99: median(|turn| turn.outcome.p99),
            memory: turns.iter().map(|turn| turn.memory).max().unwrap_or_default(),
        }
    }

    fn write(&self) -> String {
        if self.rate == 0.0 {
            let (calls, server) = (self.scenario.name(), self.server.name());
            return format!("| {calls} | {} | {server} | none was answered | | | | | |\n", self.connections);
        }
        let is_targeted = self.server == Server::Gateway && self.connections == TARGETED;
        let target =
            if is_targeted { format!("{:.0} µs", self.scenario.target() * 1e6) } else { String::new() };
        format!(
            "| {} | {} | {} | {:.1} µs | {target} | {:.0} | {:.2} ms | {:.2} ms | {:.1} MB |\n",
            self.scenario.name(),
            self.connections,
            self.server.name(),
            self.cpu * 1e6,
            self.rate,
            self.p50 * 1e3,
            self.p99 * 1e3,
            megabytes(self.memory),
        )
    }
}

/// Writes the table.
pub(super) fn of(rows: &[Row], rounds: usize) -> String {
    let rows: String = rows.iter().map(Row::write).collect();
    format!(
        "{rounds} rounds, each `wrk -t1 -cCONNECTIONS -d3s` for each server.\n\n\
         | calls | connections | server | CPU per request | target | requests/s | p50 | p99 | memory after |\n\
         |---|---:|---|---:|---:|---:|---:|---:|---:|\n\
         {rows}"
    )
}
