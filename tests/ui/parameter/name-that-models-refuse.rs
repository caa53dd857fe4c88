use lobe_plugin_sdk::lobe_plugin;

/// Looks.
#[lobe_plugin(allow(missing_descriptions))]
fn look(größe: u8, #[lobe(rename = "how many")] count: u8, #[lobe(rename = "")] more: u8) -> u8 {
    größe + count + more
}

fn main() {}
