//! What one call out may cost: every bound of the door, and where it stands when nobody turned it.

use std::time::Duration;

/// Bounds what one call to a plugin's server may cost.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OutboundLimits {
    /// The time for a connection, resolving the name and TLS included. 5 seconds.
    pub connect: Duration,
    /// The time from sending a request to the head of its answer, connecting included. 10 seconds.
    pub head: Duration,
    /// The time between two pieces of a body. 10 seconds.
    pub body_idle: Duration,
    /// The time for a call, redirects and body included. 30 seconds.
    pub total: Duration,
    /// The size of an answer's head, in bytes. 64 KiB; less than 8 KiB counts as 8 KiB.
    pub head_bytes: usize,
    /// How many headers an answer may have. 100.
    pub headers: usize,
    /// How many interim answers (`100 Continue`, `103 Early Hints`) may come before the last one. 16.
    pub interim_answers: usize,
    /// The size of an answer's body, decoded, in bytes. 8 MiB.
    pub answer: usize,
    /// The size of the body of an answer that is not a success, decoded, in bytes. 64 KiB.
    pub error_answer: usize,
    /// The size of a fetched document, decoded, in bytes. 5 MiB.
    pub document: usize,
    /// How many redirects one call follows. 3.
    pub redirects: usize,
    /// How many calls to one host may be under way. 128; over HTTP/1.1 each has a connection.
    pub per_host: usize,
    /// How many connections to one host are kept open for the next call. 32.
    pub idle_per_host: usize,
    /// How long a connection is kept open without a call. 60 seconds.
    pub keep_alive: Duration,
}

impl Default for OutboundLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            head: Duration::from_secs(10),
            body_idle: Duration::from_secs(10),
            total: Duration::from_secs(30),
            head_bytes: 64 << 10,
            headers: 100,
            interim_answers: 16,
            answer: 8 << 20,
            error_answer: 64 << 10,
            document: 5 << 20,
            redirects: 3,
            per_host: 128,
            idle_per_host: 32,
            keep_alive: Duration::from_secs(60),
        }
    }
}
