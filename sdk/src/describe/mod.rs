//! Papers about a plugin: pure functions from a [`Plugin`](crate::Plugin) and the place where it can be reached to a
//! document. No I/O; the same plugin and place give the same bytes.

mod manifest;
mod openapi;
mod site;

pub use openapi::OpenApiDocument;
pub use site::{BaseUrl, BaseUrlFault, ManifestMode, Site};

use serde::Serialize;
use serde_json::Value;

/// Writes a document as people want to read it, the members of every object in alphabetical order: so it is the same
/// bytes whether or not some crate of the user's turned serde_json's `preserve_order` on.
pub(crate) fn pretty(document: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}

/// Sorts the members of every object.
pub(crate) fn sorted(mut value: Value) -> Value {
    value.sort_all_objects();
    value
}
