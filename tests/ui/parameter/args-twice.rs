use lobe_plugin_sdk::{Args, lobe_plugin};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct All {
    text: String,
}

/// Says.
#[lobe_plugin]
fn say(Args(one): Args<All>, Args(other): Args<All>) -> String {
    one.text + &other.text
}

fn main() {}
