//! The sdk, from outside.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]

mod annotation;
mod compile_fail;
mod documents;
mod http;
mod portable;
