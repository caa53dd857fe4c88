use lobe_plugin_sdk::lobe_plugin;

struct Database(u8);

/// Looks up.
#[lobe_plugin]
fn weather(Database(number): Database) -> u8 {
    number
}

fn main() {}
