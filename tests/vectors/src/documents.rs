//! The documents of the fixtures: a manifest, an index, the payload of a call.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

/// Where the runner's own servers are.
pub(crate) const RUNNER: &str = "https://servers.runner.vec.test";

/// Describes a plugin `x` with one operation `a`.
pub(crate) fn manifest(identifier: &str, url: &str) -> Value {
    json!({
        "identifier": identifier,
        "meta": {},
        "api": [{
            "name": "a", "description": "d", "url": url, "parameters": { "type": "object", "properties": {} }
        }]
    })
}

/// Describes a plugin `x` whose operation `a` is one of an OpenAPI document.
pub(crate) fn manifest_of_service(openapi: &str) -> Value {
    let mut manifest = manifest("x", "https://nowhere.vec.test/");
    manifest["openapi"] = openapi.into();
    manifest
}

/// An OpenAPI document whose operation `a` is called below `server`.
pub(crate) fn service(server: &str) -> Value {
    json!({ "openapi": "3.0.0", "servers": [{ "url": server }], "paths": { "/call": { "get": operation() } } })
}

/// The operation `a` of an OpenAPI document.
pub(crate) fn operation() -> Value {
    json!({ "operationId": "a", "responses": {} })
}

/// An index with one plugin.
pub(crate) fn index(identifier: &str, manifest: &str) -> Value {
    json!({
        "schemaVersion": 1,
        "plugins": [{
            "identifier": identifier, "manifest": manifest, "schemaVersion": 1, "author": "runner",
            "createdAt": "2026-01-01", "homepage": "https://servers.runner.vec.test",
            "meta": { "title": "t", "avatar": "a", "tags": [] }
        }]
    })
}

/// The payload of a call that brings its manifest.
pub(crate) fn call(manifest: &Value, arguments: &str) -> Value {
    json!({ "identifier": manifest["identifier"], "apiName": "a", "arguments": arguments, "manifest": manifest })
}

/// Returns the URL of an index that leads to a manifest at that URL.
pub(crate) fn index_leading_to(url: &str) -> String {
    served(&index("x", url))
}

/// The documents that the runner's own servers have, by their number.
static SERVED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Serves a document, and returns its URL: a short one, whatever the document says; the same for the same document.
pub(crate) fn served(document: &Value) -> String {
    let (text, mut all) = (document.to_string(), SERVED.lock().unwrap_or_else(PoisonError::into_inner));
    let number = all.iter().position(|known| *known == text).unwrap_or_else(|| {
        all.push(text);
        all.len() - 1
    });
    format!("{RUNNER}/document/{number}")
}

/// Returns the document of that number.
pub(crate) fn of_number(number: &str) -> Option<String> {
    let all = SERVED.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(number.parse::<usize>().ok()?).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_leads_where_it_was_told() {
        let url = "http://127.0.0.1:18080\\@x/\u{7}";
        let index = index_leading_to(url);
        assert_eq!(index, index_leading_to(url));
        let document = of_number(index.rsplit('/').next().unwrap()).unwrap();
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["plugins"][0]["manifest"], url);
    }
}
