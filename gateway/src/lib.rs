#![doc = include_str!("../README.md")]

pub mod shape;
pub mod validate;

mod arguments;
#[cfg(feature = "cli")]
mod config;
mod error;
mod gateway;
mod nulls;
mod options;
// Nothing calls it yet.
#[allow(dead_code, unused_imports)]
mod outbound;
mod payload;
mod resolve;
mod run;
mod server;

pub use error::Error;
pub use gateway::Gateway;
pub use outbound::{EgressPolicy, OutboundLimits};
pub use run::{command_line, run};
