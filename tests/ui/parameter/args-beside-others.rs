use lobe_plugin_sdk::{Args, lobe_plugin};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct All {
    text: String,
}

/// Says.
#[lobe_plugin(allow(missing_descriptions))]
fn say(times: u8, Args(all): Args<All>) -> String {
    all.text.repeat(times.into())
}

fn main() {}
