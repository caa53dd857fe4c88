//! What a resource server says of itself: where tokens for it come from, and which scopes there are
//! ([RFC 9728](https://www.rfc-editor.org/rfc/rfc9728)).

use std::borrow::Cow;
use std::fmt;

use axum::Router;
use axum::extract::{OriginalUri, Request};
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::json;

use crate::describe::BaseUrl;
use crate::serve::cors::Cors;

/// Where the metadata stand, before the resource's own path.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
/// The path of MCP, which clients take for a resource of its own.
const MCP: &str = "/mcp";

/// Describes this server to OAuth: its address, its authorization server, its scopes.
///
/// Clients ask for tokens for the URL that they were given: the server's own, that of its MCP endpoint, or that of one
/// plugin behind a gateway. A token is good for what lies at or below that URL, where `/mcp` at its end counts for all
/// that is served beside it.
#[derive(Clone, Debug)]
pub struct ProtectedResource {
    base: BaseUrl,
    issuer: String,
    scopes: Vec<String>,
}

/// Says that an authorization server's name is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoIssuer;

impl std::error::Error for NoIssuer {}

impl fmt::Display for NoIssuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "an issuer is a URL without a query, exactly as its tokens name it: `https://login.example.org`",
        )
    }
}

impl ProtectedResource {
    /// Describes the server at `base`, whose tokens `issuer` makes: exactly as the tokens name it.
    ///
    /// # Errors
    ///
    /// An issuer that is no `http` or `https` URL.
    pub fn new(base: BaseUrl, issuer: impl Into<String>) -> Result<Self, NoIssuer> {
        let issuer = issuer.into();
        BaseUrl::parse(&issuer).map_err(|_| NoIssuer)?;
        Ok(Self { base, issuer, scopes: Vec::new() })
    }

    /// Names the scopes there are. Clients ask for all of them when nobody chooses, so name few.
    #[must_use]
    pub fn with_scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Returns who makes its tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Makes the routes of the metadata, of the server as a whole and of whatever is served at a path of it.
    pub(super) fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let resource = self.clone();
        let metadata = get(async move |request: Request| resource.metadata(request.uri(), request.headers()))
            .options(async |request: Request| Cors::any().preflight(request.headers()));
        Router::new().route(WELL_KNOWN, metadata.clone()).route(&format!("{WELL_KNOWN}/{{*path}}"), metadata)
    }

    /// Writes the metadata of what is served at the path that stands after [`WELL_KNOWN`] (RFC 9728, section 2).
    fn metadata(&self, asked: &Uri, headers: &HeaderMap) -> Response {
        let path = asked.path().strip_prefix(WELL_KNOWN).unwrap_or_default();
        let mut metadata = json!({
            "resource": format!("{}{path}", self.base),
            "authorization_servers": [self.issuer],
            "bearer_methods_supported": ["header"],
        });
        if !self.scopes.is_empty() {
            metadata["scopes_supported"] = json!(self.scopes);
        }
        let mut response =
            ([(header::CONTENT_TYPE, "application/json")], metadata.to_string()).into_response();
        // For everybody: a client reads them before anybody knows it.
        Cors::any().mark(headers, response.headers_mut());
        response
    }

    /// Writes what a client without a token reads (RFC 9728, section 5.1): where the metadata of what it asked for stand. It is
    /// what a [`Credential`](super::Credential) of tokens has for a challenge.
    #[must_use]
    pub fn challenge(&self, asked: &Uri) -> HeaderValue {
        let scopes = if self.scopes.is_empty() { String::new() } else { scope(&self.scopes) };
        written(format!("Bearer {}{scopes}", self.place_of_metadata(asked)))
    }

    /// Writes what a client reads whose token lacks scopes (RFC 6750, section 3.1).
    pub(super) fn challenge_for(&self, asked: &Uri, scopes: &[Cow<'static, str>]) -> HeaderValue {
        let place = self.place_of_metadata(asked);
        written(format!("Bearer error=\"insufficient_scope\", {place}{}", scope(scopes)))
    }

    fn place_of_metadata(&self, asked: &Uri) -> String {
        let path = self.path(asked);
        let path = if path.split('/').any(|segment| segment == "mcp") { path } else { "" };
        format!("resource_metadata=\"{}{WELL_KNOWN}{path}\"", self.base)
    }

    /// Returns whether a token for `audience` is one for what was asked for (RFC 8707, section 2).
    #[must_use]
    pub fn is_meant_by(&self, audience: &str, asked: &Uri) -> bool {
        // Some clients and servers write a trailing slash, and others take it away.
        let audience = audience.trim_end_matches('/');
        let Some(covered) = audience.strip_prefix(self.base.as_str()) else { return false };
        is_below(covered.strip_suffix(MCP).unwrap_or(covered), self.path(asked))
    }

    /// Returns the path that was asked for, below this server's own; a proxy in front may have taken that off.
    fn path<'a>(&self, asked: &'a Uri) -> &'a str {
        let own = self.base.as_str().splitn(4, '/').nth(3).unwrap_or_default();
        let path = asked.path();
        let below = path.strip_prefix('/').and_then(|path| path.strip_prefix(own));
        below.filter(|below| !own.is_empty() && below.starts_with('/')).unwrap_or(path)
    }
}

/// Returns the URL of a request as it came, whatever router has taken its beginning off.
pub(super) fn asked(head: &Parts) -> &Uri {
    head.extensions.get::<OriginalUri>().map_or(&head.uri, |original| &original.0)
}

fn scope<T: AsRef<str>>(scopes: &[T]) -> String {
    let scopes: Vec<_> = scopes.iter().map(AsRef::as_ref).collect();
    format!(", scope=\"{}\"", scopes.join(" "))
}

/// Makes a header of a challenge. Neither a path nor a scope has what a header cannot.
fn written(challenge: String) -> HeaderValue {
    HeaderValue::try_from(challenge).unwrap_or(HeaderValue::from_static("Bearer"))
}

/// Returns whether a path is at or below another one.
fn is_below(above: &str, path: &str) -> bool {
    above.is_empty()
        || (above.starts_with('/')
            && path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource() -> ProtectedResource {
        let base = BaseUrl::parse("https://a.example/gw").unwrap();
        ProtectedResource::new(base, "https://login.example").unwrap().with_scopes(["read", "write"])
    }

    #[test]
    fn a_token_is_good_for_what_it_was_issued_for_and_below() {
        let check = |audience: &str, path: &str, expected: bool| {
            let asked = path.parse().unwrap();
            assert_eq!(resource().is_meant_by(audience, &asked), expected, "{audience} for {path}");
        };
        check("https://a.example/gw", "/api/gateway", true);
        check("https://a.example/gw/", "/api/gateway", true);
        check("https://a.example/gw/mcp", "/mcp", true);
        check("https://a.example/gw/mcp", "/gw/mcp", true);
        check("https://a.example/gw/mcp/", "/api/gateway", true);
        check("https://a.example/gw/mcp/reading", "/mcp/reading", true);
        check("https://a.example/gw/mcp/reading", "/mcp/writing", false);
        check("https://a.example/gw/mcp/reading", "/mcp", false);
        check("https://a.example/gw/plugins/a/mcp", "/plugins/a/mcp", true);
        check("https://a.example/gw/plugins/a/mcp", "/gw/plugins/a/mcp", true);
        check("https://a.example/gw/plugins/a/mcp", "/plugins/a/api/now", true);
        check("https://a.example/gw/plugins/a", "/plugins/a/mcp", true);
        check("https://a.example/gw/plugins/a/mcp", "/plugins/ab/mcp", false);
        check("https://a.example/gw/plugins/a/mcp", "/plugins/b/mcp", false);
        check("https://a.example/gw/plugins/a/mcp", "/mcp", false);
        check("https://a.example/gwx", "/mcp", false);
        check("https://a.example", "/mcp", false);
        check("https://a.example/", "/mcp", false);
        check("https://b.example/gw", "/mcp", false);
        check("", "/mcp", false);
        check("/mcp", "/mcp", false);
    }

    #[test]
    fn a_challenge_leads_to_the_metadata_of_what_was_asked_for() {
        let check = |path: &str, expected: &str| {
            assert_eq!(resource().challenge(&path.parse().unwrap()), expected);
        };
        let begin = "Bearer resource_metadata=\"https://a.example/gw/.well-known/oauth-protected-resource";
        check("/mcp", &format!("{begin}/mcp\", scope=\"read write\""));
        check("/gw/mcp/reading", &format!("{begin}/mcp/reading\", scope=\"read write\""));
        check("/plugins/a/mcp", &format!("{begin}/plugins/a/mcp\", scope=\"read write\""));
        check("/api/now", &format!("{begin}\", scope=\"read write\""));
        let lacking = resource().challenge_for(&"/mcp".parse().unwrap(), &["admin".into()]);
        let begin = begin.replace("Bearer", "Bearer error=\"insufficient_scope\",");
        assert_eq!(lacking, format!("{begin}/mcp\", scope=\"admin\""));
    }
}
