//! The smallest plugin as most write it: with its command line and its documentation page.
#![allow(unused_variables)]

use std::process::ExitCode;

use lobe_plugin_sdk::lobe_plugin;

/// Greets people.
#[lobe_plugin(identifier = "hello")]
mod hello {
    use lobe_plugin_sdk::lobe_plugin;

    /// Greet somebody.
    #[lobe_plugin]
    pub async fn greet(
        /// Who is greeted.
        name: String,
        // one more field
    ) -> String {
        format!("hello, {name}!")
    }
}

fn main() -> ExitCode {
    lobe_plugin_sdk::run(hello::plugin())
}
