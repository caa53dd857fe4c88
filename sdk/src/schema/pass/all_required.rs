//! Every property is required, and one that may be left out offers `null` instead: OpenAI's strict mode knows no
//! optional ones (<https://github.com/vercel/ai/issues/6704>, <https://github.com/Kilo-Org/kilocode/pull/4426>).
//!
//! The other half of the bargain is kept where arguments are decoded, which takes a `null` there as absent.

use serde_json::{Value, json};

use super::unions;
use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    walk::each_optional_property(schema, offer_null);
    let Some(Value::Object(properties)) = schema.get("properties") else { return };
    let mut names: Vec<_> = properties.keys().cloned().collect();
    // Whatever the map keeps: printed objects are sorted by key.
    names.sort();
    schema.remove("required");
    if !names.is_empty() {
        schema.insert("required".to_owned(), json!(names));
    }
}

fn offer_null(property: &mut Object) {
    let nothing = json!({"type": "null"});
    if property.get("type") == nothing.get("type") {
        return;
    }
    if let Some(Value::Array(branches)) = property.get_mut("anyOf") {
        if !branches.contains(&nothing) {
            branches.push(nothing);
        }
        return;
    }
    let asked = unions::take_asked(property);
    property.insert("anyOf".to_owned(), json!([asked, nothing]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_properties_become_nullable_ones() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let nothing = json!({"type": "null"});
        check(
            json!({"properties": {"b": {"type": "string", "enum": ["x"], "description": "d"}, "a": nothing}, "required": ["a"]}),
            json!({"properties": {"b": {"description": "d", "anyOf": [{"type": "string", "enum": ["x"]}, nothing]}, "a": nothing},
                   "required": ["a", "b"]}),
        );
        check(
            json!({"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "boolean"}]}}}),
            json!({"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "boolean"}, nothing]}}, "required": ["a"]}),
        );
        check(
            json!({"items": {"properties": {"a": nothing}}}),
            json!({"items": {"properties": {"a": nothing}, "required": ["a"]}}),
        );
        check(json!({"properties": {}, "required": ["gone"]}), json!({"properties": {}}));
    }
}
