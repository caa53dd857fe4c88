use lobe_plugin_sdk::lobe_plugin;
use serde::Deserialize;

#[derive(Deserialize)]
struct City {
    name: String,
}

/// Looks up.
#[lobe_plugin]
fn weather(city: City) -> String {
    city.name
}

fn main() {}
