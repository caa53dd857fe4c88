//! Serves one of the functions as a plugin of type `markdown`: LobeChat shows its answer as it is, and the model is not
//! asked to put it into words.
//!
//! The plugin is put together by hand here; what the annotation of a module writes is the same.

use std::process::ExitCode;

use clothes::clothes::describe_clothes;
use lobe_plugin_sdk::{Plugin, PluginType};

fn main() -> ExitCode {
    let plugin = Plugin::new("clothes-markdown")
        .title("Clothes in Markdown")
        .description("Lists clothes that suit the user's mood.")
        .avatar("👗")
        .kind(PluginType::Markdown)
        .with::<describe_clothes>();
    lobe_plugin_gateway::run(plugin)
}
