//! One request, one answer's head: hyper's client, held to our limits, and its failures in our words.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::connect::{Connector, Means};
use super::error::{OutboundError, Phase, UpstreamFault};
use super::limits::OutboundLimits;
use super::line::Lost;
use super::message::Trust;
use super::policy::Hop;
use super::trip::Trip;

/// How much one stream and one connection of HTTP/2 may send before somebody reads it, in bytes.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;
/// What a connection's buffer has at least: hyper accepts no less.
const MIN_HEAD: usize = 8 << 10;

type Pool = Client<Connector, Full<Bytes>>;

/// Holds the connections, in pools that never mix: by who chose the target, and by how it was come by.
#[derive(Clone, Debug)]
pub(super) struct Pools {
    named: [Pool; 3],
    redirected: [Pool; 3],
    /// For what is not to go over a connection that was kept.
    means: Arc<Means>,
}

impl Pools {
    pub(super) fn new(means: &Arc<Means>, limits: &OutboundLimits) -> Self {
        let pools = |hop| [(); 3].map(|()| pool(Connector { means: Arc::clone(means), hop }, limits));
        Self { named: pools(Hop::Named), redirected: pools(Hop::Redirected), means: Arc::clone(means) }
    }

    fn of(&self, trip: &Trip) -> &Pool {
        let pools = match trip.hop {
            Hop::Named => &self.named,
            Hop::Redirected => &self.redirected,
        };
        match trip.trust {
            Trust::Operator => &pools[0],
            Trust::Market => &pools[1],
            Trust::Caller => &pools[2],
        }
    }

    /// Returns a way to where a trip goes that keeps no connection, and finds none that was kept.
    fn afresh(&self, trip: &Trip, limits: &OutboundLimits) -> Pool {
        let connector = Connector { means: Arc::clone(&self.means), hop: trip.hop };
        pool(connector, &OutboundLimits { idle_per_host: 0, ..limits.clone() })
    }

    /// Sends a request and waits for the head of its answer, which is judged. What the server says it has not begun
    /// to process is sent once more, and so is what a kept connection lost, if that can have done nothing.
    pub(super) async fn exchange(
        &self,
        trip: &Trip,
        limits: &OutboundLimits,
    ) -> Result<Response<Incoming>, OutboundError> {
        let head = Instant::now() + limits.head;
        let (until, phase) =
            if trip.deadline <= head { (trip.deadline, Phase::Total) } else { (head, Phase::Head) };
        let exchange = async {
            match attempt(self.of(trip), trip.request(), limits).await {
                Err(Failure::Unprocessed) => attempt(self.of(trip), trip.request(), limits).await,
                Err(Failure::Lost(lost)) if is_repeatable(lost, &trip.method) => {
                    attempt(&self.afresh(trip, limits), trip.request(), limits).await
                }
                other => other,
            }
        };
        let response = timeout_at(until, exchange).await.map_err(|_| OutboundError::TimedOut(phase))?;
        let response = response.map_err(OutboundError::from)?;
        judge_head(response.status(), response.headers(), limits)?;
        Ok(response)
    }
}

fn pool(connector: Connector, limits: &OutboundLimits) -> Pool {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(limits.keep_alive)
        .pool_max_idle_per_host(limits.idle_per_host)
        .http1_max_buf_size(limits.head_bytes.max(MIN_HEAD))
        .http2_max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(limits.head)
        .http2_keep_alive_timeout(limits.head);
    // Stating hyper's own number would move its table of headers from the stack to the heap.
    if limits.headers != OutboundLimits::default().headers {
        builder.http1_max_headers(limits.headers);
    }
    builder.build(connector)
}

/// Says how one attempt failed.
enum Failure {
    /// The server says that it has not begun to process the request: it may be sent again (RFC 9113, 8.7).
    Unprocessed,
    /// A connection that was kept has come to its end.
    Lost(Lost),
    For(OutboundError),
}

/// Tells whether sending a request again does nothing twice. What was not answered may have been read all the same.
fn is_repeatable(lost: Lost, method: &Method) -> bool {
    match lost {
        Lost::Unsent => true,
        Lost::Unanswered => [Method::GET, Method::HEAD].contains(method),
    }
}

impl From<Failure> for OutboundError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unprocessed | Failure::Lost(_) => UpstreamFault::Closed.into(),
            Failure::For(error) => error,
        }
    }
}

async fn attempt(
    pool: &Pool,
    mut request: Request<Full<Bytes>>,
    limits: &OutboundLimits,
) -> Result<Response<Incoming>, Failure> {
    let interim =
        Arc::new(Interim { left: AtomicUsize::new(limits.interim_answers), exceeded: Notify::new() });
    let counter = Arc::clone(&interim);
    hyper::ext::on_informational(&mut request, move |_| counter.count());
    tokio::select! {
        biased;
        () = interim.exceeded.notified() => Err(Failure::For(UpstreamFault::Interim.into())),
        answer = pool.request(request) => answer.map_err(|error| failure(&error)),
    }
}

/// Counts interim answers, which hyper's client steps over without end.
struct Interim {
    left: AtomicUsize,
    exceeded: Notify,
}

impl Interim {
    fn count(&self) {
        let counted =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if counted.is_err() {
            self.exceeded.notify_one();
        }
    }
}

/// Finds what went wrong in the chain of an error's sources.
fn failure(error: &(dyn Error + 'static)) -> Failure {
    let mut fault = UpstreamFault::Closed;
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<OutboundError>() {
            return Failure::For(*error);
        }
        if error.downcast_ref::<h2::Error>().is_some_and(is_unprocessed) {
            return Failure::Unprocessed;
        }
        if let Some(lost) = Lost::said_in(error) {
            return Failure::Lost(lost);
        }
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            fault = UpstreamFault::Malformed;
        }
        next = error.source();
    }
    Failure::For(fault.into())
}

/// Tells whether the server has said so: by a reset that refuses the stream, or by a GOAWAY, which h2 reports of
/// streams beyond the last one that was processed, and of no others.
fn is_unprocessed(error: &h2::Error) -> bool {
    let is_refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    error.is_remote() && (is_refused || error.is_go_away())
}

/// Judges what hyper lets through: statuses outside of HTTP, and heads that say two things about the body's end.
fn judge_head(status: StatusCode, headers: &HeaderMap, limits: &OutboundLimits) -> Result<(), UpstreamFault> {
    if !matches!(status.as_u16(), 200..=599) {
        return Err(UpstreamFault::Status);
    }
    // hyper counts what it waits for; a head that came in one piece it takes as it is.
    let size =
        |(name, value): (&header::HeaderName, &header::HeaderValue)| name.as_str().len() + value.len() + 4;
    if headers.len() > limits.headers || headers.iter().map(size).sum::<usize>() > limits.head_bytes {
        return Err(UpstreamFault::Malformed);
    }
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None)
            if coding.as_bytes().eq_ignore_ascii_case(b"chunked")
                && !headers.contains_key(header::CONTENT_LENGTH) =>
        {
            Ok(())
        }
        _ => Err(UpstreamFault::Framing),
    }
}
