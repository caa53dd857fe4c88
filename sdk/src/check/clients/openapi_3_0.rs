//! What is no schema in an OpenAPI 3.0 document (<https://spec.openapis.org/oas/v3.0.3#schema-object>).

use serde_json::Value;

use super::{GIVE_ITEMS, Objections, list_without_items, walk};

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
const NEWER: [&str; 8] =
    ["const", "examples", "if", "then", "else", "prefixItems", "patternProperties", "$schema"];

pub(super) fn judge(schema: &Value, objections: &mut Objections) {
    walk::each(schema, &mut |place, schema| {
        objections.unless(schema.is_object(), place, "a schema that is no object", "write `{}`");
        let typed = schema.get("type").is_none_or(|name| TYPES.iter().any(|known| name == known));
        objections.unless(typed, place, "an unknown type", "write one name, and `nullable` for `null`");
        for keyword in NEWER.iter().filter(|keyword| schema.get(keyword).is_some()) {
            objections.unless(false, place, format!("`{keyword}`"), "that is newer: say it as 3.0 does");
        }
        objections.unless(!list_without_items(schema), place, "a list without `items`", GIVE_ITEMS);
        for keyword in ["exclusiveMaximum", "exclusiveMinimum"] {
            let older = schema.get(keyword).is_none_or(Value::is_boolean);
            objections.unless(
                older,
                place,
                format!("`{keyword}` with a number"),
                "write `true` beside the bound",
            );
        }
        let alone = schema.get("$ref").is_none() || schema.as_object().is_some_and(|all| all.len() == 1);
        objections.unless(alone, place, "a neighbour of `$ref`", "wrap the reference in `allOf`");
    });
}
