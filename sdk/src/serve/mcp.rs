//! MCP over HTTP: "Streamable HTTP" of both eras on one path, without sessions.
//!
//! An answer is JSON, unless the tool has something to say before it: then it is a stream of events, the last of which is the
//! answer. A client that hangs up cancels what it asked for.
//!
//! A client of the older era says what it can do only once, in `initialize`. Where a tool might ask it something, that is
//! written into the session id, which the client repeats: so nothing is kept here, and nothing is lost with the process.
//!
//! Not here: what a message means, which is [`crate::mcp`]'s.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use futures_util::future::{self, Either};
use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::asked;
use super::authorize::Authorization;
use super::cors::{self, Cors};
use super::exchange::{
    Limits, denied_response, error_response, expect_json, read_body, read_settings, uninvited,
};
use super::hosts::Hosts;
use crate::error::PluginError;
use crate::mcp::{Answered, Arrival, McpServer, Remembered, Told, Visitor, WAITING_MESSAGES};
use crate::protocol::ErrorType;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
/// What a session id begins with that says what its client can do.
const ABLE_TO: &str = "able-to:";
/// What a client may be asked for.
const ABILITIES: [&str; 3] = ["elicitation", "roots", "sampling"];

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
    authorization: Authorization,
    hosts: Hosts,
    limits: Limits,
}

impl McpDoor {
    /// Opens a door for web pages and under names of this machine only.
    pub fn new(server: impl Into<Arc<McpServer>>) -> Self {
        Self {
            server: server.into(),
            cors: Cors::loopback(),
            authorization: Authorization::default(),
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

    /// Sets who may call; everybody without it.
    #[must_use]
    pub fn authorization(mut self, authorization: Authorization) -> Self {
        self.authorization = authorization;
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
        let (mut parts, body) = request.into_parts();
        self.hosts.admit(&parts.uri, &parts.headers)?;
        if !self.cors.admits(&parts.headers) {
            return Err(uninvited(&parts.headers));
        }
        // Whoever may not call is not told how.
        if let Err(denied) = self.authorization.admit(&mut parts).await {
            return Ok(denied_response(&denied));
        }
        if parts.method != Method::POST {
            return Ok(not_a_message());
        }
        expect_json(&parts.headers)?;
        let profile = asked::profile(asked)?;
        let text = read_body(&parts.headers, body, &self.limits).await?;
        let (back, messages) = mpsc::channel(WAITING_MESSAGES);
        let streams = reads_streams(&parts.headers);
        let arrival = Arrival {
            settings: read_settings(&parts.headers, &self.limits),
            remembered: Remembered { capabilities: abilities(&parts.headers, streams), log_level: None },
            visitor: Visitor { headers: parts.headers, extensions: parts.extensions },
            profile,
            has_headers: true,
            back,
        };
        let server = Arc::clone(&self.server);
        let work: Work = Box::pin(async move { server.receive(&text, arrival).await });
        Ok(if streams { as_it_comes(work, messages).await } else { whole(work.await) })
    }
}

type Work = Pin<Box<dyn Future<Output = Answered> + Send>>;

/// How far an answer that is streamed is.
enum Flow {
    Runs(Work, mpsc::Receiver<String>),
    /// The answer is there; what was said before it comes first.
    IsOver(Answered, mpsc::Receiver<String>),
}

/// Answers with JSON; or with a stream, when there is something to say before.
async fn as_it_comes(work: Work, messages: mpsc::Receiver<String>) -> Response {
    let (first, flow) = match advance(work, messages).await {
        (Some(first), flow) => (first, flow),
        (None, Flow::IsOver(answered, _)) => return whole(answered),
        (None, Flow::Runs(work, _)) => return whole(work.await),
    };
    let rest = stream::unfold(Some(flow), next_message);
    let messages = stream::iter([first]).chain(rest);
    let events = messages.map(|text| Ok::<_, Infallible>(Event::default().data(text)));
    let mut response = Sse::new(events).keep_alive(KeepAlive::default()).into_response();
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Waits for what is said next, or for the answer.
async fn advance(work: Work, mut messages: mpsc::Receiver<String>) -> (Option<String>, Flow) {
    let waited = {
        let message = std::pin::pin!(messages.recv());
        match future::select(message, work).await {
            Either::Left((message, work)) => Ok((message, work)),
            Either::Right((answered, _)) => Err(answered),
        }
    };
    match waited {
        Ok((message, work)) => (message, Flow::Runs(work, messages)),
        Err(answered) => (messages.try_recv().ok(), Flow::IsOver(answered, messages)),
    }
}

/// Returns the next message of a stream: what the tool said, and at last the answer.
async fn next_message(flow: Option<Flow>) -> Option<(String, Option<Flow>)> {
    let (message, flow) = match flow? {
        Flow::Runs(work, messages) => advance(work, messages).await,
        Flow::IsOver(answered, mut messages) => (messages.try_recv().ok(), Flow::IsOver(answered, messages)),
    };
    if let Some(message) = message {
        return Some((message, Some(flow)));
    }
    let answered = match flow {
        Flow::Runs(work, _) => work.await,
        Flow::IsOver(answered, _) => answered,
    };
    Some((answered.text?, None))
}

/// Returns whether a client reads streams of events. The protocol wants all of them to; one that says otherwise gets the
/// answer only.
fn reads_streams(headers: &HeaderMap) -> bool {
    let mut accepted =
        headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok()).peekable();
    accepted.peek().is_some()
        && accepted.any(|line| line.contains("text/event-stream") || line.contains("*/*"))
}

/// Reads what a client can do from the session id that says so.
fn abilities(headers: &HeaderMap, streams: bool) -> Value {
    let session = headers.get(SESSION).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let said = session.strip_prefix(ABLE_TO).filter(|_| streams).unwrap_or_default();
    let known = said.split('+').filter(|ability| ABILITIES.contains(ability));
    known.map(|ability| (ability.to_owned(), Value::Object(Map::new()))).collect::<Map<_, _>>().into()
}

/// Writes the session id that says what a client can do; none when it can do nothing.
fn session(capabilities: &Value) -> Option<HeaderValue> {
    let has = |ability: &&str| capabilities.get(ability).is_some_and(Value::is_object);
    let able: Vec<_> = ABILITIES.into_iter().filter(has).collect();
    let id = HeaderValue::try_from(format!("{ABLE_TO}{}", able.join("+")));
    id.ok().filter(|_| !able.is_empty())
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
    let mut response = match answered.text {
        Some(text) => (status, [(header::CONTENT_TYPE, JSON)], text).into_response(),
        None => status.into_response(),
    };
    if let Some(Told::Capabilities(capabilities)) = &answered.told
        && let Some(id) = session(capabilities)
    {
        response.headers_mut().insert(SESSION, id);
    }
    response
}
