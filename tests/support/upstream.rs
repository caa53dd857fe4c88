//! A plugin's server that somebody else wrote: it answers what it is told to, and remembers what it was sent.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::http::Server;

/// A plugin's server, and its market.
#[derive(Clone, Debug)]
pub struct Upstream {
    server: Arc<Server>,
    received: Arc<Mutex<Vec<Received>>>,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// The path, with its query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Received {
    /// Returns a header as text; empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Upstream {
    /// Serves what `answer` makes of each request.
    pub async fn start(answer: impl Fn(&Received) -> Response<Body> + Clone + Send + Sync + 'static) -> Self {
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let log = Arc::clone(&received);
        let router = Router::new().fallback(async move |request: Request| {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
            let received = Received { method: parts.method, path, headers: parts.headers, body };
            let answer = answer(&received);
            log.lock().expect("no test panics while it logs").push(received);
            answer
        });
        Self { server: Arc::new(Server::start(router).await), received }
    }

    /// Returns where it is.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Returns its host and port.
    #[must_use]
    pub fn host(&self) -> String {
        self.url().trim_start_matches("http://").to_owned()
    }

    /// Takes what it was sent since the last time.
    ///
    /// # Panics
    ///
    /// When another test panicked while it logged.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        std::mem::take(&mut *self.received.lock().expect("no test panics while it logs"))
    }

    /// Writes a manifest of one operation `run` that is called at `path` of this server.
    #[must_use]
    pub fn manifest(&self, identifier: &str, path: &str) -> Value {
        let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
        let url = format!("{}{path}", self.url());
        let api = json!({ "name": "run", "description": "Runs.", "url": url, "parameters": parameters });
        json!({ "identifier": identifier, "meta": {}, "api": [api] })
    }
}

/// Answers with JSON.
#[must_use]
pub fn json_answer(value: &Value) -> Response<Body> {
    text_answer(StatusCode::OK, &value.to_string())
}

/// Answers with a status and a text.
///
/// # Panics
///
/// Never: both make a response.
#[must_use]
pub fn text_answer(status: StatusCode, text: &str) -> Response<Body> {
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    response.body(Body::from(text.to_owned())).expect("a response")
}
