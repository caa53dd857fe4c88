use lobe_plugin_sdk::lobe_plugin;

/// Looks.
#[lobe_plugin(allow(missing_descriptions))]
fn look(#[cfg(windows)] drive: char, path: String) -> String {
    path
}

fn main() {}
