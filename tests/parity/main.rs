//! Serves the parity plugins behind a gateway, with short limits: what the tests in other languages call.

use std::time::Duration;

use lobe_plugin_gateway::Gateway;
use lobe_plugin_sdk::serve::{self, Limits, Readiness};
use lobe_tests::parity;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::var("PORT").unwrap_or_else(|_| "3400".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let limits = Limits { call_time: Duration::from_millis(300), ..Limits::default() };
    let gateway =
        Gateway::new().mount(parity::plugin()).mount(parity::with_settings::plugin()).limits(limits);
    serve::serve(listener, gateway.router(), Readiness::default(), serve::shutdown_signal()).await
}
