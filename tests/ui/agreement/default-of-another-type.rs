use lobe_plugin_sdk::lobe_plugin;

/// Says.
#[lobe_plugin(allow(missing_descriptions))]
fn say(#[lobe(default = "three")] times: u8) -> u8 {
    times
}

fn main() {}
