//! The documents of the fixtures: a manifest, an index, the payload of a call.

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
    let digits: String = url.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{RUNNER}/index/{digits}")
}

/// Returns the URL that such an index leads to.
pub(crate) fn decoded(digits: &str) -> String {
    let byte = |at| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(b'?');
    let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_leads_where_it_was_told() {
        let url = "http://127.0.0.1:18080\\@x/\u{7}";
        assert_eq!(decoded(index_leading_to(url).rsplit('/').next().unwrap()), url);
    }
}
