//! Doors into a plugin over the network: the only rooms of this crate that know axum and hyper.

mod answer;
mod asked;
mod authorize;
mod cors;
#[cfg(feature = "docs")]
mod docs;
mod exchange;
#[cfg(feature = "mcp")]
mod files;
mod held;
mod hosts;
mod http;
mod listener;
#[cfg(feature = "mcp")]
mod mcp;
#[cfg(feature = "mcp")]
mod recall;
#[cfg(feature = "mcp")]
mod sessions;

pub use self::answer::{body, media_type};
pub use self::authorize::{
    Admitted, Authorization, Credential, Denied, Digest, Judgement, Judging, Key, KeyFault, KeyRecord,
    KeyStore, Keys, NoDigest, NoIssuer, ProtectedResource, Proxies, ShortKey, SignedRequests, SigningKey,
    expect_signed_body,
};
#[cfg(feature = "oauth")]
pub use self::authorize::{KeySet, KeySource, KeysFuture, NoKeys, Tokens};
pub use self::cors::Cors;
pub use self::exchange::{Limits, error_response, expect_json, read_body, read_settings, uninvited};
#[cfg(feature = "mcp")]
pub use self::files::files_route;
pub use self::held::hold_until_sent;
pub use self::hosts::Hosts;
pub use self::http::{HttpDoor, asked_server};
pub use self::listener::{
    Listener, ListenerHosts, ListenerLimits, Peer, Readiness, RequestId, Routes, Shutdown, Traffic,
    TrafficCount, bind, serve, shutdown_signal,
};
#[cfg(feature = "tls")]
pub use self::listener::{Tls, TlsFault};
#[cfg(feature = "mcp")]
pub use self::mcp::McpDoor;
#[cfg(feature = "mcp")]
pub use self::sessions::{SessionFuture, SessionState, SessionStore, Sessions};
