//! Real servers on free ports of this machine, and a client that keeps what came.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use lobe_plugin_sdk::serve::{self, Readiness};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

/// A server that lives as long as the test.
#[derive(Debug)]
pub struct Server {
    address: std::net::SocketAddr,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
    /// The body, read as text.
    pub text: String,
}

impl Server {
    /// Serves a router on a free port of this machine.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    pub async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        tokio::spawn(serve::serve(listener, router, Readiness::default(), std::future::pending()));
        Self { address }
    }

    /// Returns where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Panics
    ///
    /// When the server cannot be reached or breaks off.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.open(request).await.into_parts();
        let bytes = body.collect().await.expect("the answer is whole").to_bytes().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, bytes, text }
    }

    /// Sends a request, on a connection of its own, and reads no more than the answer's head. To drop the answer is to hang
    /// up.
    ///
    /// # Panics
    ///
    /// When the server cannot be reached.
    pub async fn open(&self, request: Request<Body>) -> Response<Body> {
        #[expect(clippy::disallowed_methods, reason = "a test is a client")]
        let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
        let (mut parts, body) = request.into_parts();
        parts.uri = format!("{}{}", self.url(), parts.uri).parse().expect("a path makes a URL");
        let answer = client.request(Request::from_parts(parts, body)).await.expect("the server answers");
        answer.map(Body::new)
    }

    /// Opens a connection, to look at what stands on the wire.
    ///
    /// # Panics
    ///
    /// When there is none to be had.
    #[expect(clippy::disallowed_methods, reason = "a test is a client")]
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("the server listens")
    }

    /// Gets a path.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// Posts a text to a path, with the settings header if there is one.
    pub async fn post(&self, path: &str, text: &str, settings: Option<&str>) -> Answer {
        let mut request = Request::post(path).header("content-type", "text/plain;charset=UTF-8");
        if let Some(settings) = settings {
            request = request.header("x-lobe-plugin-settings", settings);
        }
        self.send(request.body(Body::from(text.to_owned())).expect("a request")).await
    }
}

impl Answer {
    /// Reads the answer as JSON.
    ///
    /// # Panics
    ///
    /// When it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Returns a header as text; empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
