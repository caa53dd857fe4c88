//! An MCP server behind HTTP (Streamable HTTP), reached by the one door out.
//!
//! rmcp speaks the protocol: sessions and their renewal, both eras, what a header says. Here a message becomes a request
//! and an answer a message. Nothing of a caller is in either: the headers are the operator's.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, ErrorData, RequestId, ServerJsonRpcMessage};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::common::client_side_sse::FixedInterval;
use rmcp::transport::streamable_http_client::{
    AuthRequiredError, HttpStatusError, SseError, StreamableHttpClient, StreamableHttpClientTransportConfig,
    StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::{Sse, SseStream};
use tokio::time::Duration;

use super::fault::Fault;
use crate::outbound::{Answer, Outbound, OutboundError, Outgoing, TargetUrl, Trust, UpstreamFault};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const JSON_OR_EVENTS: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// The most bytes of one event of a stream. A picture in base64 fits.
const MAX_EVENT: usize = 3 << 19;
/// The most bytes of an answer that is no success.
const MAX_ERROR: usize = 64 << 10;
/// How often, and after what time, a stream that the server closed is taken up again where it ended.
const RESUMPTIONS: usize = 3;
const BEFORE_RESUMPTION: Duration = Duration::from_millis(500);
/// How many requests of one session are waiting for the head of their answer; the door bounds them by host besides.
const REQUESTS: usize = 64;
/// What servers of the TypeScript SDK's examples answer, with status 400, when they do not know a session.
const UNKNOWN_SESSION: i32 = -32000;

/// Says where an MCP server is, and what the operator sends along.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) url: TargetUrl,
    pub(crate) headers: HeaderMap,
    pub(crate) outbound: Outbound,
}

type Answered = Result<StreamableHttpPostResponse, StreamableHttpError<Fault>>;

impl Address {
    /// Makes the way there that rmcp asks for.
    pub(super) fn transport(&self) -> StreamableHttpClientTransport<Self> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str())
            .max_concurrent_requests(REQUESTS)
            .reinit_on_expired_session(true);
        let mut resumptions = FixedInterval::default();
        (resumptions.max_times, resumptions.duration) = (Some(RESUMPTIONS), BEFORE_RESUMPTION);
        config.retry_config = Arc::new(resumptions);
        StreamableHttpClientTransport::with_client(self.clone(), config)
    }

    async fn send(
        &self,
        method: Method,
        mut headers: HeaderMap,
        session: Option<Arc<str>>,
        body: Bytes,
    ) -> Result<Answer, StreamableHttpError<Fault>> {
        if let Some(session) = session {
            let value =
                HeaderValue::from_str(&session).map_err(|_| nonsense("a session id that is no header"))?;
            headers.insert(SESSION, value);
        }
        headers.extend(self.headers.clone());
        let outgoing = Outgoing::new(Trust::Operator, method, self.url.clone(), headers, body);
        self.outbound.send(outgoing).await.map_err(|error| StreamableHttpError::Client(error.into()))
    }
}

impl StreamableHttpClient for Address {
    type Error = Fault;

    async fn post_message(
        &self,
        _: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        protocol: HashMap<HeaderName, HeaderValue>,
    ) -> Answered {
        let had_session = session.is_some();
        let mut headers: HeaderMap = protocol.into_iter().collect();
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(header::ACCEPT, JSON_OR_EVENTS);
        let body = serde_json::to_vec(&message)?;
        let answer = self.send(Method::POST, headers, session, body.into()).await?;
        match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(unauthorized()),
            StatusCode::NOT_FOUND if had_session => Err(StreamableHttpError::SessionExpired),
            StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Ok(StreamableHttpPostResponse::Accepted),
            status if status.is_success() => read(answer, &message).await,
            _ => read_failure(answer, &message, had_session).await,
        }
    }

    async fn delete_session(
        &self,
        _: Arc<str>,
        session: Arc<str>,
        _: Option<String>,
        protocol: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), StreamableHttpError<Fault>> {
        // A server that keeps its sessions to itself answers 405, and nothing is lost.
        self.send(Method::DELETE, protocol.into_iter().collect(), Some(session), Bytes::new()).await.map(drop)
    }

    /// Takes a stream up where it ended. One for news alone is not opened: it would hold a connection to every server at
    /// all times, and the list of tools is asked for again when it is old.
    async fn get_stream(
        &self,
        _: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        _: Option<String>,
        protocol: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, StreamableHttpError<Fault>> {
        let Some(last_event) = last_event else { return Err(StreamableHttpError::ServerDoesNotSupportSse) };
        let mut headers: HeaderMap = protocol.into_iter().collect();
        headers.insert(header::ACCEPT, EVENTS);
        let value =
            HeaderValue::from_str(&last_event).map_err(|_| nonsense("an event id that is no header"))?;
        headers.insert(LAST_EVENT, value);
        let answer = self.send(Method::GET, headers, session, Bytes::new()).await?;
        match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(unauthorized()),
            StatusCode::OK if is(&answer.headers, &EVENTS) => Ok(events(answer)),
            _ => Err(StreamableHttpError::ServerDoesNotSupportSse),
        }
    }
}

/// Reads an answer that is a success: one message, or a stream that has it.
async fn read(answer: Answer, asked: &ClientJsonRpcMessage) -> Answered {
    let session = answer.headers.get(SESSION).map(session_id).transpose()?;
    if is(&answer.headers, &EVENTS) {
        return Ok(StreamableHttpPostResponse::Sse(events(answer), session));
    }
    let is_json = is(&answer.headers, &JSON);
    let body = answer.whole(usize::MAX).await.map_err(unread)?;
    if body.is_empty() && !matches!(asked, ClientJsonRpcMessage::Request(_)) {
        return Ok(StreamableHttpPostResponse::Accepted);
    }
    if !is_json {
        return Err(nonsense("an answer that is neither JSON nor a stream of events"));
    }
    let message = serde_json::from_slice(&body).map_err(|error| nonsense(&error.to_string()))?;
    Ok(StreamableHttpPostResponse::Json(message, session))
}

/// Reads an answer that is no success. An error of JSON-RPC in it is the answer; it may lack the request's id, since
/// what stands in front of a server does not know it.
async fn read_failure(answer: Answer, asked: &ClientJsonRpcMessage, had_session: bool) -> Answered {
    let status = answer.status;
    let body = answer.whole(MAX_ERROR).await.unwrap_or_default();
    let said = match serde_json::from_slice(&body) {
        Ok(ServerJsonRpcMessage::Error(error)) => Some(error.error),
        _ => None,
    };
    let is_unknown = said.as_ref().is_some_and(|said| said.code.0 == UNKNOWN_SESSION);
    if had_session && status == StatusCode::BAD_REQUEST && is_unknown {
        return Err(StreamableHttpError::SessionExpired);
    }
    let ClientJsonRpcMessage::Request(request) = asked else { return Err(status_error(status)) };
    // A server of the older era does not know the question for what it knows, and may not even answer in JSON.
    let is_probe = matches!(request.request, ClientRequest::DiscoverRequest(_)) && status.is_client_error();
    let said = said.or_else(|| is_probe.then(|| ErrorData::invalid_request("not understood", None)));
    said.map(|said| error_message(said, request.id.clone())).ok_or_else(|| status_error(status))
}

fn error_message(said: ErrorData, id: RequestId) -> StreamableHttpPostResponse {
    StreamableHttpPostResponse::Json(ServerJsonRpcMessage::error(said, Some(id)), None)
}

/// Reads a body as events, each bounded, each a message: what is none ends the stream, so that the call fails at once
/// and does not wait for an answer that will not come.
fn events(answer: Answer) -> BoxStream<'static, Result<Sse, SseError>> {
    let mut event = EventSize::default();
    let bounded = answer.body.map_err(broken).and_then(move |piece| {
        let fits = event.take(&piece);
        std::future::ready(if fits { Ok(piece) } else { Err(Fault::TooLarge) })
    });
    let read = |event: Result<Sse, SseError>| event.and_then(judged);
    // After an error there is nothing more to be had.
    SseStream::from_bytes_stream(bounded).map(read).boxed()
}

fn judged(event: Sse) -> Result<Sse, SseError> {
    let is_message = matches!(event.event.as_deref(), None | Some("" | "message"));
    match event.data.as_deref().map(str::trim).filter(|data| is_message && !data.is_empty()) {
        Some(data) => match serde_json::from_str::<ServerJsonRpcMessage>(data) {
            Ok(_) => Ok(event),
            Err(error) => Err(SseError::Body(Box::new(Fault::Nonsense(error.to_string())))),
        },
        None => Ok(event),
    }
}

/// Counts the bytes of the event that is being read.
#[derive(Default)]
struct EventSize {
    bytes: usize,
    /// Whether the last line was ended, and nothing stands on this one yet.
    at_line_start: bool,
}

impl EventSize {
    /// Takes a piece of the stream; returns whether the event is still small enough.
    fn take(&mut self, piece: &[u8]) -> bool {
        for byte in piece {
            let ends_line = matches!(byte, b'\n' | b'\r');
            self.bytes = if ends_line && self.at_line_start { 0 } else { self.bytes + 1 };
            // A carriage return and its line feed are one end of a line; the next one then ends the event.
            self.at_line_start = ends_line && (*byte == b'\n' || self.at_line_start);
        }
        self.bytes <= MAX_EVENT
    }
}

/// Tells whether an answer is of a media type, whatever its parameters.
fn is(headers: &HeaderMap, media_type: &HeaderValue) -> bool {
    let said = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let essence = said.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(media_type.as_bytes())
}

/// Reads a session's id, which is sent back with every request: visible ASCII, as the specification has it.
fn session_id(value: &HeaderValue) -> Result<String, StreamableHttpError<Fault>> {
    match value.to_str() {
        Ok(id) if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(id.to_owned()),
        _ => Err(nonsense("a session id that is not visible ASCII")),
    }
}

fn unread(error: OutboundError) -> StreamableHttpError<Fault> {
    StreamableHttpError::Client(broken(error))
}

fn broken(error: OutboundError) -> Fault {
    match error {
        OutboundError::Upstream(UpstreamFault::TooLarge) => Fault::TooLarge,
        other => other.into(),
    }
}

fn nonsense(what: &str) -> StreamableHttpError<Fault> {
    StreamableHttpError::Client(Fault::Nonsense(what.to_owned()))
}

/// What a challenge says stays unread: where it leads is not followed.
fn unauthorized() -> StreamableHttpError<Fault> {
    StreamableHttpError::AuthRequired(AuthRequiredError::new(String::new()))
}

fn status_error(status: StatusCode) -> StreamableHttpError<Fault> {
    HttpStatusError::new(status.as_u16(), None).into()
}
