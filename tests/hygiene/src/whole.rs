//! A type of the user's. Its derives are not ours, and not made for a module without the prelude.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a whole is made of.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Whole {
    /// How much it is.
    pub(crate) size: u8,
}
