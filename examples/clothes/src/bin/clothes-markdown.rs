//! Serves the same functions as a plugin of type `markdown`: LobeChat shows its answers as they are, and the model
//! is not asked to put them into words.

use std::process::ExitCode;

use lobe_plugin_sdk::PluginType;

fn main() -> ExitCode {
    lobe_plugin_gateway::run(clothes::clothes::plugin().kind(PluginType::Markdown))
}
