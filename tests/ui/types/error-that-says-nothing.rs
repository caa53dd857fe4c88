use lobe_plugin_sdk::lobe_plugin;

struct Trouble;

/// Looks up.
#[lobe_plugin]
fn weather(city: String) -> Result<String, Trouble> {
    Err(Trouble)
}

fn main() {}
