//! A plugin as a library: what is in it is known to the build script of the package that serves it.

use lobe_plugin_sdk::{BaseUrlFault, Site, lobe_plugin};

/// Greets people.
#[lobe_plugin(title = "Greeter", avatar = "👋")]
pub mod greeter {
    use lobe_plugin_sdk::lobe_plugin;

    /// Greet somebody.
    #[lobe_plugin]
    pub fn greet(
        /// Whom to greet.
        name: String,
    ) -> String {
        format!("Hello, {name}!")
    }
}

/// Says where the plugin is going to be served.
///
/// # Errors
///
/// Never, as long as what stands here is a URL.
pub fn site() -> Result<Site, BaseUrlFault> {
    Ok(Site::at("https://plugins.example.org".parse()?)
        .behind_gateway("https://plugins.example.org/api/gateway"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_client_takes_it() {
        lobe_plugin_sdk::testing::assert_accepted(&super::greeter::plugin());
    }
}
