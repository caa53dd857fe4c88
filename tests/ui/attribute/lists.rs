use lobe_plugin_sdk::lobe_plugin;

/// Says.
#[lobe_plugin(identifier = "talker", tags = ["a", "b"], ui = "/page", allow = missing_descriptions)]
mod talker {}

fn main() {}
