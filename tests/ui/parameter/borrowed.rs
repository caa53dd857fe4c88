use lobe_plugin_sdk::lobe_plugin;

/// Counts letters.
#[lobe_plugin]
fn count(text: &str, letters: &[char]) -> usize {
    text.len() + letters.len()
}

fn main() {}
