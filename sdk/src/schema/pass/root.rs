//! The root is one plain object: the Anthropic API answers 400 to the whole request when a single tool has
//! `anyOf`, `oneOf` or `allOf` there (<https://github.com/anthropics/claude-code/issues/5973>), and LobeChat wants
//! `type` and `properties`.
//!
//! Arguments are always an object, so what a root says about other types is left out. A result of another type has to
//! be wrapped by whoever shows it.

use serde_json::{Value, json};

use super::objects;
use crate::schema::{Object, merge};

/// What the root may say; the rest (a `title` that is a Rust name, an `enum` of objects) helps nobody there.
const LEFT_OUT: &[&str] = &["$defs", "definitions", "enum", "title"];

pub(crate) fn apply(schema: &mut Value) {
    let Value::Object(root) = schema else { return };
    if merge::has_union(root) {
        objects::flatten(root);
    }
    LEFT_OUT.iter().for_each(|keyword| drop(root.remove(*keyword)));
    if !admits_objects(root) {
        keep_only_the_words(root);
    }
    root.insert("type".to_owned(), "object".into());
    let properties = root.entry("properties").or_insert_with(|| json!({}));
    let nothing = properties.as_object().is_none_or(serde_json::Map::is_empty);
    if nothing && !root.contains_key("additionalProperties") {
        // No arguments at all, said as the MCP specification recommends.
        root.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}

fn admits_objects(root: &Object) -> bool {
    match root.get("type") {
        Some(Value::Array(types)) => types.iter().any(|name| name == "object"),
        Some(name) => name == "object",
        None => true,
    }
}

fn keep_only_the_words(root: &mut Object) {
    let description = root.remove("description");
    root.clear();
    root.extend(description.map(|text| ("description".to_owned(), text)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_one_object() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let nothing = json!({"type": "object", "properties": {}, "additionalProperties": false});
        check(json!({}), nothing.clone());
        check(json!({"title": "Empty", "type": "object"}), nothing.clone());
        check(json!({"type": "string", "minLength": 1}), nothing.clone());
        check(
            json!({"type": "array", "items": {}, "description": "Words."}),
            json!({"type": "object", "properties": {}, "additionalProperties": false, "description": "Words."}),
        );
        check(
            json!({"type": ["object", "null"], "properties": {"a": {}}}),
            json!({"type": "object", "properties": {"a": {}}}),
        );
        check(
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}),
        );
    }

    #[test]
    fn root_enums_become_one_object() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"title": "Command", "description": "Do it.", "oneOf": [
                {"type": "string", "enum": ["stop"]},
                {"type": "object", "description": "Go.", "properties": {"go": {"type": "integer"}}, "required": ["go"]},
                {"type": "object", "properties": {"say": {"type": "string"}}, "required": ["say"]}]}),
            json!({"type": "object", "description": "Do it.\nGive exactly one of these: `go`; `say`.",
                "properties": {"go": {"type": "integer", "description": "Go."}, "say": {"type": "string"}}}),
        );
        check(
            json!({"anyOf": [{"type": "object", "properties": {"a": {}}, "required": ["a"]}, {"type": "null"}]}),
            json!({"type": "object", "properties": {"a": {}}, "required": ["a"]}),
        );
    }
}
