//! Leaves out the keywords that OpenAPI 3.0 does not have, and gives every list its `items`, which it wants
//! (<https://spec.openapis.org/oas/v3.0.3#schema-object>).
//!
//! `$defs` stays: whoever writes the document moves it to its components.

use serde_json::{Value, json};

use super::conditions;
use crate::schema::{Object, walk};

const KNOWN: &[&str] = &[
    "$defs",
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "definitions",
    "deprecated",
    "description",
    "discriminator",
    "enum",
    "example",
    // The next three are rewritten later.
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "externalDocs",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
    "xml",
];

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    conditions::allow_patterns(schema);
    schema.retain(|keyword, _| KNOWN.contains(&keyword.as_str()) || keyword.starts_with("x-"));
    // An empty list of names is allowed in newer drafts only.
    if schema.get("required").is_some_and(|names| *names == json!([])) {
        schema.remove("required");
    }
    if schema.get("type").is_some_and(admits_lists) && !schema.contains_key("items") {
        schema.insert("items".to_owned(), json!({}));
    }
}

fn admits_lists(types: &Value) -> bool {
    types == "array" || types.as_array().is_some_and(|types| types.iter().any(|name| name == "array"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keywords_of_the_dialect_stay() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"$schema": "s", "$anchor": "a", "if": {}, "contains": {}, "x-own": 1, "readOnly": true, "$ref": "#"}),
            json!({"x-own": 1, "readOnly": true, "$ref": "#"}),
        );
        check(json!({"type": "array"}), json!({"type": "array", "items": {}}));
        check(json!({"type": ["array", "null"]}), json!({"type": ["array", "null"], "items": {}}));
        check(
            json!({"patternProperties": {"^a": {"type": "null"}}, "additionalProperties": false}),
            json!({"additionalProperties": {"type": "null"}}),
        );
        check(json!({"properties": {"if": {}}, "required": []}), json!({"properties": {"if": {}}}));
    }
}
