#![doc = include_str!("../README.md")]

#[cfg(feature = "cli")]
pub mod command_line;
pub mod shape;
pub mod validate;

#[cfg(feature = "cli")]
mod admin;
mod admission;
mod arguments;
#[cfg(feature = "cli")]
mod assemble;
#[cfg(feature = "cli")]
mod config;
mod counters;
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
mod visit;

pub use admission::AdmissionLimits;
pub use counters::Counters;
pub use error::Error;
pub use gateway::Gateway;
pub use outbound::{EgressPolicy, OutboundLimits};
pub use run::{command_line, run};
