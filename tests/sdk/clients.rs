//! What the operations of real plugins become for each kind of client, judged by stand-ins of these clients.
//!
//! A stand-in is one small function with the rules of one client that are known to refuse a whole request or tool
//! list, and the source of each. Nothing here calls a model: a stand-in knows only what somebody has written down.
//! Every stand-in is shown what it must refuse, so that it cannot become blind.

use lobe_plugin_sdk::Plugin;
use lobe_plugin_sdk::schema::{Profile, Schema};
use lobe_tests::{golden, parity};
use serde_json::{Value, json};

/// Says the first thing that a client would refuse.
type Client = fn(&Value) -> Result<(), String>;

#[test]
fn every_operation_pleases_every_client() {
    let table: &[(Profile, &[Client])] = &[
        (Profile::Portable, &[openai, anthropic, typescript_mcp_v1]),
        (Profile::OpenAiStrict, &[openai, openai_strict, anthropic, typescript_mcp_v1]),
        (Profile::Gemini, &[openai, gemini, anthropic, typescript_mcp_v1]),
    ];
    let mut judged = 0;
    for (name, schema) in parameters() {
        for (profile, clients) in table {
            let shown = schema.in_profile(*profile).to_value();
            for client in *clients {
                client(&shown).unwrap_or_else(|no| panic!("{name} {profile:?}: {no} in {shown:#}"));
                judged += 1;
            }
        }
        let shown = schema.in_profile(Profile::OpenApi30).to_value();
        openapi_3_0(&shown).unwrap_or_else(|no| panic!("{name} OpenAPI 3.0: {no} in {shown:#}"));
    }
    assert!(judged > 150, "only {judged} were judged");
}

#[test]
fn one_schema_in_every_profile_is_as_blessed() {
    let profiles =
        [Profile::Portable, Profile::OpenAiStrict, Profile::Gemini, Profile::OpenApi30, Profile::OpenApi31];
    let shown = profiles.map(|profile| {
        let schema = serde_json::to_string_pretty(&everything().in_profile(profile)).unwrap();
        format!("# {profile:?}\n{schema}\n")
    });
    golden("profiles.txt", &shown.join("\n"));
}

#[test]
fn every_client_refuses_what_it_must() {
    let within =
        |property: Value| json!({"type": "object", "properties": {"a": property}, "required": ["a"]});
    let closed = |property: Value| {
        let mut schema = within(property);
        schema["additionalProperties"] = json!(false);
        schema
    };
    let text = json!({"type": "string"});
    refuse(openai, &[json!({"type": "object"}), json!({"type": "string"}), within(json!({"type": "array"}))]);
    refuse(
        openai_strict,
        &[
            within(text.clone()),
            closed(json!({})),
            closed(json!({"type": "string", "default": "a"})),
            closed(json!({"type": "string", "format": "uri"})),
            closed(json!({"type": "string", "pattern": "a"})),
            closed(json!({"type": "object", "additionalProperties": text})),
            json!({"type": "object", "properties": {"a": text}, "additionalProperties": false}),
        ],
    );
    refuse(
        gemini,
        &[
            closed(text.clone()),
            within(json!({"$ref": "#/$defs/A"})),
            within(json!({"const": "a"})),
            within(json!({"type": ["string", "null"]})),
            within(json!({"type": "integer", "enum": [1]})),
            within(json!({"type": "string", "enum": [""]})),
            within(json!({"type": "string", "format": "date"})),
            within(json!({"type": "integer", "exclusiveMinimum": 0})),
            within(json!({"type": "array"})),
            within(json!({"anyOf": [{"minimum": 1}]})),
            json!({"type": "object", "properties": {}, "required": ["a"]}),
            within(json!({"type": "object", "properties": {}})),
            within(json!({"type": "array", "items": {"type": "object"}})),
        ],
    );
    refuse(
        anthropic,
        &[json!({"type": "object", "anyOf": []}), json!({"oneOf": []}), json!({"properties": {}})],
    );
    refuse(
        typescript_mcp_v1,
        &[json!({"type": "string"}), within(json!(true)), json!({"type": "object", "required": "a"})],
    );
    refuse(
        openapi_3_0,
        &[
            json!({"type": ["string", "null"]}),
            within(json!({"type": "null"})),
            within(json!({"const": 1})),
            within(json!({"type": "number", "exclusiveMinimum": 1})),
            within(json!({"$ref": "#/a", "description": "beside"})),
            within(json!({"type": "array"})),
            within(json!({"examples": [1]})),
            within(json!(true)),
        ],
    );
}

fn refuse(client: Client, schemas: &[Value]) {
    for schema in schemas {
        assert!(client(schema).is_err(), "{schema} is not refused");
    }
}

/// The parameters of every operation of the plugins, and one schema with all that theirs lack.
fn parameters() -> Vec<(String, Schema)> {
    let plugins: [Plugin; 3] =
        [clothes::clothes::plugin(), parity::plugin(), parity::with_settings::plugin()];
    let mut all = vec![("everything".to_owned(), everything())];
    for plugin in &plugins {
        let named = |operation: &str| format!("{} {operation}", plugin.identity().identifier);
        all.extend(plugin.operations().iter().map(|op| (named(op.name()), op.get_parameters().clone())));
    }
    all
}

fn everything() -> Schema {
    Schema::from_value(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "oneOf": [
            {"type": "object", "properties": {"kind": {"const": "a"}}, "required": ["kind"]},
            {"type": "object", "properties": {"kind": {"const": "b"}, "tree": {"$ref": "#/$defs/Tree"}},
             "required": ["kind"]},
        ],
        "properties": {
            "any": true,
            "level": {"enum": [1, 2, null], "default": 1},
            "map": {"type": "object", "additionalProperties": {"type": "integer"}},
            "maybe": {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}], "description": "Perhaps."},
            "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": ["integer", "null"]}], "items": false},
            "share": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5, "examples": [1, 2]},
            "when": {"type": "string", "format": "date", "pattern": "^2"},
        },
        "required": ["any", "level", "gone"],
        "$defs": {"Tree": {"type": "object", "properties": {
            "left": {"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]}, "value": {"type": "string"}}}},
    }))
}

/// What OpenAI refuses in any tool: a root without `properties`
/// (<https://github.com/openai/openai-agents-python/pull/454>), a list without `items`
/// (<https://github.com/sbroenne/mcp-server-excel/pull/709>).
fn openai(schema: &Value) -> Result<(), String> {
    must(schema["type"] == "object" && schema["properties"].is_object(), "a root with properties")?;
    everywhere(schema, &|schema| {
        must(schema["type"] != "array" || schema["items"].is_object(), "a list without items")?;
        must(schema.is_object(), "a schema that is no object")
    })
}

/// What its strict mode refuses beyond that: open objects (<https://github.com/dotnet/extensions/issues/6266>), optional
/// properties (<https://github.com/vercel/ai/issues/6704>), formats (<https://github.com/posit-dev/chatlas/pull/255>)
/// and defaults (<https://github.com/anthony-chaudhary/fak/issues/10777>), schemas without a type.
fn openai_strict(schema: &Value) -> Result<(), String> {
    must(schema.get("anyOf").is_none(), "a union as the root")?;
    everywhere(schema, &|schema| {
        only(
            schema,
            &[
                "additionalProperties",
                "anyOf",
                "description",
                "enum",
                "items",
                "properties",
                "required",
                "type",
            ],
        )?;
        must(schema["type"].is_string() || schema["anyOf"].is_array(), "a schema without a type")?;
        if schema["type"] != "object" {
            return Ok(());
        }
        must(schema["additionalProperties"] == false, "an open object")?;
        must(names(schema, "properties") == names(schema, "required"), "an optional property")
    })
}

/// What Gemini's `parameters` refuse: unknown fields (<https://github.com/weave-os/router/pull/65>,
/// <https://github.com/pizza-bot-app/pizza-bot/issues/62>), references
/// (<https://github.com/google-gemini/gemini-cli/issues/13326>), enums of other things than texts
/// (<https://github.com/microsoft/azure-devops-mcp/issues/139>), formats but one
/// (<https://github.com/google-gemini/gemini-cli/issues/3178>), branches without a type
/// (<https://github.com/zereight/gitlab-mcp/issues/166>), lists without `items`
/// (<https://github.com/sbroenne/mcp-server-excel/pull/709>), `required` of nothing
/// (<https://github.com/MarkusPfundstein/mcp-obsidian/issues/105>), objects without a property
/// (<https://github.com/browser-use/browser-use/issues/3786>). A root without any is left out by whoever asks the API
/// (<https://github.com/agno-agi/agno/issues/2112>, <https://github.com/vercel/ai/issues/3371>).
fn gemini(schema: &Value) -> Result<(), String> {
    const FIELDS: &[&str] = &[
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
    everywhere(schema, &|inner| {
        let empty = inner["type"] == "object" && names(inner, "properties").is_empty();
        must(!empty || std::ptr::eq(inner, schema), "an object without a property")
    })?;
    everywhere(schema, &|schema| {
        only(schema, FIELDS)?;
        must(schema["type"].is_string() || schema["anyOf"].is_array(), "a schema without a type")?;
        must(schema["type"] != "array" || schema["items"].is_object(), "a list without items")?;
        must(schema.get("format").is_none_or(|format| format == "date-time"), "an unknown format")?;
        must(schema.get("anyOf").is_none() || schema.get("type").is_none(), "a union beside a type")?;
        let mut members = schema["enum"].as_array().into_iter().flatten();
        must(
            members.all(|member| member.as_str().is_some_and(|text| !text.is_empty())),
            "an enum of no texts",
        )?;
        let known = names(schema, "properties");
        must(names(schema, "required").iter().all(|name| known.contains(name)), "an unknown required name")
    })
}

/// What Anthropic's API answers 400 to, for the whole request: a root that is no plain object
/// (<https://github.com/anthropics/claude-code/issues/5973>,
/// <https://github.com/makenotion/notion-mcp-server/issues/341>).
fn anthropic(schema: &Value) -> Result<(), String> {
    must(schema["type"] == "object", "a root of another type")?;
    let combined = ["allOf", "anyOf", "oneOf"].iter().any(|keyword| schema.get(keyword).is_some());
    must(!combined, "a root of alternatives")
}

/// What makes the list parser of the TypeScript SDK, version 1, drop every tool
/// (`ToolSchema`, <https://github.com/modelcontextprotocol/typescript-sdk/blob/v1.x/src/types.ts>): the root is
/// `"object"`, a property's schema an object, `required` a list of names.
fn typescript_mcp_v1(schema: &Value) -> Result<(), String> {
    must(schema["type"] == "object", "a root of another type")?;
    let mut properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    must(properties.all(|(_, property)| property.is_object()), "a property that is no object")?;
    let required = schema.get("required");
    let texts = |list: &Value| list.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    must(required.is_none_or(texts), "`required` that is no list of names")
}

/// What is no schema in an OpenAPI 3.0 document (<https://spec.openapis.org/oas/v3.0.3#schema-object>).
fn openapi_3_0(schema: &Value) -> Result<(), String> {
    const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];
    const NEWER: &[&str] =
        &["const", "examples", "if", "then", "else", "prefixItems", "patternProperties", "$schema"];
    everywhere(schema, &|schema| {
        must(schema.is_object(), "a schema that is no object")?;
        must(
            schema.get("type").is_none_or(|name| TYPES.iter().any(|known| name == known)),
            "an unknown type",
        )?;
        must(NEWER.iter().all(|keyword| schema.get(keyword).is_none()), "a newer keyword")?;
        must(schema["type"] != "array" || schema["items"].is_object(), "a list without items")?;
        let exclusive = ["exclusiveMaximum", "exclusiveMinimum"];
        must(exclusive.iter().all(|one| schema.get(one).is_none_or(Value::is_boolean)), "a newer bound")?;
        must(
            schema.get("$ref").is_none() || schema.as_object().is_some_and(|all| all.len() == 1),
            "a neighbour of a reference",
        )
    })
}

fn must(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn only(schema: &Value, known: &[&str]) -> Result<(), String> {
    let unknown =
        schema.as_object().and_then(|all| all.keys().find(|keyword| !known.contains(&keyword.as_str())));
    unknown.map_or(Ok(()), |keyword| Err(format!("`{keyword}`")))
}

/// The names under a keyword, be it a map or a list, in order.
fn names(schema: &Value, keyword: &str) -> Vec<String> {
    let mut names: Vec<String> = match schema.get(keyword) {
        Some(Value::Object(named)) => named.keys().cloned().collect(),
        Some(Value::Array(list)) => list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    names.sort();
    names
}

/// Judges a schema and all below it.
fn everywhere(schema: &Value, judge: &dyn Fn(&Value) -> Result<(), String>) -> Result<(), String> {
    judge(schema)?;
    for keyword in ["properties", "$defs"] {
        let named = schema.get(keyword).and_then(Value::as_object).into_iter().flatten();
        named.map(|(_, child)| child).try_for_each(|child| everywhere(child, judge))?;
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let branches = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
        branches.into_iter().try_for_each(|child| everywhere(child, judge))?;
    }
    let single = ["additionalProperties", "items"].into_iter().filter_map(|keyword| schema.get(keyword));
    single.filter(|child| child.is_object()).try_for_each(|child| everywhere(child, judge))
}
