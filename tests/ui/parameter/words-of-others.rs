#![allow(unused_variables)]

use lobe_plugin_sdk::lobe_plugin;

/// Looks.
#[lobe_plugin(default = 3, allow(missing_description))]
fn look(
    #[lobe(min = 1)] width: u8,
    #[lobe(name = "size")] height: u8,
    #[lobe(optional)] depth: u8,
    #[lobe(description = "How long.")] length: u8,
    #[lobe(range = 1..3)] count: u8,
    #[lobe] more: u8,
) {
}

fn main() {}
