use lobe_plugin_sdk::lobe_plugin;

/// Says.
#[lobe_plugin]
fn say(text: impl Into<String>) -> String {
    text.into()
}

fn main() {}
