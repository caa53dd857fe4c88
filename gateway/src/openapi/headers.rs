//! Which headers an argument may set: not those that frame, route, forward or authenticate a request, nor those by which
//! clouds hand out credentials (rule O2).
//!
//! What proxies say of a caller is believed by the servers behind them: his address, who he is, which path he meant. A key
//! that a document declares as a parameter (`X-Api-Key`) is none of these: it is the service's own, and the caller's.

use http::HeaderName;

/// Names that no argument sets. `accept`, `authorization` and `content-type` OpenAPI itself ignores.
const CLOSED: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "client-ip",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "cookie2",
    "date",
    "expect",
    "fly-client-ip",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "max-forwards",
    "metadata",
    "origin",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "true-client-ip",
    "upgrade",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "x-google-metadata-request",
    "x-host",
    "x-http-host-override",
    "x-http-method",
    "x-http-method-override",
    "x-identity-header",
    "x-method-override",
    "x-originating-ip",
    "x-real-ip",
    "x-rewrite-url",
];
/// Beginnings of such names.
const CLOSED_FAMILIES: &[&str] = &[
    "cf-",
    "fastly-",
    "impersonate-",
    "mcp-",
    "metadata-",
    "proxy-",
    "sec-",
    "x-aliyun-ecs-metadata-",
    "x-amz-",
    "x-amzn-oidc-",
    "x-auth-request-",
    "x-aws-ec2-metadata-",
    "x-azure-",
    "x-envoy-",
    "x-forwarded-",
    "x-goog-authenticated-",
    "x-goog-iap-",
    "x-ibm-metadata-",
    "x-lobe-",
    "x-middleware-",
    "x-ms-client-principal",
    "x-original-",
    "x-remote-",
    "x-vault-",
];

/// Reads a header's name; nothing for one that is none, or that no argument may set.
pub(super) fn settable(name: &str) -> Option<HeaderName> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    let text = name.as_str();
    let closed = CLOSED.contains(&text) || CLOSED_FAMILIES.iter().any(|family| text.starts_with(family));
    (!closed).then_some(name)
}
