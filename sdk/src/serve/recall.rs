//! What is known of an MCP client of the older era from one request to the next. It says what it can do only once, in
//! `initialize`, and repeats the session id that it is given.
//!
//! Without [`Sessions`] that id itself says what the client can do, where a tool might ask it something: so nothing is kept
//! here, and nothing is lost with the process. Clients that cannot be asked get none.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::sessions::{SessionState, Sessions};
use crate::caller::CallerIdentity;
use crate::client::LogLevel;
use crate::mcp::{self, Remembered, Told};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
/// What a session id begins with that says what its client can do.
const ABLE_TO: &str = "able-to:";
/// What a client may be asked for.
const ABILITIES: [&str; 3] = ["elicitation", "roots", "sampling"];

/// Where it is known from.
#[derive(Clone, Debug, Default)]
pub(super) enum Recall {
    /// The session id says it.
    #[default]
    Said,
    /// It is kept under the session id.
    Kept(Sessions),
}

/// What is known of one request's client.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Under which id it is kept.
    id: Option<String>,
    state: SessionState,
}

/// Says that a request belongs to no session that there is.
#[derive(Clone, Copy, Debug)]
pub(super) enum NoSession {
    /// It names none.
    Unnamed,
    /// It names one that has ended, was lost, or is somebody else's.
    Unknown,
}

impl Recall {
    /// Returns what is known of a request's client, after it was found out who calls.
    pub(super) async fn find(&self, parts: &Parts, text: &[u8]) -> Result<Known, NoSession> {
        let subject = subject(parts);
        let Self::Kept(sessions) = self else {
            let capabilities = abilities(id(&parts.headers).unwrap_or_default());
            return Ok(Known { id: None, state: SessionState { capabilities, ..SessionState::default() } });
        };
        if !mcp::follows_greeting(text, &parts.headers) {
            return Ok(Known { id: None, state: SessionState { subject, ..SessionState::default() } });
        }
        let id = id(&parts.headers).ok_or(NoSession::Unnamed)?;
        let state = sessions.find(id, subject.as_deref()).await.ok_or(NoSession::Unknown)?;
        Ok(Known { id: Some(id.to_owned()), state })
    }

    /// Keeps what the client said, and returns the headers that the answer needs for that.
    pub(super) async fn keep(&self, known: Known, told: Option<Told>) -> Option<(HeaderName, HeaderValue)> {
        let id = match (self, told?) {
            (Self::Said, Told::Capabilities { capabilities, matter }) => {
                matter.then(|| written(&capabilities)).flatten()
            }
            (Self::Said, Told::LogLevel(_)) | (_, Told::Lacks(_)) => None,
            (Self::Kept(sessions), Told::Capabilities { capabilities, .. }) => {
                let capabilities = named(able(&capabilities));
                Some(sessions.begin(SessionState { capabilities, ..known.state }).await)
            }
            (Self::Kept(sessions), Told::LogLevel(level)) => {
                let log_level = Some(level.name().to_owned());
                if let Some(id) = known.id {
                    sessions.change(&id, SessionState { log_level, ..known.state }).await;
                }
                None
            }
        };
        Some((SESSION, HeaderValue::try_from(id?).ok()?))
    }

    /// Ends the session that a `DELETE` names; nothing when there are none to end.
    pub(super) async fn end(&self, parts: &Parts) -> Option<Result<(), NoSession>> {
        let Self::Kept(sessions) = self else { return None };
        let Some(id) = id(&parts.headers) else { return Some(Err(NoSession::Unnamed)) };
        if sessions.find(id, subject(parts).as_deref()).await.is_none() {
            return Some(Err(NoSession::Unknown));
        }
        sessions.end(id).await;
        Some(Ok(()))
    }
}

impl Known {
    /// Returns what a call has to know of it. Who reads no streams cannot be asked.
    pub(super) fn remembered(&self, streams: bool) -> Remembered {
        let SessionState { capabilities, log_level, .. } = &self.state;
        Remembered {
            capabilities: if streams { capabilities.clone() } else { Value::Null },
            log_level: log_level.as_deref().and_then(LogLevel::named),
        }
    }
}

impl NoSession {
    /// Answers so that clients begin anew: by 404, as the protocol says, and LobeHub by these very words.
    pub(super) fn response(self) -> Response {
        let status = match self {
            Self::Unnamed => StatusCode::BAD_REQUEST,
            Self::Unknown => StatusCode::NOT_FOUND,
        };
        let error = json!({ "code": -32000, "message": "No valid session ID provided" });
        let message = json!({ "jsonrpc": "2.0", "id": null, "error": error });
        (status, [(header::CONTENT_TYPE, "application/json")], message.to_string()).into_response()
    }
}

fn id(headers: &HeaderMap) -> Option<&str> {
    headers.get(SESSION)?.to_str().ok()
}

fn subject(parts: &Parts) -> Option<String> {
    parts.extensions.get::<CallerIdentity>()?.subject().map(str::to_owned)
}

/// Reads what a client can do from the session id that says so.
fn abilities(id: &str) -> Value {
    named(
        id.strip_prefix(ABLE_TO).unwrap_or_default().split('+').filter(|ability| ABILITIES.contains(ability)),
    )
}

fn named<'a>(abilities: impl Iterator<Item = &'a str>) -> Value {
    abilities.map(|ability| (ability.to_owned(), Value::Object(Map::new()))).collect::<Map<_, _>>().into()
}

/// Writes the session id that says what a client can do; none when it can do nothing.
fn written(capabilities: &Value) -> Option<String> {
    let able: Vec<_> = able(capabilities).collect();
    (!able.is_empty()).then(|| format!("{ABLE_TO}{}", able.join("+")))
}

/// Returns what a client can be asked for. What it says of that besides may be of any size.
fn able(capabilities: &Value) -> impl Iterator<Item = &'static str> {
    ABILITIES.into_iter().filter(|ability| capabilities.get(ability).is_some_and(Value::is_object))
}
