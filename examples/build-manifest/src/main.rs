//! Serves the plugin of the library `greeter`, whose documents `cargo build -p build-manifest` has written already.

use std::process::ExitCode;

fn main() -> ExitCode {
    lobe_plugin_gateway::run(greeter::greeter::plugin())
}
