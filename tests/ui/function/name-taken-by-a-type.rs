use lobe_plugin_sdk::lobe_plugin;

#[allow(non_camel_case_types)]
struct weather;

/// Looks up.
#[lobe_plugin]
fn weather() -> u8 {
    7
}

fn main() {}
