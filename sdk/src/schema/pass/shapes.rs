//! Every list says what its items are and every object what its properties are, even when there is nothing to say:
//! many validators fail on a missing key (<https://github.com/openai/openai-agents-python/pull/454>,
//! <https://github.com/sbroenne/mcp-server-excel/pull/709>).
//!
//! A value of any type stays untyped, in words: every type that could be given would refuse something valid. That
//! such a value should not be an argument is a lint's business.

use serde_json::{Value, json};

use super::unions;
use crate::schema::note::note;
use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    if let Some(Value::String(name)) = schema.get("type").cloned() {
        // What asks something of another type asks nothing here, and reads like a mistake.
        schema.retain(|keyword, _| unions::concerns(keyword, &name));
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => {
            schema.entry("items").or_insert_with(anything);
        }
        Some("object") => {
            schema.entry("properties").or_insert_with(|| json!({}));
        }
        Some(_) => {}
        None => describe_anything(schema),
    }
}

fn describe_anything(schema: &mut Object) {
    if !schema.contains_key("anyOf") && !schema.contains_key("type") && !schema.contains_key("description") {
        note(schema, "Any JSON value.");
    }
}

fn anything() -> Value {
    json!({"description": "Any JSON value."})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_complete() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"type": "array"}),
            json!({"type": "array", "items": {"description": "Any JSON value."}}),
        );
        check(
            json!({"type": "object", "additionalProperties": {"type": "object"}}),
            json!({"type": "object",
            "properties": {}, "additionalProperties": {"type": "object", "properties": {}}}),
        );
        check(
            json!({"type": "object", "properties": {"type": {}, "a": {"description": "A."}}}),
            json!({"type": "object",
            "properties": {"type": {"description": "Any JSON value."}, "a": {"description": "A."}}}),
        );
        check(json!({"type": "string", "minimum": 1, "x-more": 1}), json!({"type": "string", "x-more": 1}));
        check(json!({"anyOf": [{"type": "string"}]}), json!({"anyOf": [{"type": "string"}]}));
    }
}
