//! Serves the plugin `clothes`, and a gateway in front of it.

use std::process::ExitCode;

fn main() -> ExitCode {
    lobe_plugin_gateway::run(clothes::clothes::plugin())
}
