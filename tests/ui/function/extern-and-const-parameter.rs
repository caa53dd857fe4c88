use lobe_plugin_sdk::lobe_plugin;

/// Counts.
#[lobe_plugin]
extern "C" fn count<const N: usize>() -> usize {
    N
}

fn main() {}
