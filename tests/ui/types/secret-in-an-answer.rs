use lobe_plugin_sdk::{Secret, lobe_plugin};

/// Gives the key away.
#[lobe_plugin]
fn key() -> Secret<String> {
    Secret::new(String::new())
}

fn main() {}
