//! `true` and `false` as schemas become objects, because older MCP clients drop the whole tool list and several
//! model APIs refuse the tool.
//!
//! `additionalProperties` keeps its booleans: there every client expects them.

use serde_json::{Value, json};

use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    open(schema);
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    close_list(schema);
    for (keyword, value) in schema.iter_mut() {
        match keyword.as_str() {
            "additionalProperties" => plain(value),
            keyword => walk::under(keyword, value, &mut open),
        }
    }
}

fn open(schema: &mut Value) {
    if let Value::Bool(anything) = schema {
        *schema = if *anything { json!({}) } else { json!({"not": {}}) };
    }
}

fn plain(additional: &mut Value) {
    if *additional == json!({}) || *additional == json!({"not": {}}) {
        *additional = Value::Bool(*additional == json!({}));
    }
}

/// `"items": false` ends a tuple; its length says the same in a way that everybody reads.
fn close_list(schema: &mut Object) {
    let closed = schema.get("items").is_some_and(|items| *items == false || *items == json!({"not": {}}));
    if !closed {
        return;
    }
    schema.remove("items");
    let length = schema.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len) as u64;
    let longest =
        schema.get("maxItems").and_then(Value::as_u64).map_or(length, |longest| longest.min(length));
    schema.insert("maxItems".to_owned(), longest.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boolean_schemas_become_objects() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(json!(true), json!({}));
        check(
            json!({"properties": {"any": true, "never": false}}),
            json!({"properties": {"any": {}, "never": {"not": {}}}}),
        );
        check(json!({"anyOf": [true, {"items": true}]}), json!({"anyOf": [{}, {"items": {}}]}));
        check(json!({"additionalProperties": {}}), json!({"additionalProperties": true}));
        check(json!({"additionalProperties": false}), json!({"additionalProperties": false}));
        check(json!({"default": true, "enum": [false]}), json!({"default": true, "enum": [false]}));
        check(json!({"prefixItems": [true], "items": false}), json!({"prefixItems": [{}], "maxItems": 1}));
    }
}
