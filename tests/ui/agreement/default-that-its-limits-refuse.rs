#![allow(unused_variables)]

use lobe_plugin_sdk::lobe_plugin;

/// Draws.
#[lobe_plugin(allow(missing_descriptions))]
fn draw(
    #[lobe(default = 0, range(min = 1))] width: u8,
    #[lobe(example = 2.5, range(max = 1.5))] share: f64,
    #[lobe(default = "".into(), length(min = 1))] name: String,
    #[lobe(default = String::from("B4"), pattern = "^[a-z][0-9]$", example = "b12")] field: String,
) {
}

fn main() {}
