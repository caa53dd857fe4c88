//! Serves the plugin `clock`, its page, and a gateway in front of it.

use std::process::ExitCode;

fn main() -> ExitCode {
    lobe_plugin_gateway::command_line(clock::clock::plugin()).with_routes(clock::page::router()).run()
}
