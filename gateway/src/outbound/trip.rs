//! One call on its way: what is sent at the next hop, and what must not be sent there.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use http_body_util::Full;
use lobe_plugin_sdk::serve::SigningKey;
use tokio::time::Instant;

use super::coding;
use super::message::{Outgoing, Trust};
use super::policy::Hop;
use super::url::{Origin, TargetUrl};

const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("lobe-gateway/", env!("CARGO_PKG_VERSION")));
const NOTHING: HeaderValue = HeaderValue::from_static("0");
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// Holds a call between two hops.
#[derive(Debug)]
pub(super) struct Trip {
    pub(super) method: Method,
    pub(super) url: TargetUrl,
    /// Where an answer leads, until the call goes there.
    pub(super) led_to: Option<TargetUrl>,
    headers: HeaderMap,
    body: Bytes,
    pub(super) trust: Trust,
    pub(super) hop: Hop,
    pub(super) deadline: Instant,
    confined_to: Option<Arc<[Origin]>>,
    /// By what requests are signed, until the call leaves the origin that it was for.
    signing: Option<SigningKey>,
}

impl Trip {
    /// Sets out. The call ends at `latest`, or when its own deadline comes.
    pub(super) fn new(request: Outgoing, latest: Instant, signing: Option<SigningKey>) -> Self {
        let mut headers = request.headers;
        headers.iter_mut().for_each(|(name, value)| value.set_sensitive(is_sensitive(name)));
        headers.entry(header::USER_AGENT).or_insert(USER_AGENT);
        headers.insert(header::ACCEPT_ENCODING, coding::ACCEPTED);
        headers.entry(header::ACCEPT).or_insert(ANYTHING);
        Self {
            method: request.method,
            url: request.url,
            led_to: None,
            headers,
            body: request.body,
            trust: request.trust,
            hop: if request.led { Hop::Redirected } else { Hop::Named },
            deadline: request.deadline.map_or(latest, |deadline| deadline.min(latest)),
            confined_to: request.confined_to,
            signing,
        }
    }

    /// Tells whether the call may go where it is about to go.
    pub(super) fn is_confined(&self) -> bool {
        self.confined_to.as_ref().is_none_or(|origins| origins.contains(self.url.origin()))
    }

    /// Turns to the next hop. What the caller sent along stays behind when the origin changes, and is not taken up again.
    pub(super) fn turn(&mut self, url: TargetUrl, hop: Hop) {
        if !self.url.origin().leads_to(url.origin()) {
            let ours = |name: &header::HeaderName| [header::ACCEPT, header::ACCEPT_ENCODING].contains(name);
            let foreign: Vec<_> = self.headers.keys().filter(|name| !ours(name)).cloned().collect();
            for name in foreign {
                self.headers.remove(name);
            }
            self.headers.insert(header::USER_AGENT, USER_AGENT);
            self.signing = None;
        }
        self.url = url;
        self.led_to = None;
        self.hop = hop;
    }

    /// Makes the request of this hop, with a signature of its own where it is signed.
    pub(super) fn request(&self) -> http::Request<Full<Bytes>> {
        let mut request = http::Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.url.uri().clone();
        *request.headers_mut() = self.headers.clone();
        if self.body.is_empty() && awaits_body(&self.method) {
            request.headers_mut().insert(header::CONTENT_LENGTH, NOTHING);
        }
        let signed =
            |key: &SigningKey| key.sign(&self.method, self.url.uri(), request.headers_mut(), &self.body);
        if let Some(Err(fault)) = self.signing.as_ref().map(signed) {
            // It goes unsigned, and whoever wants a signature refuses it.
            tracing::error!(%fault, "a request cannot be signed");
        }
        request
    }
}

/// Tells whether a request says that it has no body where it has none (RFC 9110, section 8.6): who expects one may ask for its
/// length else.
fn awaits_body(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(method)
}

/// Whatever a caller names can hold a secret; HTTP/2 must not index it, and no log show it.
fn is_sensitive(name: &header::HeaderName) -> bool {
    ![header::ACCEPT, header::CONTENT_TYPE, header::IF_NONE_MATCH].contains(name)
}
