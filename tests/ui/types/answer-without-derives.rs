use lobe_plugin_sdk::lobe_plugin;

struct Weather {
    sun: bool,
}

/// Looks up.
#[lobe_plugin(allow(missing_descriptions))]
fn weather(city: String) -> Weather {
    Weather { sun: city.is_empty() }
}

fn main() {}
