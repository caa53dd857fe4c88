//! A schema that admits anything admits a text, a number, a truth value or `null` instead: OpenAI's strict mode and
//! Gemini's clients want a type everywhere (<https://github.com/zereight/gitlab-mcp/issues/166>).
//!
//! This narrows what a model may write, not what is accepted. The list of types is split by `unions`.

use serde_json::{Value, json};

use crate::schema::{Object, merge, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    if schema.contains_key("type") || schema.contains_key("$ref") || merge::has_union(schema) {
        return;
    }
    schema.insert("type".to_owned(), json!(["string", "number", "boolean", "null"]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_becomes_a_scalar() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let scalar = json!({"type": ["string", "number", "boolean", "null"]});
        check(json!({}), scalar.clone());
        check(json!({"type": "array", "items": {}}), json!({"type": "array", "items": scalar}));
        check(
            json!({"type": "object", "properties": {"a": {"description": "d"}}}),
            json!({"type": "object", "properties": {
                "a": {"description": "d", "type": ["string", "number", "boolean", "null"]}}}),
        );
        check(json!({"anyOf": [{"type": "null"}]}), json!({"anyOf": [{"type": "null"}]}));
    }
}
