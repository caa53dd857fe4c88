use lobe_plugin_sdk::lobe_plugin;

/// Counts.
#[lobe_plugin]
fn count(#[lobe(range(1..10))] from: u8, #[lobe(rnage(min = 1))] to: u8, #[lobe = 3] by: u8) -> u8 {
    from + to + by
}

fn main() {}
