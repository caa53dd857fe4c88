//! A plugin of many functions.

/// Writes a program whose plugin has `count` functions, each with four arguments.
pub(super) fn source(count: usize) -> String {
    let functions: String = (1..=count).map(function).collect();
    format!(
        "use lobe_plugin_sdk::lobe_plugin;

/// Has many operations.
#[lobe_plugin(identifier = \"many\")]
mod many {{
    use lobe_plugin_sdk::{{PluginError, lobe_plugin}};
{functions}}}

fn main() {{
    assert_eq!(many::plugin().operations().len(), {count});
}}
"
    )
}

/// They differ in types and rules as those of one plugin do.
fn function(number: usize) -> String {
    let kind =
        ["Option<f64>", "Vec<u32>", "Option<bool>", "std::collections::BTreeMap<String, i64>"][number % 4];
    format!(
        "
    /// Does thing number {number}.
    #[lobe_plugin]
    pub async fn thing_{number}(
        /// What it is done to.
        text: String,
        /// How often.
        #[lobe(default = 3, range(min = 1, max = {number}0))]
        times: u32,
        /// In which way.
        way: {kind},
        /// Whether it is urgent.
        urgent: bool,
    ) -> Result<String, PluginError> {{
        Ok(format!(\"{{text}} {{times}} {{way:?}} {{urgent}}\"))
    }}
"
    )
}
