//! From the schemas of OpenAPI 3.0 and Swagger 2.0 to JSON Schema: `nullable`, and bounds that are truth values.
//!
//! <https://spec.openapis.org/oas/v3.0.4.html#schema-object>. Those of 3.1 and 3.2 are JSON Schema already, and pass as
//! they are.

use serde_json::{Map, Value, json};

/// Keywords that hold one schema.
const ONE: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords that hold a list of schemas.
const LISTS: &[&str] = &["allOf", "anyOf", "items", "oneOf", "prefixItems"];
/// Keywords that hold schemas by name.
const NAMED: &[&str] = &["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/// Rewrites a schema and all within.
pub(crate) fn in_json_schema(mut schema: Value) -> Value {
    rewrite(&mut schema);
    schema
}

fn rewrite(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    for (keyword, value) in members.iter_mut() {
        match value {
            Value::Object(named) if NAMED.contains(&&**keyword) => named.values_mut().for_each(rewrite),
            Value::Array(list) if LISTS.contains(&&**keyword) => list.iter_mut().for_each(rewrite),
            one if ONE.contains(&&**keyword) => rewrite(one),
            _ => {}
        }
    }
    exclusive(members, "exclusiveMinimum", "minimum");
    exclusive(members, "exclusiveMaximum", "maximum");
    if members.remove("nullable") == Some(Value::Bool(true)) {
        admit_null(schema);
    }
}

fn exclusive(schema: &mut Map<String, Value>, exclusive: &str, inclusive: &str) {
    match schema.get(exclusive) {
        Some(Value::Bool(true)) => match schema.remove(inclusive) {
            Some(bound) => _ = schema.insert(exclusive.to_owned(), bound),
            None => _ = schema.remove(exclusive),
        },
        Some(Value::Bool(false)) => _ = schema.remove(exclusive),
        _ => {}
    }
}

/// Lets a schema admit `null`: as a type, and as one of its values where those are listed.
fn admit_null(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    let is_composed =
        ["$ref", "allOf", "anyOf", "oneOf"].iter().any(|keyword| members.contains_key(*keyword));
    match members.get_mut("type") {
        Some(Value::Array(names)) if !names.contains(&json!("null")) => names.push("null".into()),
        Some(name @ Value::String(_)) => *name = json!([name, "null"]),
        Some(_) => {}
        None if is_composed => {
            let whole = schema.take();
            *schema = json!({ "anyOf": [whole, { "type": "null" }] });
            return;
        }
        None => {}
    }
    if let Some(Value::Array(values)) = members.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_of_openapi_30_become_json_schema() {
        let check = |schema: Value, expected: Value| assert_eq!(in_json_schema(schema), expected);
        check(json!({ "type": "string", "nullable": true }), json!({ "type": ["string", "null"] }));
        check(json!({ "type": "string", "nullable": false }), json!({ "type": "string" }));
        check(
            json!({ "type": "string", "enum": ["a"], "nullable": true }),
            json!({ "type": ["string", "null"], "enum": ["a", null] }),
        );
        check(
            json!({ "allOf": [{ "type": "object" }], "nullable": true }),
            json!({ "anyOf": [{ "allOf": [{ "type": "object" }] }, { "type": "null" }] }),
        );
        check(json!({ "minimum": 1, "exclusiveMinimum": true }), json!({ "exclusiveMinimum": 1 }));
        check(json!({ "maximum": 1, "exclusiveMaximum": false }), json!({ "maximum": 1 }));
        check(json!({ "exclusiveMaximum": 7 }), json!({ "exclusiveMaximum": 7 }));
    }

    #[test]
    fn a_property_may_be_called_nullable() {
        let schema =
            json!({ "properties": { "nullable": { "type": "boolean" } }, "default": { "nullable": true } });
        assert_eq!(in_json_schema(schema.clone()), schema);
    }
}
