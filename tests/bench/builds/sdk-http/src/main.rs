//! The smallest server that answers a call, without the command line and the documentation page.
#![allow(unused_variables)]

use lobe_plugin_sdk::lobe_plugin;
use lobe_plugin_sdk::serve::{Listener, shutdown_signal};

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

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Listener::new(socket).serve(hello::plugin().router(), shutdown_signal()).await
}
