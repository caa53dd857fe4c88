//! Whom the examination is about: a server's address, however it was written, and the page that its clients are on.

use http::HeaderValue;

use crate::outbound::{TargetUrl, UrlFault};

/// What the documents of a plugin's server are called; any of them may have been pasted.
const KNOWN: [&str; 5] = ["/manifest.json", "/openapi.json", "/openapi.yaml", "/mcp", "/docs"];
/// The name by which a container reaches the machine that it runs on.
const HOST_OF_CONTAINERS: &str = "host.docker.internal";

/// Names a server, and whoever asks.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    base: TargetUrl,
    /// The origin of LobeChat's page.
    page: String,
}

impl Subject {
    /// Reads the address of a server or of one of its documents.
    pub(crate) fn parse(address: &str, page: String) -> Result<Self, UrlFault> {
        let address = address.split(['?', '#']).next().unwrap_or_default();
        let base = KNOWN.iter().find_map(|known| address.strip_suffix(known)).unwrap_or(address);
        Ok(Self { base: TargetUrl::parse(base)?, page })
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

    /// Returns whether it is reached over a name or an address of this machine's own.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// Returns the host and port by which a container on this machine reaches it.
    pub(super) fn authority_inside_container(&self) -> String {
        format!("{HOST_OF_CONTAINERS}:{}", self.base.origin().port())
    }

    /// Returns the URL by which a container on this machine reaches what is reached here by a loopback address.
    pub(super) fn inside_container(&self, path: &str) -> Option<String> {
        let outside = self.below(path);
        self.is_loopback().then(|| outside.replacen(&self.authority(), &self.authority_inside_container(), 1))
    }
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
        Subject::parse(address, "http://localhost:3210".to_owned()).unwrap()
    }

    #[test]
    fn any_of_the_addresses_will_do() {
        let check = |address: &str, expected: &str| assert_eq!(subject(address).below("/mcp"), expected);
        check("http://127.0.0.1:3400", "http://127.0.0.1:3400/mcp");
        check("http://127.0.0.1:3400/", "http://127.0.0.1:3400/mcp");
        check("http://127.0.0.1:3400/mcp", "http://127.0.0.1:3400/mcp");
        check("https://a.example/plugins/x/manifest.json?mode=openapi", "https://a.example/plugins/x/mcp");
    }

    #[test]
    fn a_container_finds_this_machine_by_another_name() {
        let check = |address: &str, expected: Option<&str>| {
            assert_eq!(subject(address).inside_container("/mcp").as_deref(), expected);
        };
        check("http://127.0.0.1:3400", Some("http://host.docker.internal:3400/mcp"));
        check("http://localhost:3400", Some("http://host.docker.internal:3400/mcp"));
        check("http://[::1]:3400", Some("http://host.docker.internal:3400/mcp"));
        check("https://plugins.example.org", None);
    }
}
