//! Which headers an argument may set: not those that frame, route, forward or authenticate a request, nor those by which
//! clouds hand out credentials (rule O2).

use http::HeaderName;

/// Names that no argument sets. `accept`, `authorization` and `content-type` OpenAPI itself ignores.
const CLOSED: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "cookie2",
    "date",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "max-forwards",
    "metadata",
    "metadata-flavor",
    "origin",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded",
    "x-google-metadata-request",
    "x-host",
    "x-http-host-override",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-host",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
];
/// Beginnings of such names.
const CLOSED_FAMILIES: &[&str] = &["proxy-", "sec-", "x-aws-ec2-metadata-", "x-forwarded-", "x-lobe-"];

/// Reads a header's name; nothing for one that is none, or that no argument may set.
pub(super) fn settable(name: &str) -> Option<HeaderName> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    let text = name.as_str();
    let closed = CLOSED.contains(&text) || CLOSED_FAMILIES.iter().any(|family| text.starts_with(family));
    (!closed).then_some(name)
}
