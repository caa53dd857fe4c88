//! The sdk, from outside.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]

// As `tests/hygiene` calls it.
extern crate lobe_plugin_sdk as lobe;

mod annotation;
mod answers;
mod calls;
mod clients;
mod compile_fail;
mod documents;
mod features;
mod files;
mod house;
mod http;
mod hygiene;
mod listener;
mod mcp;
mod methods;
mod names;
mod portable;
mod scopes;
mod sessions;
mod settings;
mod threads;
mod truth;
