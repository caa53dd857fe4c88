//! The door, against real little servers on this machine: what it lets through, and what it does not.

#![expect(clippy::disallowed_methods, reason = "a name server for tests listens on UDP")]

mod addresses;
mod answers;
mod dns;
mod h2;
mod kept;
mod name_server;
mod redirects;
mod script;
mod second_rule;
mod secure;
mod vectors;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use rustls::pki_types::CertificateDer;

use super::resolve::Resolver;
use super::tls::Tls;
use super::{EgressPolicy, Outbound, OutboundError, OutboundLimits, Outgoing, TargetUrl, Trust};

/// What a document is asked for as.
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// Bounds for tests that wait for one of them to be met. All others keep the defaults, so that a busy machine does not
/// fail them.
fn hasty() -> OutboundLimits {
    let soon = Duration::from_millis(500);
    OutboundLimits { connect: soon, head: soon, ..OutboundLimits::default() }
}

fn dev() -> EgressPolicy {
    EgressPolicy { dev: true, ..EgressPolicy::default() }
}

/// Builds a door for names that only `servers` know.
fn door(policy: EgressPolicy, limits: OutboundLimits, servers: &[SocketAddr]) -> Outbound {
    let resolver = Resolver::new(Some(servers.to_vec()), limits.connect);
    Outbound::with(policy, limits, resolver, Tls::new(Vec::new())).unwrap()
}

/// Builds a door that trusts one authority besides.
fn trusting(roots: Vec<CertificateDer<'static>>, limits: OutboundLimits, servers: &[SocketAddr]) -> Outbound {
    let resolver = Resolver::new(Some(servers.to_vec()), limits.connect);
    Outbound::with(dev(), limits, resolver, Tls::new(roots)).unwrap()
}

fn dev_door() -> Outbound {
    door(dev(), OutboundLimits::default(), &[])
}

fn target(url: &str) -> TargetUrl {
    TargetUrl::parse(url).unwrap_or_else(|fault| panic!("{url}: {fault}"))
}

/// Makes a call with settings, as most are.
fn call(url: &str) -> Outgoing {
    let mut headers = HeaderMap::new();
    headers.insert("x-lobe-plugin-settings", HeaderValue::from_static("{\"KEY\":\"marked\"}"));
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    Outgoing::new(Trust::Caller, Method::POST, target(url), headers, Bytes::from_static(b"{\"a\":1}"))
}

fn get(url: &str) -> Outgoing {
    Outgoing { method: Method::GET, body: Bytes::new(), ..call(url) }
}

/// Sends a call and reads its answer: status and body.
async fn outcome(door: &Outbound, request: Outgoing) -> Result<(u16, String), OutboundError> {
    let answer = door.send(request).await?;
    let status = answer.status.as_u16();
    let body = answer.whole(usize::MAX).await?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
