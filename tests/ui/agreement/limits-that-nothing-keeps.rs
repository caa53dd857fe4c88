#![allow(unused_variables)]

use lobe_plugin_sdk::lobe_plugin;

/// Draws.
#[lobe_plugin(allow(missing_descriptions))]
fn draw(
    #[lobe(range(min = 9, max = 1))] width: u8,
    #[lobe(range(min = -1))] height: u32,
    #[lobe(range(max = 1.5))] depth: i8,
    #[lobe(range(min = 3))] title: String,
    #[lobe(length(min = 3))] count: Option<u8>,
    #[lobe(length(min = 3, max = 2))] name: String,
    #[lobe(pattern = "^[a-z+$")] word: String,
    #[lobe(pattern = "^[0-9]+$")] number: u64,
) {
}

fn main() {}
