//! What a portable schema says about `null`: nothing, where a member may be left out as well. So what a model writes for
//! "nothing" is dropped before the schema judges.

use serde_json::{Map, Value};

type Schema = Map<String, Value>;

/// Drops every `null` that stands under an optional property, at any depth. Returns whether there was any.
pub(crate) fn drop_optional(schema: &Schema, value: &mut Value) -> bool {
    let mut dropped = match value {
        Value::Object(members) => in_members(schema, members),
        Value::Array(items) => in_each(schema.get("items"), items.iter_mut()),
        _ => false,
    };
    for branch in schema.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
        dropped |= branch.as_object().is_some_and(|branch| drop_optional(branch, value));
    }
    dropped
}

fn in_members(schema: &Schema, members: &mut Map<String, Value>) -> bool {
    let named = schema.get("properties").and_then(Value::as_object);
    let known = |name: &str| named.and_then(|named| named.get(name));
    let before = members.len();
    members.retain(|name, value| !value.is_null() || known(name).is_none() || is_required(schema, name));
    let mut dropped = members.len() < before;
    for (name, value) in members.iter_mut() {
        let child = known(name).or_else(|| schema.get("additionalProperties"));
        dropped |= in_each(child, std::iter::once(value));
    }
    dropped
}

fn in_each<'a>(schema: Option<&Value>, values: impl Iterator<Item = &'a mut Value>) -> bool {
    let Some(Value::Object(schema)) = schema else { return false };
    values.fold(false, |dropped, value| drop_optional(schema, value) | dropped)
}

fn is_required(schema: &Schema, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|required| required == name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_dropped_where_it_may_be_left_out() {
        let place = json!({"type": "object", "properties": {"city": {}, "land": {}}, "required": ["city"]});
        let schema = json!({"properties": {
            "at": place,
            "via": {"items": place},
            "named": {"properties": {}, "additionalProperties": place},
            "to": {"anyOf": [{"type": "string"}, place]},
        }, "required": ["at"]});
        let check = |before: Value, after: Value| {
            let mut value = before.clone();
            let dropped = drop_optional(schema.as_object().unwrap(), &mut value);
            assert_eq!((dropped, &value), (before != after, &after), "{before}");
        };
        check(json!({"via": null}), json!({}));
        check(json!({"at": null, "unknown": null}), json!({"at": null, "unknown": null}));
        check(json!({"at": {"city": null, "land": null}}), json!({"at": {"city": null}}));
        check(json!({"via": [{"land": null}, null]}), json!({"via": [{}, null]}));
        check(json!({"named": {"x": {"land": null}, "y": null}}), json!({"named": {"x": {}, "y": null}}));
        check(json!({"to": {"city": "a", "land": null}}), json!({"to": {"city": "a"}}));
        check(json!({"to": "a", "at": {}}), json!({"to": "a", "at": {}}));
    }
}
