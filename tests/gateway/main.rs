//! The gateway, from outside.

mod agreement;
mod bounds;
mod parity;
mod reference;
