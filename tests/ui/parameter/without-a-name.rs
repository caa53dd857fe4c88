use lobe_plugin_sdk::lobe_plugin;

/// Looks.
#[lobe_plugin]
fn look(_: String) {}

/// Adds.
#[lobe_plugin]
fn add((left, right): (u8, u8)) -> u8 {
    left + right
}

fn main() {}
