use lobe_plugin_sdk::lobe_plugin;

/// Adds.
#[lobe_plugin]
fn add(left: i32, #[lobe(rename = "left")] right: i32) -> i32 {
    left + right
}

fn main() {}
