#![deny(deprecated)]

use lobe_plugin_sdk::lobe_plugin;

/// Knows the weather.
#[lobe_plugin(identifier = "the-weather-of-the-whole-world")]
mod weather {
    use super::lobe_plugin;

    /// Look it up.
    #[lobe_plugin]
    pub fn what_will_it_be_like_there() {}
}

fn main() {}
