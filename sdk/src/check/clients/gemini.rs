//! Gemini's API, whose `parameters` are a subset of OpenAPI 3.0's schemas.

use serde_json::Value;

use super::{GIVE_ITEMS, Objections, list_without_items, names, walk};

/// The fields of its schemas (<https://ai.google.dev/api/caching#Schema>).
const FIELDS: [&str; 22] = [
    "anyOf",
    "default",
    "description",
    "enum",
    "example",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "nullable",
    "pattern",
    "properties",
    "propertyOrdering",
    "required",
    "title",
    "type",
];

/// Keywords that most who call it leave out, or say otherwise.
const LEFT_OUT: [&str; 3] = ["additionalProperties", "deprecated", "examples"];

/// What breaks: unknown fields (<https://github.com/weave-os/router/pull/65>,
/// <https://github.com/pizza-bot-app/pizza-bot/issues/62>), references
/// (<https://github.com/google-gemini/gemini-cli/issues/13326>), enums of other things than texts
/// (<https://github.com/microsoft/azure-devops-mcp/issues/139>), branches without a type
/// (<https://github.com/zereight/gitlab-mcp/issues/166>), lists without `items`, maps
/// (<https://github.com/ravitemer/mcphub.nvim/pull/124>), `required` of nothing
/// (<https://github.com/MarkusPfundstein/mcp-obsidian/issues/105>), objects without a property
/// (<https://github.com/browser-use/browser-use/issues/3786>). A root without any is left out by whoever asks the API
/// (<https://github.com/agno-agi/agno/issues/2112>, <https://github.com/vercel/ai/issues/3371>).
pub(super) fn judge(schema: &Value, objections: &mut Objections) {
    walk::each(schema, &mut |place, schema| {
        objections.only(
            schema,
            &[&FIELDS[..], &LEFT_OUT].concat(),
            place,
            "say it in the description, or inline it",
        );
        let map = schema["additionalProperties"].is_object();
        objections.unless(!map, place, "a map of any keys", "write a list of objects with `key` and `value`");
        judge_one(place, schema, objections);
    });
}

/// What is refused beyond that, where schemas are sent as they are: other fields, and formats but one
/// (<https://github.com/google-gemini/gemini-cli/issues/3178>).
pub(super) fn judge_strictly(schema: &Value, objections: &mut Objections) {
    walk::each(schema, &mut |place, schema| {
        objections.only(schema, &FIELDS, place, "leave it out");
        let known = schema.get("format").is_none_or(|format| format == "date-time");
        objections.unless(known, place, "another format than `date-time`", "say it in the description");
        judge_one(place, schema, objections);
    });
}

fn judge_one(place: &str, schema: &Value, objections: &mut Objections) {
    let typed = schema["type"].is_string() || schema["anyOf"].is_array();
    objections.unless(typed, place, "a schema without one type", "write one name as `type`");
    objections.unless(!list_without_items(schema), place, "a list without `items`", GIVE_ITEMS);
    let alone = schema.get("anyOf").is_none() || schema.get("type").is_none();
    objections.unless(alone, place, "a union beside a type", "write the type in each branch of `anyOf`");
    let mut members = schema["enum"].as_array().into_iter().flatten();
    let texts = members.all(|member| member.as_str().is_some_and(|text| !text.is_empty()));
    objections.unless(texts, place, "an `enum` of other things than texts", "let its members be texts");
    let known = names(schema, "properties");
    let required = names(schema, "required").into_iter().find(|name| !known.contains(name));
    if let Some(name) = required {
        let found = format!("`required` names `{name}`, which is no property");
        objections.unless(false, place, found, "describe it in `properties`");
    }
    let empty = schema["type"] == "object" && known.is_empty() && !place.is_empty();
    objections.unless(
        !empty,
        place,
        "an object without a property",
        "give it one, or write it as JSON in a string",
    );
}
