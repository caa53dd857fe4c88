//! An object has at least one property, because Gemini answers 400 to others: "should be non-empty for OBJECT type"
//! (<https://github.com/browser-use/browser-use/issues/3786>, <https://github.com/vercel/ai/issues/3371>).
//!
//! A root without arguments stays as it is: clients leave it out altogether (<https://github.com/agno-agi/agno/issues/2112>)
//! or fill it (<https://github.com/lobehub/lobehub/pull/5002>), and a property of ours would be refused when it comes back.

use serde_json::{Value, json};

use crate::schema::note::note;
use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    let Value::Object(root) = schema else { return };
    for (keyword, value) in root.iter_mut() {
        walk::under(keyword, value, &mut |child| walk::each_object(child, rewrite));
    }
    if root.get("additionalProperties").is_some_and(|values| *values != json!(false)) {
        rewrite(root);
    }
}

fn rewrite(schema: &mut Object) {
    let named = schema.get("properties").and_then(Value::as_object).is_some_and(|named| !named.is_empty());
    if named || schema.get("type").is_none_or(|name| name != "object") {
        return;
    }
    let (name, property) = match schema.get("additionalProperties") {
        Some(Value::Bool(false)) => ("nothing", json!({"type": "string", "description": "Leave this out."})),
        values => ("name", any_name(values)),
    };
    schema.insert("properties".to_owned(), json!({ name: property }));
}

/// Makes a property of a map that stands for those of any name. It may be left out, as any of them.
fn any_name(values: Option<&Value>) -> Value {
    let mut property = values.and_then(Value::as_object).cloned().unwrap_or_default();
    note(&mut property, "Stands for a member of any name.");
    Value::Object(property)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_get_a_property() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let stand_in = json!({"type": "integer", "description": "Stands for a member of any name."});
        check(
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            json!({"type": "object", "additionalProperties": {"type": "integer"}, "properties": {"name": stand_in}}),
        );
        check(
            json!({"items": {"type": "object", "properties": {}}}),
            json!({"items": {"type": "object", "properties": {
                "name": {"description": "Stands for a member of any name."}}}}),
        );
        check(
            json!({"items": {"type": "object", "additionalProperties": false}}),
            json!({"items": {"type": "object", "additionalProperties": false, "properties": {
                "nothing": {"type": "string", "description": "Leave this out."}}}}),
        );
        let unchanged = |schema: Value| check(schema.clone(), schema);
        unchanged(json!({"type": "object", "properties": {"a": {}}, "additionalProperties": true}));
        unchanged(json!({"type": "object", "properties": {}, "additionalProperties": false}));
        unchanged(json!({"type": "object", "properties": {}}));
        unchanged(json!({"items": {"type": "string"}}));
    }
}
