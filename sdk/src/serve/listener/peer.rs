//! Who opened the connection that a request came by.

use std::net::IpAddr;

/// Is the address of whoever opened the connection, as a [`Listener`](crate::serve::Listener) leaves it in the extensions
/// of every request. Behind a proxy it is the proxy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);
