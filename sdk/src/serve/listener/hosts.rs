//! By which names a server may be asked for.
//!
//! A page on the internet can make its own name mean 127.0.0.1 (DNS rebinding), and then its browser takes a server on
//! this machine for that page's own. What gives it away is the name: the browser still asks for it.

use std::net::IpAddr;

use axum::http::uri::Authority;

/// Says by which hosts a server may be asked for. The default takes every one.
///
/// ```
/// use lobe_plugin_sdk::serve::ListenerHosts;
///
/// // A server that listens on 127.0.0.1:3400, behind a proxy on the same machine.
/// let hosts = ListenerHosts::loopback(3400).and("plugins.example.org");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerHosts(Option<Taken>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Taken {
    port: u16,
    named: Vec<String>,
}

impl ListenerHosts {
    /// Takes every host.
    #[must_use]
    pub const fn any() -> Self {
        Self(None)
    }

    /// Takes this machine's names alone: `localhost` and addresses such as 127.0.0.1 and `[::1]`, with this port.
    #[must_use]
    pub const fn loopback(port: u16) -> Self {
        Self(Some(Taken { port, named: Vec::new() }))
    }

    /// Takes one more host, with the port that it has or, without one, with any.
    #[must_use]
    pub fn and(mut self, host: &str) -> Self {
        if let Some(taken) = &mut self.0 {
            taken.named.push(host.to_ascii_lowercase());
        }
        self
    }

    /// Returns whether a request may ask for this host; `None` where it names none.
    pub(super) fn admit(&self, asked: Option<&Authority>) -> bool {
        let Self(Some(taken)) = self else { return true };
        let Some(asked) = asked else { return false };
        let (whole, host) = (asked.as_str().to_ascii_lowercase(), asked.host().to_ascii_lowercase());
        // Who names no port means that of the scheme, which stands in no request: of http, or of https where there is TLS.
        let is_port = asked.port_u16().map_or(matches!(taken.port, 80 | 443), |port| port == taken.port);
        let here = is_loopback(&host) && is_port;
        here || taken.named.iter().any(|named| *named == whole || *named == host)
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_here_by_a_trick_are_refused() {
        let hosts = ListenerHosts::loopback(3400).and("Plugins.example.org").and("other.example.org:8443");
        let check = |asked: &str, expected: bool| {
            assert_eq!(hosts.admit(Some(&asked.parse().unwrap())), expected, "{asked}");
        };
        for good in ["127.0.0.1:3400", "[::1]:3400", "localhost:3400", "LOCALHOST:3400", "127.8.8.8:3400"] {
            check(good, true);
        }
        for good in ["plugins.example.org", "plugins.example.org:80", "other.example.org:8443"] {
            check(good, true);
        }
        for bad in ["localhost", "127.0.0.1:3401", "localhost.:3400", "127.1:3400", "10.0.0.1:3400"] {
            check(bad, false);
        }
        for bad in ["localhost.evil.test:3400", "127.0.0.1.evil.test:3400", "other.example.org"] {
            check(bad, false);
        }
        for (port, expected) in [(80, true), (443, true), (3400, false)] {
            let asked = "localhost".parse().unwrap();
            assert_eq!(ListenerHosts::loopback(port).admit(Some(&asked)), expected, "{port}");
        }
        assert!(!hosts.admit(None));
        assert!(ListenerHosts::any().admit(None));
    }
}
