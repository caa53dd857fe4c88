#![doc = include_str!("../README.md")]

pub mod shape;
pub mod validate;

mod arguments;
mod error;
mod gateway;
mod nulls;
mod options;
mod payload;
mod resolve;
mod run;
mod server;

pub use error::Error;
pub use gateway::Gateway;
pub use run::{command_line, run};
