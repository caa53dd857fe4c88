//! What tests of plugins behind a gateway need.

use bytes::Bytes;
use http::{Method, Request, Uri};
use lobe_plugin_sdk::testing::{LocalServer, TestAnswer, TestCall, TestClient, TestFuture};
use serde_json::{Map, Value};

use crate::gateway::Gateway;
use crate::server::GATEWAY_PATH;

/// Calls a plugin's operations as LobeChat 1.x does, at `POST /api/gateway`, without a socket.
///
/// It sends no manifest, so the plugin is one that the gateway knows.
///
/// ```
/// use lobe_plugin_gateway::Gateway;
/// use lobe_plugin_gateway::testing::ClassicClient;
/// use lobe_plugin_sdk::testing::{TestCall, TestClient};
/// use lobe_plugin_sdk::{Plugin, lobe_plugin};
/// use serde_json::json;
///
/// /// Greet somebody.
/// #[lobe_plugin]
/// fn greet(
///     /// Who it is.
///     name: String,
/// ) -> String {
///     format!("Hello, {name}!")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let gateway = Gateway::new().mount(Plugin::new("greeter").with::<greet>());
/// let client = ClassicClient::of(gateway, "greeter");
/// let answer = client.send(TestCall::new("greet", json!({ "name": "Ada" }))).await;
/// assert_eq!(answer.text(), "Hello, Ada!");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ClassicClient {
    server: LocalServer,
    plugin: String,
}

impl ClassicClient {
    /// Calls a plugin of a gateway, by its identifier.
    ///
    /// # Panics
    ///
    /// As [`Gateway::router`].
    pub fn of(gateway: Gateway, plugin: impl Into<String>) -> Self {
        Self::at(LocalServer::of(gateway.router::<()>()), plugin)
    }

    /// Calls a plugin of the gateway that a server has at its top.
    pub fn at(server: LocalServer, plugin: impl Into<String>) -> Self {
        Self { server, plugin: plugin.into() }
    }
}

impl TestClient for ClassicClient {
    fn send(&self, call: TestCall) -> TestFuture<'_> {
        let mut payload = Map::new();
        payload.insert("identifier".to_owned(), self.plugin.clone().into());
        payload.insert("apiName".to_owned(), call.operation().into());
        if let Some(arguments) = call.arguments() {
            payload.insert("arguments".to_owned(), arguments.into());
        }
        let mut request = Request::new(Bytes::from(Value::Object(payload).to_string()));
        *request.method_mut() = Method::POST;
        *request.headers_mut() = call.to_headers();
        *request.uri_mut() = Uri::from_static(GATEWAY_PATH);
        Box::pin(async move { TestAnswer::of_response(self.server.send(request).await) })
    }
}
