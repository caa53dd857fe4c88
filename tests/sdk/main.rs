//! The sdk, from outside.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]

mod annotation;
mod answers;
mod calls;
mod clients;
mod compile_fail;
mod documents;
mod house;
mod http;
mod names;
mod portable;
mod settings;
mod truth;
