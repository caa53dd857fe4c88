use lobe_plugin_sdk::{State, lobe_plugin};

/// Looks.
#[lobe_plugin]
fn look(shelf: Option<State<u8>>) -> u8 {
    shelf.map_or(0, |State(shelf)| shelf)
}

fn main() {}
