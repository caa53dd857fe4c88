//! The program `lobe-gateway`: `lobe-gateway serve --config lobe-gateway.toml`.

use std::process::ExitCode;

fn main() -> ExitCode {
    lobe_plugin_gateway::command_line::run()
}
