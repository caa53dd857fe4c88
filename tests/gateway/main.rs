//! The gateway, from outside.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]

mod admission;
mod agreement;
mod batch;
mod bounds;
mod configured;
mod elsewhere;
mod framing;
mod keys;
mod lent;
mod mcp_programs;
mod mcp_servers;
mod parity;
mod reference;
mod streaming;
mod toolsets;
