//! The gateway, from outside.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]

mod admission;
mod agreement;
mod bounds;
mod elsewhere;
mod framing;
mod parity;
mod reference;
mod streaming;
