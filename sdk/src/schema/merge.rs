//! Two schemas that both hold, as one.
//!
//! Exact where JSON Schema allows, else wider: where two rules cannot be written as one, the second is left out.
//! What is said *about* a value (description, default, examples) is the winner's.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::Object;
use super::note::note;
use super::pass::objects;

/// Adds to a schema everything that another one asks for.
pub(crate) fn merge(winner: &mut Object, mut other: Object) {
    settle_unions(winner, &mut other);
    for (keyword, theirs) in other {
        let merged = match winner.remove(&keyword) {
            Some(ours) => combine(&keyword, ours, theirs),
            None => theirs,
        };
        winner.insert(keyword, merged);
    }
}

/// Tells whether a schema gives alternatives.
pub(crate) fn has_union(schema: &Object) -> bool {
    schema.contains_key("anyOf") || schema.contains_key("oneOf")
}

/// Tells whether a schema is surely about objects.
pub(crate) fn is_object(schema: &Object) -> bool {
    schema.get("type").is_some_and(|name| name == "object") || schema.contains_key("properties")
}

/// Two unions in one schema would ask for `allOf`. Of objects, the second can be said as properties; of anything
/// else, it is left out.
fn settle_unions(winner: &mut Object, other: &mut Object) {
    if !has_union(winner) || !has_union(other) {
        return;
    }
    if is_object(winner) || is_object(other) || objects::only_objects(other) {
        objects::fold(other).iter().for_each(|hint| note(winner, hint));
        return;
    }
    other.remove("anyOf");
    other.remove("oneOf");
}

fn combine(keyword: &str, ours: Value, theirs: Value) -> Value {
    match keyword {
        "additionalProperties" => either_false(ours, theirs),
        "enum" => common(ours, theirs, |_, _| None),
        "exclusiveMinimum" | "minItems" | "minLength" | "minProperties" | "minimum" => {
            extreme(ours, theirs, Ordering::Greater)
        }
        "exclusiveMaximum" | "maxItems" | "maxLength" | "maxProperties" | "maximum" => {
            extreme(ours, theirs, Ordering::Less)
        }
        "items" | "propertyNames" => both(ours, theirs),
        "properties" => by_name(ours, theirs),
        "required" => joined(ours, theirs),
        "type" => common(ours, theirs, nearly_the_same_type),
        "uniqueItems" => Value::Bool(ours == true || theirs == true),
        _ => ours,
    }
}

fn both(ours: Value, theirs: Value) -> Value {
    match (ours, theirs) {
        (Value::Object(mut ours), Value::Object(theirs)) => {
            merge(&mut ours, theirs);
            Value::Object(ours)
        }
        (ours, _) => ours,
    }
}

/// Wider than the letter, which would forbid each side's properties to the other: a key that neither side names is
/// refused if either refuses it.
fn either_false(ours: Value, theirs: Value) -> Value {
    match (&ours, &theirs) {
        (Value::Bool(false), _) | (_, Value::Bool(true)) => ours,
        (_, Value::Bool(false)) | (Value::Bool(true), _) => theirs,
        _ => both(ours, theirs),
    }
}

fn by_name(ours: Value, theirs: Value) -> Value {
    let (Value::Object(mut ours), Value::Object(theirs)) = (ours, theirs) else {
        return Value::Object(Map::new());
    };
    for (name, schema) in theirs {
        let merged = match ours.remove(&name) {
            Some(first) => both(first, schema),
            None => schema,
        };
        ours.insert(name, merged);
    }
    Value::Object(ours)
}

fn joined(ours: Value, theirs: Value) -> Value {
    let mut names = list(ours);
    for name in list(theirs) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Value::Array(names)
}

/// Keeps what both lists allow. Nothing in common means that no value is valid at all; then ours may stay.
fn common(ours: Value, theirs: Value, nearly: fn(&Value, &Value) -> Option<Value>) -> Value {
    let others = list(theirs);
    let meet = |member: Value| match others.contains(&member) {
        true => Some(member),
        false => others.iter().find_map(|other| nearly(&member, other)),
    };
    let plain = !ours.is_array();
    let mut met: Vec<_> = list(ours.clone()).into_iter().filter_map(meet).collect();
    match met.len() {
        0 => ours,
        1 if plain => met.remove(0),
        _ => Value::Array(met),
    }
}

fn nearly_the_same_type(ours: &Value, theirs: &Value) -> Option<Value> {
    let integer = *ours == "integer" && *theirs == "number" || *ours == "number" && *theirs == "integer";
    integer.then(|| "integer".into())
}

fn extreme(ours: Value, theirs: Value, wanted: Ordering) -> Value {
    let order = theirs.as_f64().partial_cmp(&ours.as_f64());
    if order == Some(wanted) { theirs } else { ours }
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(members) => members,
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_schemas_hold() {
        check(json!({"type": "integer"}), json!({"type": "number"}), json!({"type": "integer"}));
        check(json!({"type": "string"}), json!({"type": ["string", "null"]}), json!({"type": "string"}));
        check(json!({"type": ["string", "null"]}), json!({"type": "null"}), json!({"type": ["null"]}));
        check(
            json!({"minimum": 0, "maximum": 9}),
            json!({"minimum": 1}),
            json!({"minimum": 1, "maximum": 9}),
        );
        check(json!({"enum": ["a", "b"]}), json!({"enum": ["b", "c"]}), json!({"enum": ["b"]}));
        check(json!({"required": ["b"]}), json!({"required": ["a", "b"]}), json!({"required": ["b", "a"]}));
        check(
            json!({"description": "ours"}),
            json!({"description": "x", "title": "T"}),
            json!({"description": "ours", "title": "T"}),
        );
        check(
            json!({"properties": {"a": {"minLength": 1}}}),
            json!({"properties": {"a": {"type": "string"}, "b": {}}}),
            json!({"properties": {"a": {"minLength": 1, "type": "string"}, "b": {}}}),
        );
        check(
            json!({"additionalProperties": true}),
            json!({"additionalProperties": false}),
            json!({"additionalProperties": false}),
        );
    }

    #[test]
    fn of_two_unions_the_second_is_widened() {
        check(
            json!({"anyOf": [{"type": "string"}]}),
            json!({"anyOf": [{"type": "null"}]}),
            json!({"anyOf": [{"type": "string"}]}),
        );
        check(
            json!({"type": "object", "anyOf": [{"required": ["a"]}]}),
            json!({"oneOf": [{"type": "object", "properties": {"b": {}}, "required": ["b"]}]}),
            json!({"type": "object", "anyOf": [{"required": ["a"]}], "properties": {"b": {}}, "required": ["b"]}),
        );
    }

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals read better")]
    fn check(ours: Value, theirs: Value, expected: Value) {
        let (Value::Object(mut ours), Value::Object(theirs)) = (ours, theirs) else {
            panic!("schemas are objects")
        };
        merge(&mut ours, theirs);
        assert_eq!(Value::Object(ours), expected);
    }
}
