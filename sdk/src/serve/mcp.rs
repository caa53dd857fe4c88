//! MCP over HTTP: "Streamable HTTP" of both eras on one path.
//!
//! An answer is JSON, unless the tool has something to say before it: then it is a stream of events, the last of which is the
//! answer. A client that hangs up cancels what it asked for.
//!
//! Not here: what a message means, which is [`crate::mcp`]'s.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{OriginalUri, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use futures_util::future::{self, Either};
use futures_util::stream::{self, StreamExt};
use tokio::sync::mpsc;

use super::asked;
use super::authorize::{Authorization, expect_signed_body};
use super::cors::{self, Cors};
use super::exchange::{
    Limits, denied_response, error_response, expect_json, read_body, read_settings, uninvited,
};
use super::hosts::Hosts;
use super::listener::Ending;
use super::recall::Recall;
use super::sessions::Sessions;
use crate::error::PluginError;
use crate::mcp::{Answered, Arrival, McpServer, Told, Visitor, WAITING_MESSAGES};
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
    authorization: Authorization,
    hosts: Hosts,
    limits: Limits,
    recall: Recall,
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
            recall: Recall::default(),
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

    /// Lets clients of the older era begin sessions. Without it there are none, and nothing that a client could lose.
    #[must_use]
    pub fn sessions(mut self, sessions: Sessions) -> Self {
        self.recall = Recall::Kept(sessions);
        self
    }

    /// Makes the route: mostly of `/mcp`.
    pub fn route<S: Clone + Send + Sync + 'static>(self) -> MethodRouter<S> {
        let door = Arc::new(self);
        any(async move |request: Request| door.serve(request).await)
    }

    /// Answers one request, for who has found already that it is for this door.
    pub async fn serve(&self, request: Request) -> Response {
        if cors::is_preflight(request.method()) {
            return self.cors.preflight(request.headers());
        }
        let marks = self.marks(request.headers());
        let mut response = self.answer(request).await.unwrap_or_else(|error| error_response(&error));
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

    async fn answer(&self, request: Request) -> Result<Response, PluginError> {
        let (mut parts, body) = request.into_parts();
        let asked = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri).clone();
        self.hosts.admit(&parts.uri, &parts.headers)?;
        if !self.cors.admits(&parts.headers) {
            return Err(uninvited(&parts.headers));
        }
        // Whoever may not call is not told how.
        if let Err(denied) = self.authorization.admit(&mut parts).await {
            return Ok(denied_response(&denied));
        }
        if parts.method != Method::POST {
            return Ok(self.not_a_message(&parts).await);
        }
        expect_json(&parts.headers)?;
        let profile = asked::profile(&asked)?;
        let text = read_body(&parts.headers, body, &self.limits).await?;
        expect_signed_body(&parts.extensions, &text)?;
        let known = match self.recall.find(&parts, &text).await {
            Ok(known) => known,
            Err(lost) => return Ok(lost.response()),
        };
        let (back, messages) = mpsc::channel(WAITING_MESSAGES);
        let streams = reads_streams(&parts.headers);
        let ending = parts.extensions.get::<Ending>().cloned();
        let arrival = Box::new(Arrival {
            settings: read_settings(&parts.headers, &self.limits),
            remembered: known.remembered(streams),
            visitor: Visitor { headers: parts.headers, extensions: parts.extensions },
            profile,
            has_headers: true,
            back,
        });
        let (server, recall, authorization) =
            (Arc::clone(&self.server), self.recall.clone(), self.authorization.clone());
        let work: Work = Box::pin(async move {
            let mut answered = tokio::select! {
                biased;
                answered = server.receive(&text, arrival) => answered,
                // A stream that just breaks off looks like a network that failed.
                () = given_up(ending) => McpServer::ended(&text),
            };
            let header = match answered.told.take() {
                Some(Told::Lacks(scopes)) => {
                    let challenge = authorization.challenge_for(&asked, &scopes);
                    challenge.map(|challenge| (header::WWW_AUTHENTICATE, challenge))
                }
                told => recall.keep(known, told).await,
            };
            Outcome { answered, header }
        });
        Ok(if streams { as_it_comes(work, messages).await } else { whole(work.await) })
    }

    /// Answers a DELETE, by which clients of the older era end their session; and a GET, by which they ask for a stream of
    /// what the server has to tell by itself: nothing.
    async fn not_a_message(&self, parts: &Parts) -> Response {
        let ended = if parts.method == Method::DELETE { self.recall.end(parts).await } else { None };
        match ended {
            Some(Ok(())) => StatusCode::NO_CONTENT.into_response(),
            Some(Err(lost)) => lost.response(),
            None => only_messages(),
        }
    }
}

/// Completes when the server cannot wait any longer.
async fn given_up(ending: Option<Ending>) {
    match ending {
        Some(ending) => ending.given_up().await,
        None => std::future::pending().await,
    }
}

type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// The answer, and the header that says under which session id the client is known from now on, or which scopes it lacks.
struct Outcome {
    answered: Answered,
    header: Option<(HeaderName, HeaderValue)>,
}

/// How far an answer that is streamed is.
enum Flow {
    Runs(Work, mpsc::Receiver<String>),
    /// The answer is there; what was said before it comes first.
    IsOver(Outcome, mpsc::Receiver<String>),
}

/// Answers with JSON; or with a stream, when there is something to say before.
async fn as_it_comes(work: Work, messages: mpsc::Receiver<String>) -> Response {
    let (first, flow) = match advance(work, messages).await {
        (Some(first), flow) => (first, flow),
        (None, Flow::IsOver(outcome, _)) => return whole(outcome),
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
            Either::Right((outcome, _)) => Err(outcome),
        }
    };
    match waited {
        Ok((message, work)) => (message, Flow::Runs(work, messages)),
        Err(outcome) => (messages.try_recv().ok(), Flow::IsOver(outcome, messages)),
    }
}

/// Returns the next message of a stream: what the tool said, and at last the answer.
async fn next_message(flow: Option<Flow>) -> Option<(String, Option<Flow>)> {
    let (message, flow) = match flow? {
        Flow::Runs(work, messages) => advance(work, messages).await,
        Flow::IsOver(outcome, mut messages) => (messages.try_recv().ok(), Flow::IsOver(outcome, messages)),
    };
    if let Some(message) = message {
        return Some((message, Some(flow)));
    }
    let outcome = match flow {
        Flow::Runs(work, _) => work.await,
        Flow::IsOver(outcome, _) => outcome,
    };
    Some((outcome.answered.text?, None))
}

/// Returns whether a client reads streams of events. The protocol wants all of them to; one that says otherwise gets the
/// answer only.
fn reads_streams(headers: &HeaderMap) -> bool {
    let mut accepted =
        headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok()).peekable();
    accepted.peek().is_some()
        && accepted.any(|line| line.contains("text/event-stream") || line.contains("*/*"))
}

fn only_messages() -> Response {
    let error = PluginError::new(ErrorType::MethodNotAllowed, "MCP messages are sent with POST");
    let mut response = error_response(&error);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

fn whole(Outcome { answered, header }: Outcome) -> Response {
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
    let mut response = match answered.text {
        Some(text) => (status, [(header::CONTENT_TYPE, JSON)], text).into_response(),
        None => status.into_response(),
    };
    response.headers_mut().extend(header);
    response
}
