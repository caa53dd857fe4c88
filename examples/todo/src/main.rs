//! Serves the plugin `todo`, and a gateway in front of it.

use std::process::ExitCode;

fn main() -> ExitCode {
    let database = std::env::var("TODO_DATABASE").unwrap_or_else(|_| "sqlite:todo.sqlite".to_owned());
    lobe_plugin_gateway::run(todo::plugin(database))
}
