//! Alternatives in one form: `anyOf` that stands alone, flat, each branch typed; `oneOf` and lists of types are
//! rewritten to it.
//!
//! `type: ["string", "null"]` breaks Cursor, Windsurf and Gemini
//! (<https://github.com/modelcontextprotocol/rust-sdk/issues/135>), branches without a type break the Gemini CLI
//! (<https://github.com/zereight/gitlab-mcp/pull/242>). Which `null` may go altogether is decided in `nulls`.

use serde_json::{Value, json};

use super::constants::type_of;
use crate::schema::{Object, merge, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let one_of = schema.remove("oneOf");
    let any_of = schema.remove("anyOf").or(one_of);
    match any_of {
        Some(Value::Array(branches)) => {
            let alternatives = alternatives(branches, schema);
            insert(schema, alternatives);
        }
        _ if schema.get("type").is_some_and(Value::is_array) => {
            let asked = take_asked(schema);
            insert(schema, by_type(asked));
        }
        _ => {}
    }
}

/// Writes alternatives into a schema; a single one becomes part of it.
pub(crate) fn insert(schema: &mut Object, mut alternatives: Vec<Object>) {
    match alternatives.len() {
        0 => {}
        1 => merge::merge(schema, alternatives.remove(0)),
        _ => {
            let branches = alternatives.into_iter().map(Value::Object).collect();
            schema.insert("anyOf".to_owned(), Value::Array(branches));
        }
    }
}

/// Splits, flattens and completes branches, and takes from their parent what it asks of all of them.
fn alternatives(branches: Vec<Value>, parent: &mut Object) -> Vec<Object> {
    let mut asked = take_asked(parent);
    // Copied into every branch, subschemas could double a schema at each level: they are left out, which widens.
    asked.retain(|keyword, _| walk::holds(keyword).is_none());
    let mut flat: Vec<Object> = Vec::new();
    for branch in branches {
        let Value::Object(mut branch) = branch else { continue };
        let inner = match branch.remove("anyOf") {
            Some(Value::Array(inner)) => {
                // Nothing holds the inner description any more; it goes where there is room.
                if let Some(text) = branch.remove("description") {
                    parent.entry("description").or_insert(text);
                }
                inner
            }
            _ => vec![Value::Object(branch)],
        };
        for one in inner {
            let Value::Object(mut one) = one else { continue };
            merge::merge(&mut one, asked.clone());
            flat.extend(by_type(one));
        }
    }
    distinct(flat)
}

/// Takes everything out of a schema that asks something of a value. What only talks about it stays.
pub(crate) fn take_asked(schema: &mut Object) -> Object {
    let asking: Vec<String> = schema.keys().filter(|keyword| asks_of(keyword).is_some()).cloned().collect();
    asking.into_iter().filter_map(|keyword| schema.remove_entry(&keyword)).collect()
}

/// Splits a schema of several types into one of each.
fn by_type(schema: Object) -> Vec<Object> {
    let Some(Value::Array(types)) = schema.get("type") else { return vec![schema] };
    let types: Vec<String> = types.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    types.iter().filter_map(|name| of_type(&schema, name)).collect()
}

/// Keeps what a schema asks of one type; nothing, when no member of its `enum` has that type.
fn of_type(schema: &Object, name: &str) -> Option<Object> {
    let mut one: Object = schema
        .iter()
        .filter(|(keyword, _)| concerns(keyword, name))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    one.insert("type".to_owned(), name.into());
    if let Some(Value::Array(members)) = one.remove("enum") {
        let fitting = |value: &Value| type_of(value) == name || name == "number" && value.is_number();
        let members: Vec<Value> = members.into_iter().filter(fitting).collect();
        if members.is_empty() {
            return None;
        }
        if name != "null" {
            one.insert("enum".to_owned(), json!(members));
        }
    }
    Some(one)
}

/// Tells whether a keyword means anything for values of a type.
pub(crate) fn concerns(keyword: &str, name: &str) -> bool {
    asks_of(keyword).is_none_or(|types| types.contains(&name))
}

/// Names the types that a keyword asks something of; nothing for keywords that only talk.
fn asks_of(keyword: &str) -> Option<&'static [&'static str]> {
    match keyword {
        "enum" | "type" => Some(&["array", "boolean", "integer", "null", "number", "object", "string"]),
        "format" => Some(&["integer", "number", "string"]),
        "maxLength" | "minLength" | "pattern" => Some(&["string"]),
        "exclusiveMaximum" | "exclusiveMinimum" | "maximum" | "minimum" | "multipleOf" => {
            Some(&["integer", "number"])
        }
        "items" | "maxItems" | "minItems" | "prefixItems" | "uniqueItems" => Some(&["array"]),
        "additionalProperties" | "maxProperties" | "minProperties" | "properties" | "required" => {
            Some(&["object"])
        }
        _ => None,
    }
}

fn distinct(branches: Vec<Object>) -> Vec<Object> {
    let mut distinct = Vec::with_capacity(branches.len());
    for branch in branches {
        if !distinct.contains(&branch) {
            distinct.push(branch);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unions_take_one_form() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let (string, nothing) = (json!({"type": "string"}), json!({"type": "null"}));
        check(json!({"oneOf": [string, nothing]}), json!({"anyOf": [string, nothing]}));
        check(
            json!({"anyOf": [{"anyOf": [string, nothing]}, {"oneOf": [string, {"type": "boolean"}]}]}),
            json!({"anyOf": [string, nothing, {"type": "boolean"}]}),
        );
        check(
            json!({"description": "d", "anyOf": [{"type": "string", "description": "inner", "minLength": 1}]}),
            json!({"description": "d", "type": "string", "minLength": 1}),
        );
        check(
            json!({"type": "integer", "minimum": 0, "anyOf": [{"maximum": 5}, {"multipleOf": 10}]}),
            json!({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 5},
                             {"type": "integer", "minimum": 0, "multipleOf": 10}]}),
        );
        check(json!({"anyOf": []}), json!({}));
    }

    #[test]
    fn lists_of_types_become_unions() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"description": "d", "type": ["string", "null"], "minLength": 1, "default": null}),
            json!({"description": "d", "default": null, "anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}]}),
        );
        check(
            json!({"type": ["string", "integer", "null"], "enum": ["a", 1, null], "minimum": 0}),
            json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer", "enum": [1], "minimum": 0},
                             {"type": "null"}]}),
        );
        check(json!({"type": ["string"]}), json!({"type": "string"}));
        check(
            json!({"type": ["array", "null"], "items": {"type": ["null", "boolean"]}}),
            json!({"anyOf": [{"type": "array", "items": {"anyOf": [{"type": "null"}, {"type": "boolean"}]}},
                             {"type": "null"}]}),
        );
    }
}
