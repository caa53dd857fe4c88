//! Which ports a plugin may be served at (E6).

/// Ports from 1024 up that browsers refuse, from the list of bad ports of <https://fetch.spec.whatwg.org/#port-blocking>
/// (read 2025-10). Below 1024 only 80 and 443 are open, so the rest of the list falls out.
const BLOCKED: &[u16] = &[
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679,
    6697, 10080,
];

/// Tells whether a port is one that anybody may name.
pub(super) fn is_open(port: u16) -> bool {
    matches!(port, 80 | 443 | 1024..) && !BLOCKED.contains(&port)
}
