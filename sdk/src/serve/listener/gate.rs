//! What a request passes on its way to the router: the rules of HTTP that hyper leaves to servers, and a net under
//! handlers that panic.
//!
//! Nothing here is about plugins. A server that is no proxy says so (CONNECT, a target with a host in it), switches to
//! no other protocol, and closes where two readers could disagree about where a request ends.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{self, HeaderValue};
use axum::http::uri::Authority;
use axum::http::{Method, Request, Response, StatusCode, Version};
use tokio::sync::watch;
use tower_service::Service;

use super::connection::Door;
use super::patience::{Pace, Reading, Turn};
use super::peer::Peer;
use super::request_id::{self, RequestId};
use super::stage::{Ending, Stage};
use crate::error::PluginError;
use crate::protocol::ErrorType;
use crate::serve::{error_response, held::Held};

const CLOSE: HeaderValue = HeaderValue::from_static("close");
/// What there are routes for.
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");

/// Leads the requests of one connection to the router.
#[derive(Clone, Debug)]
pub(super) struct Gate(
    // One count to go up and down for every request, and not three.
    Arc<Shared>,
);

#[derive(Debug)]
struct Shared {
    door: Arc<Door>,
    peer: Peer,
    pace: Arc<Pace>,
    stages: watch::Receiver<Stage>,
}

/// What became of a request before the router saw it.
struct Refusal {
    error: PluginError,
    /// Whether what follows on the connection can still be understood.
    closes: bool,
}

impl Gate {
    pub(super) fn new(door: Arc<Door>, peer: Peer, pace: Arc<Pace>, stages: watch::Receiver<Stage>) -> Self {
        Self(Arc::new(Shared { door, peer, pace, stages }))
    }

    async fn answer<B>(self, request: Request<B>) -> Response<Held<Turn>>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let version = request.version();
        let turn = self.0.pace.request(version);
        let id = RequestId::next();
        let mut response = match examine(&request, &self.0.door) {
            Ok(()) => self.route(request.map(|body| self.watched(body)), id).await,
            Err(Refusal { error, closes }) => {
                let mut response = error_response(&error);
                if response.status() == StatusCode::METHOD_NOT_ALLOWED {
                    // RFC 9110, section 15.5.6: such an answer names what is allowed.
                    response.headers_mut().insert(header::ALLOW, ALLOWED);
                }
                if closes && version < Version::HTTP_2 {
                    response.headers_mut().insert(header::CONNECTION, CLOSE);
                }
                response
            }
        };
        response.headers_mut().insert(request_id::HEADER, id.header());
        if version < Version::HTTP_2 && !self.0.door.readiness.is_ready() {
            response.headers_mut().insert(header::CONNECTION, CLOSE);
        }
        response.map(|body| Held::new(body, turn))
    }

    /// Keeps the connection from resting while somebody may still read the body.
    fn watched<B: HttpBody>(&self, body: B) -> Held<Option<Reading>, B> {
        let reading = (!body.is_end_stream()).then(|| self.0.pace.body());
        Held::new(body, reading)
    }

    /// Lets the router answer, unless it panics or the server cannot wait any longer.
    async fn route<B>(&self, mut request: Request<B>, id: RequestId) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        request.extensions_mut().insert(self.0.peer);
        request.extensions_mut().insert(id);
        request.extensions_mut().insert(self.0.door.scheme());
        request.extensions_mut().insert(self.ending());
        let mut router = self.0.door.routes.current();
        let routed = pin!(unpanicked(async move { router.call(request).await }));
        let given_up = pin!(self.ending().given_up());
        tokio::select! {
            biased;
            answer = routed => match answer {
                Some(Ok(response)) => response,
                Some(Err(never)) => match never {},
                None => {
                    self.0.door.traffic.panicked();
                    tracing::error!("a handler panicked");
                    error_response(&PluginError::internal("a handler panicked"))
                }
            },
            () = given_up => {
                let error = PluginError::new(ErrorType::Status(503), "the server ends, and the call did not in time");
                error_response(&error)
            }
        }
    }

    fn ending(&self) -> Ending {
        Ending(self.0.stages.clone())
    }
}

/// Polls a future, and answers nothing when it panics.
async fn unpanicked<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    // Unwind safety: after a panic the future is never polled again.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// Judges a request's head.
fn examine<B>(request: &Request<B>, Door { limits, hosts, .. }: &Door) -> Result<(), Refusal> {
    let refuse = |status, message: &'static str| Refusal {
        error: PluginError::new(ErrorType::Status(status), message),
        closes: false,
    };
    // Before all else: whatever is answered, what follows such a head is not to be read as a request.
    one_framing(request)?;
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        return Err(refuse(405, "this server is no proxy: CONNECT and TRACE have no answer here"));
    }
    let uri = request.uri();
    if uri.path_and_query().map_or(0, |target| target.as_str().len()) > limits.target {
        return Err(refuse(414, "the path and query are too long"));
    }
    if request.headers().len() > limits.headers {
        return Err(refuse(431, "the request has too many headers"));
    }
    if uri.authority().is_some() && request.version() < Version::HTTP_2 {
        return Err(refuse(400, "this server is no proxy: the request's target begins with `/`"));
    }
    if request.version() < Version::HTTP_2 && upgrades(request) {
        return Err(refuse(400, "this server switches to no other protocol: leave `Upgrade` out"));
    }
    one_host(request)?;
    if request.headers().get_all(header::ORIGIN).iter().nth(1).is_some() {
        return Err(refuse(400, "a request has one `Origin` header"));
    }
    let host = host(request).map_err(unclear)?;
    if hosts.admit(host.as_ref()) {
        return Ok(());
    }
    Err(refuse(403, "this server is not asked for by that host: `hosts` in its configuration names others"))
}

/// Reads the host that a request asks for. On HTTP/2 it may stand there twice, and must be the same
/// (RFC 9113, section 8.3.1).
fn host<B>(request: &Request<B>) -> Result<Option<Authority>, &'static str> {
    let asked = request.uri().authority();
    let Some(host) = request.headers().get(header::HOST) else { return Ok(asked.cloned()) };
    let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    let host = host.filter(is_host).ok_or("`Host` is a host and perhaps a port")?;
    match asked {
        Some(asked) if *asked != host => Err("`:authority` and `Host` name different hosts"),
        _ => Ok(Some(host)),
    }
}

/// Returns whether an authority is a host and perhaps a port, and not a user's or a list of hosts.
fn is_host(authority: &Authority) -> bool {
    let (whole, host) = (authority.as_str(), authority.host());
    let is_port = |port: &str| port.is_empty() || authority.port_u16().is_some();
    let is_ended = whole.strip_prefix(host).is_some_and(|rest| match rest.strip_prefix(':') {
        Some(port) => is_port(port),
        None => rest.is_empty(),
    });
    !host.is_empty() && is_ended && !whole.contains(['@', ','])
}

/// Refuses a request that two readers could understand in two ways, and what follows it.
fn unclear(message: &'static str) -> Refusal {
    Refusal { error: PluginError::bad_request(message), closes: true }
}

/// Holds a request to the one coding in which its end can be found. hyper looks at the last one only, so that whoever reads
/// the others would find the end elsewhere; none but `chunked` is undone here (RFC 9112, section 6.1).
fn one_framing<B>(request: &Request<B>) -> Result<(), Refusal> {
    let mut codings = request.headers().get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(unclear("the only `Transfer-Encoding` here is `chunked`, once")),
    }
}

/// Returns whether a request asks for another protocol. `h2c` is not counted: clients that speak HTTP/2 offer it with
/// their first request, and expect that it may be ignored (RFC 7540, section 3.2).
fn upgrades<B>(request: &Request<B>) -> bool {
    let asked = request.headers().get_all(header::UPGRADE).iter();
    asked.into_iter().any(|protocol| !protocol.as_bytes().eq_ignore_ascii_case(b"h2c"))
}

/// Holds a request to the one `Host` that it must have (RFC 9112, section 3.2).
fn one_host<B>(request: &Request<B>) -> Result<(), Refusal> {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts == 1 || (hosts == 0 && request.version() != Version::HTTP_11) {
        return Ok(());
    }
    Err(unclear("a request has one `Host` header"))
}

impl<B> Service<Request<B>> for Gate
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Held<Turn>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Held<Turn>>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let gate = self.clone();
        Box::pin(async move { Ok(gate.answer(request).await) })
    }
}
