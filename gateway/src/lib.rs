#![doc = include_str!("../README.md")]

#[cfg(feature = "cli")]
pub mod command_line;
pub mod shape;
pub mod testing;
pub mod validate;

#[cfg(fuzzing)]
#[doc(hidden)]
#[path = "fuzzing.rs"]
pub mod __fuzzing;

mod access_code;
#[cfg(feature = "cli")]
mod admin;
mod admission;
mod arguments;
mod assemble;
mod audit;
mod beside;
#[cfg(feature = "cli")]
mod check;
mod config;
mod counters;
#[cfg(feature = "cli")]
mod doctor;
mod error;
mod filter;
mod front;
mod gateway;
mod grant;
mod issuer;
mod judging;
mod key_store;
mod lent;
mod nulls;
mod openapi;
mod options;
mod outbound;
mod payload;
mod query_key;
mod remote;
mod resolve;
#[cfg(feature = "cli")]
mod run;
mod search;
mod server;
mod settings;
mod successor;
mod target;
mod telemetry;
mod toolset;
mod visit;
mod watch;

pub use access_code::AccessCode;
pub use admission::AdmissionLimits;
pub use audit::Audit;
pub use config::{Config, Error as ConfigError};
pub use counters::Counters;
pub use error::Error;
pub use gateway::Gateway;
pub use grant::Grant;
pub use options::BatchLimits;
pub use outbound::{EgressPolicy, OutboundLimits};
pub use query_key::QueryKey;
#[cfg(feature = "cli")]
pub use run::{command_line, run};
