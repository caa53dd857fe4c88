use lobe_plugin_sdk::lobe_plugin;

#[lobe_plugin]
mod elsewhere;

fn main() {}
