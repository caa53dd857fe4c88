//! Serves all that MCP clients can be offered, for the official conformance suite: `cargo run -p everything`.

mod asking;
mod beside;
mod tools;

use std::process::ExitCode;

use lobe_plugin_sdk::command_line::CommandLine;

fn main() -> ExitCode {
    CommandLine::new(asking::add_to(tools::everything::plugin())).with_mcp(beside::add_to).run()
}
