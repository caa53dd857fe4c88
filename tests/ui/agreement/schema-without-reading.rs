use lobe_plugin_sdk::{Args, lobe_plugin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(JsonSchema, Serialize)]
struct Told {
    name: String,
}

#[derive(Deserialize)]
struct Read {
    name: String,
}

#[derive(Deserialize, JsonSchema)]
struct Written {
    name: String,
}

/// Greet somebody.
#[lobe_plugin]
fn greet(
    /// Who.
    whom: Option<Told>,
) -> String {
    whom.map(|whom| whom.name).unwrap_or_default()
}

/// Greet somebody.
#[lobe_plugin]
fn greet_all(Args(whom): Args<Read>) -> Written {
    Written { name: whom.name }
}

fn main() {}
