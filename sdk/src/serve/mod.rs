//! Doors into a plugin over the network: the only rooms of this crate that know axum and hyper.

mod answer;
mod asked;
mod authorize;
mod cors;
#[cfg(feature = "docs")]
mod docs;
mod exchange;
mod held;
mod http;
mod listener;
mod setting_headers;

pub use self::answer::{body, media_type};
pub use self::authorize::{
    Admitted, Authorization, Credential, Denied, Digest, Judgement, Judging, Key, KeyFault, KeyRecord,
    KeyStore, Keys, NoDigest, Proxies,
};
pub use self::cors::Cors;
pub use self::exchange::{Limits, error_response, expect_json, read_body, read_settings, uninvited};
pub use self::held::hold_until_sent;
pub use self::http::{HttpDoor, asked_server};
pub use self::listener::{
    Hosts, Listener, ListenerLimits, Peer, Readiness, Shutdown, Traffic, TrafficCount, serve, shutdown_signal,
};
