//! MCP over HTTP: "Streamable HTTP" of both eras on one path, without sessions.
//!
//! Not here: what a message means, which is [`crate::mcp`]'s.

use std::sync::Arc;

use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};

use super::asked;
use super::cors::{self, Cors};
use super::exchange::{Limits, error_response, expect_json, read_body, read_settings, uninvited};
use super::hosts::Hosts;
use crate::error::PluginError;
use crate::mcp::{Answered, Arrival, McpServer, Visitor};
use crate::protocol::ErrorType;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a page may read of an answer beside its body.
const EXPOSED: HeaderValue = HeaderValue::from_static("Mcp-Session-Id, WWW-Authenticate");

/// Serves an [`McpServer`] over HTTP.
///
/// ```
/// use std::sync::Arc;
///
/// use lobe_plugin_sdk::Plugin;
/// use lobe_plugin_sdk::mcp::McpServer;
/// use lobe_plugin_sdk::serve::{Hosts, McpDoor};
///
/// let server = McpServer::of(Plugin::new("clothes"));
/// let door = McpDoor::new(server).hosts(Hosts::local().and("clothes"));
/// let app: axum::Router = axum::Router::new().route("/mcp", door.route());
/// ```
#[derive(Clone, Debug)]
pub struct McpDoor {
    server: Arc<McpServer>,
    cors: Cors,
    hosts: Hosts,
    limits: Limits,
}

impl McpDoor {
    /// Opens a door for web pages and under names of this machine only.
    pub fn new(server: impl Into<Arc<McpServer>>) -> Self {
        Self {
            server: server.into(),
            cors: Cors::loopback(),
            hosts: Hosts::local(),
            limits: Limits::default(),
        }
    }

    /// Sets which web pages may call. All others are refused before anything runs.
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = cors;
        self
    }

    /// Sets which hosts it answers to.
    #[must_use]
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.hosts = hosts;
        self
    }

    /// Sets what one request may cost. How long a call may take is the server's to say.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes the route: mostly of `/mcp`.
    pub fn route<S: Clone + Send + Sync + 'static>(self) -> MethodRouter<S> {
        let door = Arc::new(self);
        any(async move |OriginalUri(uri): OriginalUri, request: Request| door.serve(&uri, request).await)
    }

    async fn serve(&self, asked: &Uri, request: Request) -> Response {
        if cors::is_preflight(request.method()) {
            return self.cors.preflight(request.headers());
        }
        let marks = self.marks(request.headers());
        let mut response = self.answer(asked, request).await.unwrap_or_else(|error| error_response(&error));
        response.headers_mut().extend(marks);
        response
    }

    fn marks(&self, request: &HeaderMap) -> HeaderMap {
        let mut marks = HeaderMap::new();
        if request.contains_key(header::ORIGIN) {
            self.cors.mark(request, &mut marks);
            marks.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        marks
    }

    async fn answer(&self, asked: &Uri, request: Request) -> Result<Response, PluginError> {
        let (parts, body) = request.into_parts();
        self.hosts.admit(&parts.uri, &parts.headers)?;
        if !self.cors.admits(&parts.headers) {
            return Err(uninvited(&parts.headers));
        }
        if parts.method != Method::POST {
            return Ok(not_a_message());
        }
        expect_json(&parts.headers)?;
        let profile = asked::profile(asked)?;
        let text = read_body(&parts.headers, body, &self.limits).await?;
        let arrival = Arrival {
            settings: read_settings(&parts.headers),
            visitor: Visitor { headers: parts.headers, extensions: parts.extensions },
            profile,
            has_headers: true,
        };
        Ok(whole(self.server.receive(&text, arrival).await))
    }
}

/// Answers a GET, by which clients of the older era ask for a stream of what the server has to tell by itself: nothing.
fn not_a_message() -> Response {
    let error = PluginError::new(ErrorType::MethodNotAllowed, "MCP messages are sent with POST");
    let mut response = error_response(&error);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

fn whole(answered: Answered) -> Response {
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
    match answered.text {
        Some(text) => (status, [(header::CONTENT_TYPE, JSON)], text).into_response(),
        None => status.into_response(),
    }
}
