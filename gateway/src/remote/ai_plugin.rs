//! `ai-plugin.json`, which ChatGPT's plugins had, as a manifest: it says who a service is, and where its OpenAPI document
//! stands.

use serde_json::{Value, json};

use super::missing::{Unreadable, document};
use crate::shape;

/// Writes the manifest of a plugin that calls the service.
pub(super) fn manifest(identifier: &str, text: &[u8]) -> Result<Value, Unreadable> {
    let described = document(text)?;
    let manifest = json!({
        "identifier": identifier,
        "meta": {
            "title": described["name_for_human"],
            "description": described["description_for_human"],
            "avatar": described["logo_url"],
        },
        "systemRole": described["description_for_model"],
        "openapi": described["api"]["url"],
        "api": [],
    });
    let manifest = without_nulls(manifest);
    shape::manifest(&manifest).map_err(Unreadable::Shape)?;
    if manifest.get("openapi").is_none() {
        return Err(Unreadable::Nothing);
    }
    Ok(manifest)
}

/// Leaves out what the other document does not say.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let said = members.into_iter().filter(|(_, value)| !value.is_null());
            said.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_who_the_service_is() {
        let text = json!({
            "schema_version": "v1", "name_for_human": "Library", "name_for_model": "library",
            "description_for_human": "Books.", "description_for_model": "Look books up.",
            "api": { "type": "openapi", "url": "https://library.example.org/openapi.yaml" },
        });
        let read = manifest("books", text.to_string().as_bytes()).unwrap();
        let expected = json!({
            "identifier": "books", "meta": { "title": "Library", "description": "Books." },
            "systemRole": "Look books up.", "openapi": "https://library.example.org/openapi.yaml", "api": [],
        });
        assert_eq!(read, expected);
        assert!(manifest("books", b"{}").is_err());
    }
}
