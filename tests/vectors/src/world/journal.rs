//! What the fixtures saw: connections, requests and questions, in their order.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::wire::Message;

/// A connection that a fixture accepted.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) destination: SocketAddr,
    /// The name that the TLS handshake asked for.
    pub(crate) server_name: Option<String>,
    /// How much came that was not the handshake.
    pub(crate) clear_bytes: usize,
}

/// A request that a fixture was sent.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) destination: SocketAddr,
    pub(crate) message: Message,
}

impl Received {
    /// Returns the `Host` header without its port.
    pub(crate) fn host(&self) -> &str {
        let authority = self.message.header("host").unwrap_or_default();
        authority.rsplit_once(':').map_or(authority, |(host, port)| {
            if port.bytes().all(|byte| byte.is_ascii_digit()) { host } else { authority }
        })
    }

    /// Returns the method.
    pub(crate) fn method(&self) -> &str {
        self.message.first_line.split(' ').next().unwrap_or_default()
    }

    /// Returns the target of the request, path and query.
    pub(crate) fn target(&self) -> &str {
        self.message.first_line.split(' ').nth(1).unwrap_or_default()
    }

    /// Returns the request as it was sent, as text.
    pub(crate) fn everything(&self) -> Vec<u8> {
        let headers: String =
            self.message.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        [self.message.first_line.as_bytes(), b"\r\n", headers.as_bytes(), &self.message.body].concat()
    }
}

/// A question that the resolver was asked.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) name: String,
}

/// What the fixtures saw since the last [`clear`](Journal::clear).
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Seen>>);

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connections: Vec<Connection>,
    pub(crate) requests: Vec<Received>,
    pub(crate) queries: Vec<Query>,
}

impl Journal {
    /// Forgets everything.
    pub(crate) fn clear(&self) {
        *self.lock() = Seen::default();
    }

    /// Returns what was seen up to now.
    pub(crate) fn seen(&self) -> Seen {
        self.lock().clone()
    }

    /// Gives the notes into a hand for as long as a note takes to write.
    pub(super) fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// Leaves out what belongs to the runner's own servers, which are no part of any vector.
    pub(crate) fn of_the_vector(mut self) -> Self {
        self.connections.retain(|connection| !is_ours(connection.destination.ip()));
        self.requests.retain(|request| !is_ours(request.destination.ip()));
        self.queries.retain(|query| !super::zone::is_ours(&query.name));
        self
    }
}

/// The addresses of the runner's own servers.
fn is_ours(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.octets()[..3] == [93, 184, 218])
}
