use lobe_plugin_sdk::lobe_plugin;

/// Says a number.
#[lobe_plugin]
const fn number() -> u8 {
    7
}

fn main() {}
