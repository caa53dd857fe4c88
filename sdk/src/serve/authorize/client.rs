//! Whose address a request comes from, when proxies stand between.

use std::net::IpAddr;

use axum::http::request::Parts;
use ipnet::IpNet;

use crate::serve::listener::Peer;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Names the proxies whose word about a client's address is believed.
///
/// Anybody can write `X-Forwarded-For`, so only what a named proxy appended to it counts: it is read from its end, and
/// the first address that is no such proxy is the client's. `Forwarded` and `X-Real-IP` are not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Believes the proxies of these networks.
    #[must_use]
    pub fn of(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self(networks.into_iter().collect())
    }

    /// Returns the client's address; `None` where nobody knows who opened the connection.
    pub(super) fn client(&self, head: &Parts) -> Option<IpAddr> {
        let Peer(peer) = *head.extensions.get::<Peer>()?;
        let peer = peer.to_canonical();
        if !self.are_believed(peer) {
            return Some(peer);
        }
        let values = head.headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
        let mut nearest = peer;
        for hop in hops.iter().rev() {
            let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
            nearest = address.to_canonical();
            if !self.are_believed(nearest) {
                break;
            }
        }
        Some(nearest)
    }

    fn are_believed(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn only_named_proxies_are_believed() {
        let check = |proxies: &[&str], peer: &str, forwarded: &[&str], expected: &str| {
            let mut request = Request::new(());
            request.extensions_mut().insert(Peer(peer.parse().unwrap()));
            for value in forwarded {
                request.headers_mut().append(FORWARDED_FOR, value.parse().unwrap());
            }
            let proxies = Proxies::of(proxies.iter().map(|network| network.parse().unwrap()));
            let client = proxies.client(&request.into_parts().0);
            assert_eq!(client, Some(expected.parse().unwrap()), "{proxies:?} {peer} {forwarded:?}");
        };
        check(&[], "192.0.2.1", &["203.0.113.9"], "192.0.2.1");
        check(&["10.0.0.0/8"], "192.0.2.1", &["203.0.113.9"], "192.0.2.1");
        check(&["10.0.0.0/8"], "10.1.1.1", &["203.0.113.9"], "203.0.113.9");
        check(&["10.0.0.0/8"], "::ffff:10.1.1.1", &["203.0.113.9, 10.2.2.2"], "203.0.113.9");
        check(&["10.0.0.0/8"], "10.1.1.1", &["198.51.100.7, 203.0.113.9"], "203.0.113.9");
        check(&["10.0.0.0/8"], "10.1.1.1", &["198.51.100.7", "203.0.113.9, 10.3.3.3"], "203.0.113.9");
        check(&["10.0.0.0/8"], "10.1.1.1", &["nonsense"], "10.1.1.1");
        check(&["10.0.0.0/8"], "10.1.1.1", &[], "10.1.1.1");
    }
}
