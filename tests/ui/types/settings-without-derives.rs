use lobe_plugin_sdk::{Settings, lobe_plugin};

struct Keys {
    key: String,
}

/// Looks up.
#[lobe_plugin]
fn weather(Settings(keys): Settings<Keys>) -> String {
    keys.key
}

fn main() {}
