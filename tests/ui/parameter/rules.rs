use lobe_plugin_sdk::lobe_plugin;

/// Draws.
#[lobe_plugin]
fn draw(#[lobe(range())] width: u8, #[lobe(length(minimum = 1, max))] name: String) -> String {
    name.repeat(width.into())
}

fn main() {}
