//! `allOf` is merged into the schema that it stands in, because model APIs refuse it at the root
//! (<https://github.com/anthropics/claude-code/issues/5973>) and few read it elsewhere. It comes from
//! `#[serde(flatten)]`.
//!
//! How two schemas become one stands in `merge`.

use serde_json::Value;

use crate::schema::{Object, merge, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let Some(Value::Array(parts)) = schema.remove("allOf") else { return };
    let several = parts.len() > 1;
    for part in parts {
        if let Value::Object(mut part) = part {
            if several {
                // One part's description does not describe the whole.
                part.remove("description");
            }
            merge::merge(schema, part);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_of_is_merged_into_its_parent() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"description": "ours", "allOf": [{"type": "string", "description": "theirs"}, {"minLength": 1}]}),
            json!({"description": "ours", "type": "string", "minLength": 1}),
        );
        check(
            json!({"properties": {"a": {}}, "required": ["a"], "allOf": [
                {"allOf": [{"properties": {"b": {}}, "required": ["b"]}]}, {"properties": {"c": {}}}]}),
            json!({"properties": {"a": {}, "b": {}, "c": {}}, "required": ["a", "b"]}),
        );
        check(json!({"allOf": [{"description": "theirs"}]}), json!({"description": "theirs"}));
        check(json!({"allOf": [{"description": "a part's"}, {"minLength": 1}]}), json!({"minLength": 1}));
        check(json!({"allOf": [{"oneOf": [{"type": "null"}]}]}), json!({"oneOf": [{"type": "null"}]}));
    }

    #[test]
    fn two_flattened_enums_keep_their_properties() {
        let variant = |name: &str| json!({"type": "object", "properties": {name: {}}, "required": [name]});
        let mut schema = json!({"type": "object", "properties": {"x": {}}, "allOf": [
            {"oneOf": [variant("a"), variant("b")]}, {"oneOf": [variant("c"), variant("d")]}]});
        apply(&mut schema);
        assert_eq!(schema["oneOf"], json!([variant("a"), variant("b")]));
        assert_eq!(schema["properties"], json!({"c": {}, "d": {}, "x": {}}));
        assert_eq!(schema.get("required"), None);
        assert_eq!(schema["description"], "Give exactly one of these: `c`; `d`.");
    }
}
