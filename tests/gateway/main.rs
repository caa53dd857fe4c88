//! The gateway, from outside.

mod agreement;
mod bounds;
mod reference;
