//! Objects and lists say so: Gemini's clients look for `type` in every branch
//! (<https://github.com/zereight/gitlab-mcp/issues/166>).
//!
//! By the letter, `properties` says nothing about a string; the author who writes it means an object.

use serde_json::Value;

use crate::schema::{Object, merge, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    if schema.contains_key("type") {
        return;
    }
    let of_object = schema.contains_key("properties")
        || schema.contains_key("additionalProperties") && !merge::has_union(schema);
    let of_list = schema.contains_key("items") || schema.contains_key("prefixItems");
    if of_object {
        schema.insert("type".to_owned(), "object".into());
    } else if of_list {
        schema.insert("type".to_owned(), "array".into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shapes_tell_their_type() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(json!({"properties": {}}), json!({"type": "object", "properties": {}}));
        check(
            json!({"additionalProperties": {"type": "string"}}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
        );
        check(json!({"anyOf": [{"items": {}}]}), json!({"anyOf": [{"type": "array", "items": {}}]}));
        check(
            json!({"items": {}, "properties": {}}),
            json!({"type": "object", "items": {}, "properties": {}}),
        );
        check(json!({"type": "string", "properties": {}}), json!({"type": "string", "properties": {}}));
    }
}
