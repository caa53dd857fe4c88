use lobe_plugin_sdk::{Args, lobe_plugin};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct Text(String);

/// Says.
#[lobe_plugin(identifier = "talker", allow(missing_descriptions))]
impl Text {
    /// Says.
    #[lobe_plugin]
    fn say(times: u8, Args(text): Args<Self>) -> String {
        text.0.repeat(times.into())
    }
}

fn main() {}
