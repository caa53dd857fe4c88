use lobe_plugin_sdk::{State, lobe_plugin};

struct Database;

/// Looks up.
#[lobe_plugin]
fn look(database: State<Database>) -> u8 {
    let State(Database) = database;
    7
}

fn main() {}
