use lobe_plugin_sdk::lobe_plugin;

struct Trouble;

/// Looks up.
#[lobe_plugin(allow(missing_descriptions))]
fn weather(city: String) -> Result<String, Trouble> {
    Err(Trouble)
}

fn main() {}
