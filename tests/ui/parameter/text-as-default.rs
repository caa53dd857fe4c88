use lobe_plugin_sdk::lobe_plugin;

/// Says.
#[lobe_plugin(allow(missing_descriptions))]
fn say(#[lobe(default = "hello")] text: String) -> String {
    text
}

fn main() {}
