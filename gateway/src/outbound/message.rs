//! What goes out by the door and what comes back.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use tokio::time::Instant;

use super::body::AnswerBody;
use super::error::OutboundError;
use super::url::{Origin, TargetUrl};

/// Says who chose a target. A connection that was opened for one never serves another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Trust {
    /// The operator, in the configuration.
    Operator,
    /// An index that the operator chose.
    Market,
    /// Whoever calls the gateway.
    Caller,
}

/// Holds one request to a plugin's server.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: TargetUrl,
    /// Sent as they are. The door adds `host`, `content-length` and `accept-encoding`, and `accept` and `user-agent` where there
    /// is none.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trust: Trust,
    /// Ends the call sooner than [`OutboundLimits::total`](super::OutboundLimits::total) would.
    pub(crate) deadline: Option<Instant>,
    /// Another host has led here, by a redirect or by a document of its own: what `dev` opens is closed to it.
    pub(crate) led: bool,
    /// Every hop must lead to one of these, else the call is refused.
    pub(crate) confined_to: Option<Arc<[Origin]>>,
}

impl Outgoing {
    /// Makes a request that is bounded by nothing but the door's own limits.
    pub(crate) fn new(trust: Trust, method: Method, url: TargetUrl, headers: HeaderMap, body: Bytes) -> Self {
        Self { method, url, headers, body, trust, deadline: None, led: false, confined_to: None }
    }
}

/// Holds the head of an answer, judged; the body streams.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Anything from 200 to 599: what it means is the caller's business.
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: AnswerBody,
}

impl Answer {
    /// Reads the whole body, of at most `limit` bytes and at most what the door's own limits allow.
    pub(crate) async fn whole(self, limit: usize) -> Result<Bytes, OutboundError> {
        self.body.collect(limit).await
    }
}

/// Holds what a fetch gave.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each fetch, and it is taken apart at once")]
pub(crate) enum Fetched {
    /// A document, or the body of an answer that is not a success.
    New {
        body: Bytes,
        etag: Option<String>,
        content_type: Option<String>,
        status: StatusCode,
        /// Where the last redirect led.
        url: TargetUrl,
    },
    /// The document is what its `etag` says.
    NotModified,
}
