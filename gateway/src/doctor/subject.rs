//! Whom the examination is about: a server's address, however it was written, and the page that its clients are on.

use http::HeaderValue;

use crate::outbound::{TargetUrl, UrlFault};

/// What the documents of a plugin's server are called; any of them may have been pasted.
const KNOWN: [(&str, Asked); 5] = [
    ("/manifest.json", Asked::Manifest),
    ("/openapi.json", Asked::OpenApi),
    ("/openapi.yaml", Asked::OpenApi),
    ("/mcp", Asked::Mcp),
    ("/docs", Asked::Anything),
];
/// The name by which a container reaches the machine that it runs on.
const HOST_OF_CONTAINERS: &str = "host.docker.internal";

/// Names a server, and whoever asks.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    base: TargetUrl,
    asked: Asked,
    /// The URL as it was typed, where that is none of the documents that are known.
    typed: TargetUrl,
    /// The address that was written, where it is none that can be called.
    written: Option<&'static str>,
    /// The origin of LobeChat's page.
    page: String,
    /// Whether clients run in containers on this machine.
    in_containers: bool,
}

/// Says what of a server is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Whatever it offers.
    Anything,
    Manifest,
    OpenApi,
    Mcp,
}

impl Subject {
    /// Reads the address of a server or of one of its documents.
    pub(crate) fn parse(address: &str, page: String, in_containers: bool) -> Result<Self, UrlFault> {
        let address = address.split(['?', '#']).next().unwrap_or_default();
        let typed = TargetUrl::parse(address)?;
        let written = match typed.origin().host().to_string().as_str() {
            "0.0.0.0" => Some("0.0.0.0"),
            "[::]" => Some("[::]"),
            _ => None,
        };
        let callable = written
            .map_or_else(|| address.to_owned(), |host| address.replacen(host, loopback_beside(host), 1));
        let known = KNOWN
            .iter()
            .find_map(|(document, asked)| Some((callable.strip_suffix(document)?, *asked)))
            .unwrap_or((&callable, Asked::Anything));
        let (base, typed) = (TargetUrl::parse(known.0)?, TargetUrl::parse(&callable)?);
        Ok(Self { base, asked: known.1, typed, written, page, in_containers })
    }

    /// Returns the address that was written, where it is none that can be called.
    pub(super) fn written_otherwise(&self) -> Option<&'static str> {
        self.written
    }

    /// Returns whether the URL names the manifest, so that a server without one is at fault.
    pub(super) fn asks_for_manifest(&self) -> bool {
        self.asked == Asked::Manifest
    }

    pub(super) fn asks_for_mcp(&self) -> bool {
        self.asked == Asked::Mcp
    }

    pub(super) fn asks_for_openapi(&self) -> bool {
        self.asked == Asked::OpenApi
    }

    /// Returns whether the URL names nothing in particular.
    pub(super) fn asks_for_anything(&self) -> bool {
        self.asked == Asked::Anything
    }

    /// Returns where MCP may be spoken: at the usual path, or at the very address that was typed.
    pub(super) fn mcp_urls(&self) -> Vec<String> {
        let usual = self.below("/mcp");
        let is_other = self.asked == Asked::Anything && self.typed.uri().path() != "/";
        if is_other { vec![usual, self.typed.as_str().to_owned()] } else { vec![usual] }
    }

    /// Returns whether clients run in containers on this machine.
    pub(super) fn is_for_containers(&self) -> bool {
        self.in_containers
    }

    /// Returns the URL of a path of the server.
    pub(super) fn below(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }

    pub(super) fn url(&self, path: &str) -> Result<TargetUrl, UrlFault> {
        TargetUrl::parse(&self.below(path))
    }

    pub(super) fn page(&self) -> &str {
        &self.page
    }

    pub(super) fn origin(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(&self.page).ok()
    }

    /// Returns the server's host and port.
    pub(crate) fn authority(&self) -> String {
        let origin = self.base.origin();
        format!("{}:{}", origin.host(), origin.port())
    }

    /// Returns the server's host.
    pub(super) fn host(&self) -> String {
        self.base.origin().host().to_string()
    }

    pub(super) fn base(&self) -> &TargetUrl {
        &self.base
    }

    /// Returns whether it is reached over a name or an address of this machine's own.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// Returns the host and port by which a container on this machine reaches it.
    pub(super) fn authority_inside_container(&self) -> String {
        format!("{HOST_OF_CONTAINERS}:{}", self.base.origin().port())
    }

    /// Returns a URL of the server as a container on this machine reaches it, where that is another one.
    pub(super) fn inside_container(&self, url: &str) -> Option<String> {
        let authority = self.base.origin().authority();
        let authority = if url.contains(&authority) { authority } else { self.host() };
        self.is_loopback().then(|| url.replacen(&authority, &self.authority_inside_container(), 1))
    }
}

/// Returns by which address this machine calls what listens on all of its addresses.
fn loopback_beside(unspecified: &str) -> &'static str {
    if unspecified == "[::]" { "[::1]" } else { "127.0.0.1" }
}

/// Returns whether a URL leads to this machine, for whoever is on it.
pub(super) fn is_loopback(url: &TargetUrl) -> bool {
    let host = url.origin().host().to_string();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    address
        .map_or_else(|_| host == "localhost" || host.ends_with(".localhost"), |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(address: &str) -> Subject {
        Subject::parse(address, "http://localhost:3210".to_owned(), false).unwrap()
    }

    #[test]
    fn any_of_the_addresses_will_do() {
        let check = |address: &str, expected: &str, asked: Asked| {
            let subject = subject(address);
            assert_eq!((&*subject.below("/mcp"), subject.asked), (expected, asked));
        };
        check("http://127.0.0.1:3400", "http://127.0.0.1:3400/mcp", Asked::Anything);
        check("http://127.0.0.1:3400/", "http://127.0.0.1:3400/mcp", Asked::Anything);
        check("http://127.0.0.1:3400/mcp", "http://127.0.0.1:3400/mcp", Asked::Mcp);
        let long = "https://a.example/plugins/x/manifest.json?mode=openapi";
        check(long, "https://a.example/plugins/x/mcp", Asked::Manifest);
        check("http://0.0.0.0:3400/openapi.json", "http://127.0.0.1:3400/mcp", Asked::OpenApi);
        assert_eq!(subject("http://[::]:3400").below(""), "http://[::1]:3400");
    }

    #[test]
    fn mcp_may_be_spoken_where_it_was_typed() {
        let check = |address: &str, expected: &[&str]| assert_eq!(subject(address).mcp_urls(), expected);
        check("https://a.example", &["https://a.example/mcp"]);
        check("https://a.example/mcp", &["https://a.example/mcp"]);
        check(
            "https://a.example/v1/tools",
            &["https://a.example/v1/tools/mcp", "https://a.example/v1/tools"],
        );
    }

    #[test]
    fn a_container_finds_this_machine_by_another_name() {
        let check = |address: &str, expected: Option<&str>| {
            let subject = subject(address);
            assert_eq!(subject.inside_container(&subject.below("/mcp")).as_deref(), expected);
        };
        check("http://127.0.0.1:3400", Some("http://host.docker.internal:3400/mcp"));
        check("http://localhost:3400", Some("http://host.docker.internal:3400/mcp"));
        check("http://[::1]:3400", Some("http://host.docker.internal:3400/mcp"));
        check("http://localhost", Some("http://host.docker.internal:80/mcp"));
        check("https://plugins.example.org", None);
    }
}
