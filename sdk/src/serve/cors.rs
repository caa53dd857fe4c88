//! Which web pages may talk to us, and how a browser is told.
//!
//! LobeChat 1.x calls from the browser: it fetches manifest and OpenAPI document with plain `GET`s, and posts to the
//! gateway with three headers of its own, so a preflight comes first. A page that was not invited is refused before
//! anything runs: a `text/plain` POST needs no preflight, so the missing permission to read the answer would come
//! too late.

use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

const METHODS: HeaderValue = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");
const VARY_ANY: HeaderValue = HeaderValue::from_static("Access-Control-Request-Headers");
const VARY_LISTED: HeaderValue = HeaderValue::from_static("Origin, Access-Control-Request-Headers");
/// The one answer header that LobeChat reads.
const EXPOSED: HeaderValue = HeaderValue::from_static("X-lobe-chat-trace-id");
const YES: HeaderValue = HeaderValue::from_static("true");

/// What a browser asks before a page from the internet may reach a private address, and the answer that allows it:
/// the name that Chrome has used since 2021, and the one of the draft that replaces it.
const NETWORK_ACCESS: [(&str, &str); 2] = [
    ("access-control-request-private-network", "access-control-allow-private-network"),
    ("access-control-request-local-network", "access-control-allow-local-network"),
];

/// Says which origins may call from a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    any: bool,
    loopback: bool,
    listed: Vec<String>,
}

impl Cors {
    /// Invites nobody: what a server to servers needs.
    #[must_use]
    pub const fn closed() -> Self {
        Self { any: false, loopback: false, listed: Vec::new() }
    }

    /// Invites every page. Right for public documents, and what LobeHub's own gateway does for calls.
    #[must_use]
    pub const fn any() -> Self {
        Self { any: true, loopback: false, listed: Vec::new() }
    }

    /// Invites pages that come from this very machine: what a developer needs.
    #[must_use]
    pub const fn loopback() -> Self {
        Self { any: false, loopback: true, listed: Vec::new() }
    }

    /// Invites one more origin, such as `https://chat.example.org`; `*` invites all.
    #[must_use]
    pub fn and(mut self, origin: &str) -> Self {
        match origin.trim_end_matches('/') {
            "*" => self.any = true,
            origin => self.listed.push(origin.to_ascii_lowercase()),
        }
        self
    }

    /// Returns whether a request may be answered: it comes from no page, from a page of ours, or from one invited.
    #[must_use]
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        self.any || self.invites(origin) || is_own(origin, headers)
    }

    /// Returns whether every page is invited.
    #[must_use]
    pub fn invites_all(&self) -> bool {
        self.any
    }

    /// Answers a preflight.
    #[must_use]
    pub fn preflight(&self, request: &HeaderMap) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(header::VARY, if self.any { VARY_ANY } else { VARY_LISTED });
        if !self.admits(request) {
            return response;
        }
        self.mark(request, headers);
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        let asked = request.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS).iter();
        for allowed in asked.filter(|asked| !asked.is_empty()) {
            headers.append(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed.clone());
        }
        for (asked, allowed) in NETWORK_ACCESS {
            if request.get(asked) == Some(&YES) {
                headers.insert(HeaderName::from_static(allowed), YES);
            }
        }
        response
    }

    /// Puts on an answer what lets the page read it.
    pub fn mark(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        if self.any {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            return;
        }
        if !answer.contains_key(header::VARY) {
            answer.insert(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = request.get(header::ORIGIN).filter(|origin| self.invites(origin)) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }

    fn invites(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        // Browsers write origins in small letters, and whatever writes them otherwise is none.
        (self.loopback && is_loopback(origin)) || self.listed.iter().any(|listed| listed == origin)
    }
}

/// Returns whether a request is a preflight.
#[must_use]
pub(super) fn is_preflight(method: &Method) -> bool {
    *method == Method::OPTIONS
}

/// Returns whether the page was served by this very host, as the documentation page is.
fn is_own(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, rest)| rest);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    authority.is_some() && authority == host
}

fn is_loopback(origin: &str) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    let Some(host) = uri.host() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(origin: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:3400"));
        if !origin.is_empty() {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn who_is_admitted() {
        let check = |cors: &Cors, origin: &str, expected| {
            assert_eq!(cors.admits(&from(origin)), expected, "{origin}")
        };
        let loopback = Cors::loopback().and("https://chat.example.org/");
        check(&loopback, "", true);
        check(&loopback, "http://localhost:3210", true);
        check(&loopback, "http://127.0.0.1:3210", true);
        check(&loopback, "http://[::1]:3210", true);
        check(&loopback, "https://chat.example.org", true);
        check(&loopback, "https://chat.example.org.evil.test", false);
        check(&loopback, "http://localhost.evil.test", false);
        check(&loopback, "http://127.0.0.1.evil.test", false);
        check(&loopback, "null", false);
        check(&Cors::closed(), "", true);
        check(&Cors::closed(), "http://127.0.0.1:3400", true);
        check(&Cors::closed(), "http://localhost:3210", false);
        check(&Cors::closed().and("*"), "https://anybody.test", true);
    }

    #[test]
    fn the_preflight_of_the_real_client() {
        let mut request = from("http://127.0.0.1:3210");
        let asked = "x-lobe-chat-auth,x-lobe-plugin-settings,x-lobe-trace";
        request.insert(header::ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static(asked));
        request.insert("access-control-request-private-network", YES);
        let answer = Cors::loopback().preflight(&request);
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(answer.headers()["access-control-allow-origin"], "http://127.0.0.1:3210");
        assert_eq!(answer.headers()["access-control-allow-headers"], asked);
        assert_eq!(answer.headers()["access-control-allow-private-network"], "true");
        let refused = Cors::loopback().preflight(&from("https://evil.test"));
        assert_eq!(refused.headers().keys().collect::<Vec<_>>(), ["vary"]);
    }
}
