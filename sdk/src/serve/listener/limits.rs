//! What connections may cost. What one request may cost stands in [`Limits`](crate::serve::Limits).

use std::time::Duration;

/// Bounds what strangers can make a listener hold. Every field has its default in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenerLimits {
    /// The most open connections; more are closed at once. 10,000.
    pub connections: usize,
    /// The most open connections of one address, or of one /64 of IPv6; more are closed at once. 256. Behind a proxy
    /// all of them come from one address.
    pub connections_per_address: usize,
    /// How long the head of a request may take, and the first one may be waited for. The connection is then closed.
    /// 10 s.
    pub head_time: Duration,
    /// How long a connection may be idle between two requests. 60 s.
    pub keep_alive: Duration,
    /// How long a client may take nothing of an answer. 30 s.
    pub send_time: Duration,
    /// The most bytes of a request's head: 431. 64 KiB. HTTP/1.1 needs at least 8 KiB.
    pub head: usize,
    /// The most headers of a request: 431. 100.
    pub headers: usize,
    /// The most bytes of a request's target, which is path and query: 414. 8 KiB.
    pub target: usize,
    /// The most streams of one HTTP/2 connection. 100.
    pub streams: u32,
    /// How long new connections are still taken after [`Shutdown::Orderly`](crate::serve::Shutdown). 4.5 s, so that a
    /// server with nothing left to do has ended within 5.
    pub drain_accept: Duration,
    /// How long running calls have after the signal, that time included. 25 s: Kubernetes kills after 30.
    pub drain: Duration,
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 256,
            head_time: Duration::from_secs(10),
            keep_alive: Duration::from_secs(60),
            send_time: Duration::from_secs(30),
            head: 64 << 10,
            headers: 100,
            target: 8 << 10,
            streams: 100,
            drain_accept: Duration::from_millis(4500),
            drain: Duration::from_secs(25),
        }
    }
}
