//! The one door out: whatever the gateway asks of another machine goes through here, and nothing else opens a connection.
//!
//! Whom it may call is decided three times, each where it cannot be gone around: the text of a URL when it becomes a
//! [`TargetUrl`], name, port and scheme before a request is sent, and every address where its socket is opened.

mod address;
mod body;
mod coding;
mod connect;
mod error;
mod exchange;
mod hosts;
mod limits;
mod line;
mod message;
mod name;
mod policy;
mod port;
mod redirect;
mod refusals;
mod resolve;
mod tls;
mod trip;
mod url;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use lobe_plugin_sdk::serve::SigningKey;
use tokio::time::Instant;

use body::Bounds;
use coding::Coding;
use connect::Means;
use exchange::Pools;
use hosts::Hosts;
use policy::Hop;
use refusals::Refusals;
use resolve::Resolver;
use tls::Tls;
use trip::Trip;

pub(crate) use body::AnswerBody;
pub(crate) use error::{OutboundError, Refusal, UpstreamFault, call_failed};
pub use limits::OutboundLimits;
pub(crate) use message::{Answer, Fetched, Outgoing, Trust};
pub use policy::EgressPolicy;
pub(crate) use policy::PolicyError;
#[cfg(fuzzing)]
pub(crate) use url::Host;
pub(crate) use url::{Origin, Scheme, TargetUrl, UrlFault, is_url};

/// The door. Cloning it is cheap, and clones share connections, bounds and counters.
#[derive(Clone, Debug)]
pub(crate) struct Outbound(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    policy: Arc<EgressPolicy>,
    limits: OutboundLimits,
    pools: Pools,
    hosts: Arc<Hosts>,
    refusals: Arc<Refusals>,
    resolver: Arc<Resolver>,
    tls: Arc<Tls>,
    /// By what requests are signed.
    signing: Option<SigningKey>,
}

impl Outbound {
    /// Builds the door. How this machine resolves names and whom it trusts are read when they are first needed;
    /// environment proxies are not looked at.
    pub(crate) fn new(policy: EgressPolicy, limits: OutboundLimits) -> Result<Self, PolicyError> {
        let resolver = Resolver::new(None, limits.connect);
        let extra = match &policy.extra_roots[..] {
            [] => Vec::new(),
            pem => tls::certificates(pem).ok_or(PolicyError::Roots)?,
        };
        Self::with(policy, limits, resolver, Tls::new(extra))
    }

    /// Makes a door for one plugin: what `policy` opens besides is open to it alone. Connections are its own; what is
    /// counted, how names are resolved and whom the machine trusts are shared. With a key every request is signed.
    pub(crate) fn beside(
        &self,
        policy: EgressPolicy,
        limits: OutboundLimits,
        signing: Option<SigningKey>,
    ) -> Result<Self, PolicyError> {
        policy.check()?;
        let Shared { hosts, refusals, resolver, tls, .. } = &*self.0;
        let counts = (Arc::clone(hosts), Arc::clone(refusals));
        Ok(Self::assembled(policy, limits, (Arc::clone(resolver), Arc::clone(tls)), counts, signing))
    }

    fn with(
        policy: EgressPolicy,
        limits: OutboundLimits,
        resolver: Resolver,
        tls: Tls,
    ) -> Result<Self, PolicyError> {
        policy.check()?;
        let own = (Arc::new(resolver), Arc::new(tls));
        Ok(Self::assembled(policy, limits, own, Default::default(), None))
    }

    fn assembled(
        policy: EgressPolicy,
        limits: OutboundLimits,
        (resolver, tls): (Arc<Resolver>, Arc<Tls>),
        (hosts, refusals): (Arc<Hosts>, Arc<Refusals>),
        signing: Option<SigningKey>,
    ) -> Self {
        let policy = Arc::new(policy);
        let means = Means {
            policy: Arc::clone(&policy),
            resolver: Arc::clone(&resolver),
            tls: Arc::clone(&tls),
            timeout: limits.connect,
        };
        let pools = Pools::new(&Arc::new(means), &limits);
        Self(Arc::new(Shared { policy, limits, pools, hosts, refusals, resolver, tls, signing }))
    }

    /// Sends one call to a plugin's server. The head of the answer is judged, its body streams.
    ///
    /// GET and HEAD follow redirects; other methods only 307 and 308 within their origin, and other redirects of
    /// theirs are 502. Any other status passes.
    pub(crate) async fn send(&self, request: Outgoing) -> Result<Answer, OutboundError> {
        let mut trip = self.trip(request);
        let bytes = self.0.limits.answer;
        self.travel(&mut trip, bytes).await.inspect_err(|error| self.note(error, &trip))
    }

    /// Gets a document, without credentials, over at most three redirects, whole. With `etag` it may be not modified.
    pub(crate) async fn fetch(
        &self,
        url: &TargetUrl,
        trust: Trust,
        accept: &HeaderValue,
        etag: Option<&str>,
    ) -> Result<Fetched, OutboundError> {
        let mut trip = self.trip(document(url, trust, accept, etag));
        let fetched = self.read_document(&mut trip, etag.is_some()).await;
        fetched.inspect_err(|error| self.note(error, &trip))
    }

    /// Judges a target as far as that goes without a lookup: what the operator names can be refused before anybody calls.
    pub(crate) fn judge(&self, url: &TargetUrl) -> Result<(), Refusal> {
        self.0.policy.judge_url(url, Hop::Named)
    }

    /// Returns whether a URL leads into a network of somebody's own by its very text: an address that is not public, or a
    /// name that is never looked up.
    pub(crate) fn is_inner(&self, url: &TargetUrl) -> bool {
        self.0.policy.is_inner(url.origin())
    }

    pub(crate) fn policy(&self) -> &EgressPolicy {
        &self.0.policy
    }

    /// Returns how often a target was refused, by reason: `egress_refused_total{reason}`.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.refusals.read()
    }

    /// Counts refusals together with another door, which this one takes the place of.
    pub(crate) fn count_in(&self, other: &Self) {
        self.0.refusals.count_in(&other.0.refusals);
    }

    fn trip(&self, request: Outgoing) -> Trip {
        Trip::new(request, Instant::now() + self.0.limits.total, self.0.signing.clone())
    }

    fn note(&self, error: &OutboundError, trip: &Trip) {
        if let OutboundError::Refused(refusal) = error {
            self.0.refusals.count(*refusal, trip);
        }
    }

    /// Goes from hop to hop until an answer leads no further.
    async fn travel(&self, trip: &mut Trip, bytes: usize) -> Result<Answer, OutboundError> {
        for _ in 0..=self.0.limits.redirects {
            let answer = self.visit(trip, bytes).await?;
            let next = redirect::follow(&self.0.policy, trip, answer.status, &answer.headers)?;
            let Some(url) = next else { return Ok(answer) };
            let hop = redirect::hop(trip, &url);
            trip.turn(url, hop);
        }
        Err(UpstreamFault::TooManyRedirects.into())
    }

    /// Makes one hop: one request, one answer, whose body is of at most `bytes` when it is a success.
    async fn visit(&self, trip: &Trip, bytes: usize) -> Result<Answer, OutboundError> {
        let Shared { policy, limits, pools, hosts, .. } = &*self.0;
        if !trip.is_confined() {
            return Err(Refusal::Confined.into());
        }
        policy.judge_url(&trip.url, trip.hop)?;
        let permit = hosts.begin(trip.url.origin(), limits.per_host).ok_or(OutboundError::Busy)?;
        let (mut head, incoming) = pools.exchange(trip, limits).await?.into_parts();
        let progress = head.extensions.remove().unwrap_or_default();
        let coding = Coding::of(&head.headers)?;
        let bytes = if head.status.is_success() { bytes } else { limits.error_answer };
        let bounds = Bounds { bytes, idle: limits.body_idle, deadline: trip.deadline, progress };
        let body = AnswerBody::new(incoming, coding, bounds, permit);
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    async fn read_document(&self, trip: &mut Trip, conditional: bool) -> Result<Fetched, OutboundError> {
        let answer = self.travel(trip, self.0.limits.document).await?;
        if answer.status == StatusCode::NOT_MODIFIED && conditional {
            return Ok(Fetched::NotModified);
        }
        if answer.status.is_redirection() {
            return Err(UpstreamFault::Redirect.into());
        }
        let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (etag, content_type) = (text(header::ETAG), text(header::CONTENT_TYPE));
        let status = answer.status;
        let body = answer.whole(self.0.limits.document).await?;
        Ok(Fetched::New { body, etag, content_type, status, url: trip.url.clone() })
    }
}

/// Makes the request for a document.
fn document(url: &TargetUrl, trust: Trust, accept: &HeaderValue, etag: Option<&str>) -> Outgoing {
    let etag = etag.and_then(|etag| HeaderValue::from_str(etag).ok());
    let accept = Some((header::ACCEPT, accept.clone()));
    let headers: HeaderMap =
        accept.into_iter().chain(etag.map(|etag| (header::IF_NONE_MATCH, etag))).collect();
    Outgoing::new(trust, Method::GET, url.clone(), headers, Bytes::new())
}

#[cfg(test)]
mod tests;
