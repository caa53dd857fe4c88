//! Judges the shape of payloads, manifests and market indexes, and objects in zod's words.
//!
//! The JavaScript gateway checks documents with the zod 3 schemas of `@lobehub/chat-plugin-sdk` 1.32.4 and puts
//! the zod error into its answer as it is, so the same issues in the same order with the same keys come out of
//! here. Only what those schemas check is checked; all else passes. What a document means, and whether an
//! address in it may be called, is not judged here.

mod documents;
mod issue;
mod judge;

use serde::Serialize;
use serde_json::Value;

pub use issue::Issue;
pub use issue::Step;

use judge::{Inspector, Shape};

/// Carries every issue of a document; serialises as a `ZodError` does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShapeError {
    /// Lists the issues in the order of the schema.
    pub issues: Vec<Issue>,
    name: &'static str,
}

impl ShapeError {
    /// Objects to one member for a reason that is not its shape; zod calls this `custom`.
    pub(crate) fn custom(path: &[&'static str], message: String) -> Self {
        let path = path.iter().map(|name| Step::Name(name)).collect();
        Self { issues: vec![Issue::Custom { code: "custom", message, path }], name: "ZodError" }
    }
}

/// Judges the body of a call, the manifest in it included.
///
/// # Errors
///
/// [`ShapeError`] carries what zod's `pluginRequestPayloadSchema` objects to.
pub fn payload(document: &Value) -> Result<(), ShapeError> {
    inspect(&documents::PAYLOAD, document)
}

/// Judges a manifest.
///
/// # Errors
///
/// [`ShapeError`] carries what zod's `pluginManifestSchema` objects to.
pub fn manifest(document: &Value) -> Result<(), ShapeError> {
    inspect(&documents::MANIFEST, document)
}

/// Judges a market index, but not its entries: one bad entry must not take all plugins away.
///
/// # Errors
///
/// [`ShapeError`] carries what zod's `marketIndexSchema` objects to.
pub fn market_index(document: &Value) -> Result<(), ShapeError> {
    inspect(&documents::MARKET_INDEX, document)
}

/// Judges the one entry of a market index that was asked for.
///
/// # Errors
///
/// [`ShapeError`] carries what zod's `pluginMetaSchema` objects to.
pub fn market_entry(document: &Value) -> Result<(), ShapeError> {
    inspect(&documents::MARKET_ENTRY, document)
}

fn inspect(shape: &'static Shape, document: &Value) -> Result<(), ShapeError> {
    let issues = Inspector::default().inspect(shape, document);
    if issues.is_empty() { Ok(()) } else { Err(ShapeError { issues, name: "ZodError" }) }
}
