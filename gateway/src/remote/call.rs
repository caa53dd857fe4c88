//! One call of a plugin's server, as LobeHub's gateway makes it: a POST of the arguments, byte for byte.
//!
//! Of what the caller sent only the arguments, the settings and the trace context travel on: never a token, a cookie, or
//! LobeChat's own authentication.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use lobe_plugin_sdk::protocol::SETTINGS_HEADER;
use lobe_plugin_sdk::{Call, PluginError, Reply};

use super::{header as settings_header, rehearsal, relay, trace};
use crate::lent::Lent;
use crate::outbound::{Outbound, Outgoing, TargetUrl, Trust, call_failed};

/// Where an operation is called, and by what.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) url: TargetUrl,
    pub(crate) trust: Trust,
    pub(crate) outbound: Outbound,
}

const SETTINGS: HeaderName = HeaderName::from_static(SETTINGS_HEADER);
const TEXT: HeaderValue = HeaderValue::from_static("text/plain;charset=UTF-8");
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// Calls the server and hands on what it answers.
pub(crate) async fn run(endpoint: Arc<Endpoint>, call: Call) -> Result<Reply, PluginError> {
    let lent = call.extensions().get::<Lent>().cloned();
    let outgoing = Outgoing {
        method: Method::POST,
        url: endpoint.url.clone(),
        headers: headers(&call),
        body: Bytes::copy_from_slice(call.arguments().text()),
        trust: endpoint.trust,
        deadline: None,
        led: false,
        confined_to: lent.as_ref().map(|lent| Arc::clone(&lent.origins)),
    };
    if let Some(request) = rehearsal::of(&call, &outgoing) {
        return request;
    }
    match endpoint.outbound.send(outgoing).await {
        Ok(answer) => relay::answer(answer, lent).await,
        Err(error) => Err(call_failed(error)),
    }
}

fn headers(call: &Call) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::ACCEPT, ANYTHING);
    headers.insert(SETTINGS, settings_header::settings(call.settings()));
    if !call.arguments().is_absent() {
        headers.insert(header::CONTENT_TYPE, TEXT);
    }
    trace::hand_on(call.headers(), &mut headers);
    headers
}
