//! A client of `POST /api/{name}`.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use super::client::{TestAnswer, TestCall, TestClient, TestFuture};
use super::local::LocalServer;
use crate::plugin::Plugin;

/// Calls operations at a plugin's HTTP door.
///
/// Pictures and files are bytes to whoever sends no settings, and Markdown to a chat, which does.
#[derive(Clone, Debug)]
pub struct HttpClient {
    server: LocalServer,
    below: String,
}

impl HttpClient {
    /// Calls a plugin.
    ///
    /// # Panics
    ///
    /// As [`HttpDoor::router`](crate::serve::HttpDoor::router).
    #[must_use]
    pub fn of(plugin: &Plugin) -> Self {
        Self::at(LocalServer::of(plugin.router::<()>()), "")
    }

    /// Calls a plugin whose routes stand below a path of a server, such as `/plugins/clothes`.
    pub fn at(server: LocalServer, path: impl Into<String>) -> Self {
        Self { server, below: path.into() }
    }
}

impl TestClient for HttpClient {
    fn send(&self, call: TestCall) -> TestFuture<'_> {
        Box::pin(async move {
            let body = Bytes::from(call.arguments().unwrap_or_default().to_owned());
            let mut request = Request::new(body);
            *request.method_mut() = http::Method::POST;
            *request.headers_mut() = call.to_headers();
            let path = format!("{}/api/{}", self.below, call.operation());
            *request.uri_mut() = path.parse().unwrap_or_else(|_| panic!("{path} is no path"));
            TestAnswer::of_response(self.server.send(request).await)
        })
    }
}

impl TestAnswer {
    /// Reads a response of a door of LobeChat's protocol: a text, or an error as its JSON.
    #[must_use]
    pub fn of_response(response: Response<Bytes>) -> Self {
        let (head, body) = response.into_parts();
        let text = String::from_utf8_lossy(&body).into_owned();
        let raw: Value = serde_json::from_str(&text).unwrap_or_default();
        let outcome = if head.status.is_success() {
            Ok(text)
        } else {
            Err(raw["body"]["message"].as_str().map_or(text, str::to_owned))
        };
        Self { status: head.status.as_u16(), headers: head.headers, outcome, raw }
    }
}
