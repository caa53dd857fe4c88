//! The runner's own servers, under `runner.vec.test`, which no vector names: so that a vector about an index has a healthy
//! manifest to lead to, without that counting as a connection of the vector's.

use serde_json::json;

use super::journal::Received;
use crate::documents;
use crate::wire::response;

/// Answers as the runner's own servers: `/document/N` is a document that was made for a vector, `/manifest.json` a manifest, `/market/..` an index with nothing in it, and everything else a plugin that is well.
pub(super) fn answer(received: &Received) -> Option<Vec<u8>> {
    if !received.host().ends_with(".runner.vec.test") {
        return None;
    }
    let target = received.target();
    let document = if let Some(document) = target.strip_prefix("/document/").and_then(documents::of_number) {
        document
    } else if target.contains("/manifest.json") {
        documents::manifest("x", &format!("{}/call", documents::RUNNER)).to_string()
    } else if target.contains("/market") {
        json!({ "schemaVersion": 1, "plugins": [] }).to_string()
    } else {
        r#"{"ok":true}"#.to_owned()
    };
    Some(response(200, &[("Content-Type", "application/json")], document.as_bytes()))
}
