use lobe_plugin_sdk::lobe_plugin;

struct City {
    name: String,
}

/// Looks up.
#[lobe_plugin]
fn weather(city: City) -> String {
    city.name
}

fn main() {}
