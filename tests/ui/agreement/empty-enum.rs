use lobe_plugin_sdk::lobe_plugin;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
enum Size {}

struct Shop;

/// Sells.
#[lobe_plugin(identifier = "shop")]
impl Shop {
    /// Buy.
    #[lobe_plugin]
    fn buy(
        &self,
        /// What.
        name: String,
        /// How large.
        size: Size,
    ) -> String {
        name
    }
}

/// Measure.
#[lobe_plugin]
fn measure(
    /// How large.
    size: Size,
    /// How large at most: leaving it out is all that one can do.
    most: Option<Size>,
) -> String {
    String::new()
}

fn main() {}
