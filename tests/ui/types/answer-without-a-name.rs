use lobe_plugin_sdk::lobe_plugin;

/// Looks up.
#[lobe_plugin]
fn weather(city: String) -> impl std::fmt::Display {
    city
}

fn main() {}
