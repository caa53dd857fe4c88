//! What the operations of real plugins become for each kind of client, judged by the rules of these clients that the sdk
//! has in `check`. Every client is shown what it must refuse, so that it cannot become blind.
//!
//! The examples ask the same of their own operations, by `testing::assert_accepted`.

use lobe_plugin_sdk::Plugin;
use lobe_plugin_sdk::check::Client;
use lobe_plugin_sdk::schema::{Profile, Schema};
use lobe_tests::{golden, parity};
use serde_json::{Value, json};

#[test]
fn every_operation_pleases_every_client() {
    let table: &[(Profile, &[Client])] = &[
        (Profile::Portable, &[Client::OpenAi, Client::Anthropic, Client::Xai, Client::TypescriptMcp]),
        (
            Profile::OpenAiStrict,
            &[Client::OpenAi, Client::OpenAiStrict, Client::Anthropic, Client::Xai, Client::TypescriptMcp],
        ),
        (
            Profile::Gemini,
            &[
                Client::OpenAi,
                Client::Gemini,
                Client::GeminiStrict,
                Client::Anthropic,
                Client::Xai,
                Client::TypescriptMcp,
            ],
        ),
        (Profile::OpenApi30, &[Client::OpenApi30]),
    ];
    let mut judged = 0;
    for (name, schema) in parameters() {
        for (profile, clients) in table {
            let shown = schema.in_profile(*profile).to_value();
            for client in *clients {
                let objections = client.objections(&shown);
                assert_eq!(objections, [], "{name} {profile}: {client} objects to {shown:#}");
                judged += 1;
            }
        }
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

fn within(property: impl Into<Value>) -> Value {
    let property = property.into();
    json!({"type": "object", "properties": {"a": property}, "required": ["a"]})
}

fn closed(property: impl Into<Value>) -> Value {
    let mut schema = within(property);
    schema["additionalProperties"] = json!(false);
    schema
}

#[test]
fn models_refuse_what_they_must() {
    let text = json!({"type": "string"});
    refuse(
        Client::OpenAi,
        &[json!({"type": "object"}), json!({"type": "string"}), within(json!({"type": "array"}))],
    );
    refuse(
        Client::OpenAiStrict,
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
        Client::GeminiStrict,
        &[
            closed(text.clone()),
            within(json!({"type": "string", "format": "date"})),
            within(json!({"type": "string", "enum": [""]})),
        ],
    );
    for client in [Client::Gemini, Client::GeminiStrict] {
        refuse(
            client,
            &[
                within(json!({"$ref": "#/$defs/A"})),
                within(json!({"const": "a"})),
                within(json!({"type": ["string", "null"]})),
                within(json!({"type": "integer", "enum": [1]})),
                within(json!({"type": "integer", "exclusiveMinimum": 0})),
                within(json!({"type": "object", "additionalProperties": {"type": "string"}})),
                within(json!({"type": "array"})),
                within(json!({"anyOf": [{"minimum": 1}]})),
                json!({"type": "object", "properties": {}, "required": ["a"]}),
                within(json!({"type": "object", "properties": {}})),
                within(json!({"type": "array", "items": {"type": "object"}})),
            ],
        );
    }
}

#[test]
fn other_clients_refuse_what_they_must() {
    refuse(Client::Xai, &[within(json!({"type": "string", "enum": []}))]);
    refuse(
        Client::Anthropic,
        &[
            json!({"type": "object", "anyOf": []}),
            json!({"oneOf": []}),
            json!({"properties": {}}),
            json!({"type": "object", "properties": {"größe": {"type": "string"}}}),
        ],
    );
    refuse(
        Client::TypescriptMcp,
        &[json!({"type": "string"}), within(json!(true)), json!({"type": "object", "required": "a"})],
    );
    refuse(
        Client::OpenApi30,
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
        assert_ne!(client.objections(schema), [], "{client} does not refuse {schema}");
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
