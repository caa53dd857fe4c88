use lobe_plugin_sdk::lobe_plugin;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
enum Mood {
    Happy,
}

/// Says.
#[lobe_plugin]
fn say(#[lobe(default)] mood: Mood) -> u8 {
    let Mood::Happy = mood;
    7
}

fn main() {}
