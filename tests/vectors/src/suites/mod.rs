//! One file a suite: how its vectors are done to the gateway, and how what came of it is judged.

mod auth;
mod frames;
mod hits;
mod leak;
mod mcp;
mod overload;
mod parse;
mod scanner;
mod script;
mod ssrf;
mod upstream;
mod welch;

use crate::stage::Stage;
use crate::vector::{Suite, Vector};
use crate::verdict::{Faults, Unrun};

/// Runs one vector.
pub(crate) async fn run(stage: &mut Stage, vector: &Vector) -> Result<Faults, Unrun> {
    match vector.suite {
        Suite::Ssrf => ssrf::run(stage, vector).await,
        Suite::Parse => parse::run(stage, vector).await,
        Suite::Upstream => upstream::run(stage, vector).await,
        Suite::Leak => leak::run(stage, vector).await,
        Suite::Overload => overload::run(stage, vector).await,
        Suite::Auth => auth::run(stage, vector).await,
    }
}
