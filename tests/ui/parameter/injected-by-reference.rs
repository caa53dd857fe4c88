use lobe_plugin_sdk::{State, lobe_plugin};

/// Looks.
#[lobe_plugin]
fn look(State(shelf): &State<u8>) -> u8 {
    *shelf
}

fn main() {}
