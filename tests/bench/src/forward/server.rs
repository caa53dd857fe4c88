//! The servers that are measured, and how each is started.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::openapi::NEWER;
use super::scenario::Scenario;
use super::world::World;
use crate::process::{ServerProcess, free_port};

/// What hosts LobeHub's gateway, and where npm has put it.
const HOST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../node/host-gateway.mjs");
const PACKAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../node/node_modules/@lobehub");

/// Names a server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// nginx, which hands on: what the others are measured against.
    Nginx,
    /// LobeHub's gateway on its runtime for the edge.
    Edge,
    /// LobeHub's gateway on its runtime for Node.
    Node,
    /// Ours, `lobe-gateway serve`.
    Gateway,
}

impl Server {
    const ALL: [Self; 4] = [Self::Nginx, Self::Edge, Self::Node, Self::Gateway];

    /// Returns those that can answer: nginx has one answer only.
    pub(crate) fn all_for(scenario: Scenario) -> impl Iterator<Item = Self> {
        let has_part = move |server: &Self| *server != Self::Nginx || scenario == Scenario::Classic;
        Self::ALL.into_iter().filter(has_part)
    }

    /// Returns whether a load is answered while it lasts. LobeHub's gateway takes a fifth of a second for a document of
    /// OpenAPI 3.1: of many calls at once the most would be left over, and be done while another server has its turn.
    pub(super) fn answers(self, scenario: Scenario, connections: usize) -> bool {
        connections == 1 || self == Self::Gateway || scenario != Scenario::OpenApi(NEWER)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Edge => "LobeHub, edge",
            Self::Node => "LobeHub, node",
            Self::Gateway => "lobe-gateway",
        }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Nginx => "/api/run",
            Self::Edge | Self::Node | Self::Gateway => "/api/gateway",
        }
    }

    pub(crate) fn start(self, world: &World) -> Result<ServerProcess, Box<dyn Error>> {
        match self {
            Self::Nginx => world.proxy(),
            Self::Edge => start_lobehubs("edge", world),
            Self::Node => start_lobehubs("node", world),
            Self::Gateway => start_gateway(world, ""),
        }
    }
}

fn start_lobehubs(runtime: &str, world: &World) -> Result<ServerProcess, Box<dyn Error>> {
    if !Path::new(PACKAGES).exists() {
        return Err("LobeHub's gateway is not there: run `npm ci --ignore-scripts` in tests/node".into());
    }
    let port = free_port()?;
    let mut command = Command::new("node");
    ServerProcess::start(port, command.args([HOST, runtime, &port.to_string(), &world.index()]))
}

/// Starts our gateway. This very program is it when its first argument is `serve`.
///
/// Every check is on. What bounds one plugin, one host or one address is raised, because here all are the same; and the
/// log is as silent as nginx' and that of LobeHub's. `more` stands at the end of its configuration.
pub(crate) fn start_gateway(world: &World, more: &str) -> Result<ServerProcess, Box<dyn Error>> {
    let port = free_port()?;
    let (index, upstream) = (world.index(), world.upstream());
    let configuration = format!(
        "listen = \"127.0.0.1:{port}\"\nhosts = [\"127.0.0.1\", \"bench\"]\nindex = \"{index}\"\n\
         [egress]\nrequire_https = false\nallow_hosts = [\"127.0.0.1:{upstream}\"]\n\
         [limits]\nper_plugin = 4096\nper_host = 4096\nin_flight = 4096\n\
         connections = 16000\nconnections_per_address = 16000\nkeep_alive = \"10m\"\n{more}"
    );
    let file = world.folder().join("lobe-gateway.toml");
    fs::write(&file, configuration)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", "--log", "warn", "--config"]).arg(&file).env("TOKIO_WORKER_THREADS", "2");
    ServerProcess::start(port, command.stderr(Stdio::null()))
}
