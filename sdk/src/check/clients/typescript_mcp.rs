//! The list parser of the TypeScript SDK, version 1, which drops every tool for one that is wrong
//! (`ToolSchema`, <https://github.com/modelcontextprotocol/typescript-sdk/blob/v1.x/src/types.ts>): the root is `"object"`,
//! a property's schema an object, `required` a list of names. It judges the schemas of answers in the same way.

use serde_json::Value;

use super::Objections;
use crate::json::pointer;

pub(super) fn judge(schema: &Value, objections: &mut Objections) {
    objections.unless(
        schema["type"] == "object",
        "",
        "a root that is no object",
        "write `\"type\": \"object\"`",
    );
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let instead = "give it a type: an object, or JSON in a string, if it may be anything";
        objections.unless(
            property.is_object(),
            &format!("/properties{}", pointer(name)),
            "a schema that is no object",
            instead,
        );
    }
    let texts = |list: &Value| list.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    let listed = schema.get("required").is_none_or(texts);
    objections.unless(
        listed,
        "/required",
        "`required` that is no list of names",
        "list the required properties",
    );
}
