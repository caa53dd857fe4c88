//! A plugin's whole command line, with a gateway in front of it: what an example's `main` calls.

use std::process::ExitCode;

use lobe_plugin_sdk::Plugin;
use lobe_plugin_sdk::command_line::{CommandLine, Served};

use crate::gateway::Gateway;
use crate::server::GATEWAY_PATH;

/// Runs a plugin's command line; `serve` serves the plugin and a gateway that has it mounted, and the manifest names
/// that gateway.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use lobe_plugin_sdk::Plugin;
///
/// fn main() -> ExitCode {
///     lobe_plugin_gateway::run(Plugin::new("clothes"))
/// }
/// ```
#[must_use]
pub fn run(plugin: Plugin) -> ExitCode {
    command_line(plugin).run()
}

/// Builds that command line, for a server that has routes of its own as well, such as a page
/// ([`with_routes`](CommandLine::with_routes)).
#[must_use]
pub fn command_line(plugin: Plugin) -> CommandLine {
    CommandLine::new(plugin).with_gateway(GATEWAY_PATH, mounted)
}

fn mounted(served: Served) -> axum::Router {
    let Served { plugin, public_url, cors, hosts, readiness, .. } = served;
    let gateway = Gateway::new().mount(plugin).cors(cors).hosts(hosts).readiness(readiness);
    match public_url {
        Some(url) => gateway.public_url(url).router(),
        None => gateway.router(),
    }
}
