//! Annotated code where nothing is as usual: this crate is of edition 2021 and calls the sdk by another name.
//!
//! It only has to compile, without a warning. `tests/sdk/hygiene.rs` compiles the same file in edition 2024, and calls
//! what it makes.
#![deny(
    future_incompatible,
    non_ascii_idents,
    rust_2021_compatibility,
    unreachable_pub,
    clippy::redundant_pub_crate
)]

pub mod forms;
pub mod whole;
