//! Where an answer leads, and whether the call goes there (E8).
//!
//! A redirect that is not followed is judged all the same: what the policy refuses is refused (403) before it is found
//! that nobody would have gone there (502), so that a test of the policy cannot hide behind the other rule.

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::error::{OutboundError, Refusal, UpstreamFault};
use super::policy::{EgressPolicy, Hop};
use super::trip::Trip;
use super::url::{Scheme, TargetUrl, UrlFault};

/// Returns where an answer leads, and nothing for one that is no redirect: of another status, or without a `Location`, which is
/// an answer like any other.
pub(super) fn follow(
    policy: &EgressPolicy,
    trip: &mut Trip,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<TargetUrl>, OutboundError> {
    let keeps_method = match status.as_u16() {
        301..=303 => false,
        307 | 308 => true,
        _ => return Ok(None),
    };
    let Some(location) = locate(headers)? else { return Ok(None) };
    let url = resolve(&trip.url, location)?;
    trip.led_to = Some(url.clone());
    if trip.url.origin().scheme() == Scheme::Https && url.origin().scheme() == Scheme::Http {
        return Err(Refusal::Downgrade.into());
    }
    let trip = &*trip;
    policy.judge_url(&url, hop(trip, &url))?;
    let stays = keeps_method && trip.url.origin().leads_to(url.origin());
    if is_safe(&trip.method) || stays { Ok(Some(url)) } else { Err(UpstreamFault::Redirect.into()) }
}

/// Says how a redirect's target is come by: once another host has led away, nothing leads back.
pub(super) fn hop(trip: &Trip, url: &TargetUrl) -> Hop {
    if trip.url.origin().host() == url.origin().host() { trip.hop } else { Hop::Redirected }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Finds the one `Location` that there may be.
fn locate(headers: &HeaderMap) -> Result<Option<&HeaderValue>, UpstreamFault> {
    let mut locations = headers.get_all(header::LOCATION).iter();
    match (locations.next(), locations.next()) {
        (Some(location), None) if !location.is_empty() => Ok(Some(location)),
        (None, _) => Ok(None),
        _ => Err(UpstreamFault::Location),
    }
}

fn resolve(base: &TargetUrl, location: &HeaderValue) -> Result<TargetUrl, OutboundError> {
    let location = location.to_str().map_err(|_| Refusal::RedirectText)?;
    base.join(location).map_err(|fault| match fault {
        UrlFault::Unparsable => UpstreamFault::Location.into(),
        UrlFault::TooLong
        | UrlFault::Characters
        | UrlFault::Scheme
        | UrlFault::Authority
        | UrlFault::Port
        | UrlFault::Host
        | UrlFault::Relative => Refusal::RedirectText.into(),
    })
}
