#![deny(deprecated)]

use lobe_plugin_sdk::lobe_plugin;

#[lobe_plugin]
pub fn weather(city: String, days: Option<Vec<u8>>) -> String {
    city.repeat(days.map_or(0, |days| days.len()))
}

fn main() {}
