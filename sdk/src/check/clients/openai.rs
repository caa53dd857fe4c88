//! OpenAI's API, and its strict mode.

use serde_json::Value;

use super::{GIVE_ITEMS, Objections, list_without_items, names, walk};

/// What is refused in any tool: a root without `properties`
/// (<https://github.com/openai/openai-agents-python/pull/454>), a list without `items`, `true` as a schema.
pub(super) fn judge(schema: &Value, objections: &mut Objections) {
    let root = schema["type"] == "object" && schema["properties"].is_object();
    let instead = "write `{\"type\": \"object\", \"properties\": {}}`, and in it what there is";
    objections.unless(root, "", "a root that is no object with `properties`", instead);
    walk::each(schema, &mut |place, schema| {
        objections.unless(schema.is_object(), place, "a schema that is no object", "give it a type");
        objections.unless(!list_without_items(schema), place, "a list without `items`", GIVE_ITEMS);
    });
}

/// What strict mode refuses beyond that: open objects (<https://github.com/dotnet/extensions/issues/6266>), optional
/// properties (<https://github.com/vercel/ai/issues/6704>), formats (<https://github.com/posit-dev/chatlas/pull/255>)
/// and defaults (<https://github.com/anthony-chaudhary/fak/issues/10777>), schemas without a type.
pub(super) fn judge_strictly(schema: &Value, objections: &mut Objections) {
    const FIELDS: &[&str] =
        &["additionalProperties", "anyOf", "description", "enum", "items", "properties", "required", "type"];
    objections.unless(schema.get("anyOf").is_none(), "", "a union as the root", "write one object");
    walk::each(schema, &mut |place, schema| {
        objections.only(schema, FIELDS, place, "say it in the description");
        let typed = schema["type"].is_string() || schema["anyOf"].is_array();
        objections.unless(typed, place, "a schema without a type", "give it a type");
        if schema["type"] == "object" {
            let closed = schema["additionalProperties"] == false;
            objections.unless(closed, place, "an open object", "write `\"additionalProperties\": false`");
            let required = names(schema, "properties") == names(schema, "required");
            let instead = "require it, and let it be `null`";
            objections.unless(required, place, "an optional property", instead);
        }
    });
}
