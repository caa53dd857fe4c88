//! Settings that the operator lends: who gets them, and that nobody else finds out what they are.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use lobe_plugin_gateway::{Config, Gateway};
use lobe_tests::http::Server;
use lobe_tests::upstream::{Upstream, text_answer};
use serde_json::{Value, json};

use super::elsewhere::{ask, gateway, market, ok, payload};

/// What the operator lends the plugin `known`.
const LENT: &str =
    "[plugins.known]\nsettings = { KEY = \"operators-secret\", THEME = \"dark\" }\noverridable = [\"THEME\"]";

#[tokio::test]
async fn the_operators_settings_go_to_his_own_plugin_whole_or_not_at_all() {
    let market = market().await;
    let gateway = gateway(&market, LENT).await;
    let check = async |settings: Option<&str>, expected: &str| {
        let answer = ask(&gateway, &payload("known", "{}", None), settings).await;
        assert_eq!(answer.json()["settings"], expected, "{}", answer.text);
    };
    check(None, r#"{"KEY":"operators-secret","THEME":"dark"}"#).await;
    check(Some("{}"), r#"{"KEY":"operators-secret","THEME":"dark"}"#).await;
    check(Some(r#"{"THEME":"light"}"#), r#"{"KEY":"operators-secret","THEME":"light"}"#).await;
    check(Some(r#"{"KEY":"mine"}"#), r#"{"KEY":"mine"}"#).await;
    check(Some(r#"{"KEY":"mine","BASE":"x"}"#), r#"{"KEY":"mine","BASE":"x"}"#).await;
}

#[tokio::test]
async fn a_callers_manifest_gets_the_operators_settings_for_the_operators_servers_only() {
    let market = market().await;
    let evil = Upstream::start(ok).await;
    let both = format!(
        "[egress]\nrequire_https = false\nallow_hosts = [\"{}\", \"{}\"]",
        market.host(),
        evil.host()
    );
    let config = format!("index = \"{}/index.json\"\n{LENT}\n{both}", market.url());
    let gateway =
        Server::start(Gateway::configured(&Config::from_toml(&config).unwrap()).unwrap().router()).await;

    let own = ask(&gateway, &payload("known", "{}", Some(market.manifest("known", "/run"))), None).await;
    assert_eq!(own.json()["settings"], r#"{"KEY":"operators-secret","THEME":"dark"}"#, "{}", own.text);

    let stolen = ask(&gateway, &payload("known", "{}", Some(evil.manifest("known", "/run"))), None).await;
    assert_eq!(stolen.status, StatusCode::OK, "{}", stolen.text);
    let [sent] = &evil.received()[..] else { panic!("one call makes one request") };
    assert_eq!(sent.header("x-lobe-plugin-settings"), "{}");

    let index = format!("{}/index.json?his", market.url());
    let by_index = json!({ "identifier": "known", "apiName": "run", "arguments": "{}", "indexUrl": index });
    let found = ask(&gateway, &by_index.to_string(), Some(r#"{"KEY":"mine"}"#)).await;
    assert_eq!(found.json()["settings"], r#"{"KEY":"mine"}"#, "{}", found.text);
    let found = ask(&gateway, &by_index.to_string(), None).await;
    assert_eq!(found.json()["errorType"], "PluginSettingsInvalid", "{}", found.text);

    let mut asking = evil.manifest("known", "/run");
    asking["settings"] =
        json!({ "type": "object", "properties": { "KEY": { "pattern": "^x" } }, "required": ["KEY"] });
    let oracle = ask(&gateway, &payload("known", "{}", Some(asking)), None).await;
    assert_eq!(oracle.json()["errorType"], "PluginSettingsInvalid");
    assert!(oracle.text.contains("does not have required property"), "{}", oracle.text);
}

/// Schemas for settings that ask about `KEY` in every way: whether it is there, what it is, how long, how it begins.
fn questions() -> Vec<Value> {
    let mut about = vec![json!({ "const": "operators-secret" }), json!({ "enum": ["operators-secret", 7] })];
    about.extend([1, 2, 16, 17].iter().flat_map(|n| [json!({ "minLength": n }), json!({ "maxLength": n })]));
    about.extend(["^o", "^7", "-"].map(|pattern| json!({ "pattern": pattern })));
    about.extend(["string", "number", "null"].map(|name| json!({ "type": name })));
    about.extend(about.clone().into_iter().map(|schema| json!({ "not": schema })));
    let asked = about.into_iter().flat_map(|schema| {
        let key = json!({ "KEY": schema });
        [
            json!({ "properties": key, "required": ["KEY"] }),
            json!({ "properties": {}, "additionalProperties": schema }),
            json!({ "properties": {}, "anyOf": [{ "required": ["NOTHING"] }, { "properties": key }] }),
            json!({ "properties": {}, "if": { "properties": key }, "then": { "required": ["NOTHING"] } }),
        ]
    });
    let counted = (0..3).flat_map(|n| {
        [json!({ "properties": {}, "minProperties": n }), json!({ "properties": {}, "maxProperties": n })]
    });
    let named = [
        json!({ "properties": {}, "propertyNames": { "enum": ["KEY"] } }),
        json!({ "properties": {}, "dependentRequired": { "KEY": ["NOTHING"] } }),
        json!({ "properties": { "THEME": { "const": "dark" } } }),
    ];
    asked.chain(counted).chain(named).collect()
}

#[tokio::test]
async fn no_schema_of_a_callers_finds_out_what_the_operator_lent() {
    let upstream = Upstream::start(|_| text_answer(StatusCode::OK, "done")).await;
    let mut statuses = BTreeSet::new();
    // The plugin's own servers are sent the settings, and those of a manifest that only says it is the plugin are not.
    for origin in [upstream.url(), "https://plugin.example".to_owned()] {
        let lent = |secret: &str| {
            format!(
                "[plugins.p]\norigins = [\"{origin}\"]\nsettings = {{ KEY = \"{secret}\", THEME = \"dark\" }}\noverridable = [\"THEME\"]"
            )
        };
        let one = gateway(&upstream, &lent("operators-secret")).await;
        let other = gateway(&upstream, &lent("7")).await;
        for mut schema in questions() {
            schema["type"] = "object".into();
            let mut manifest = upstream.manifest("p", "/run");
            manifest["settings"] = schema.clone();
            let payload = payload("p", "{}", Some(manifest));
            for settings in [None, Some(r#"{"THEME":"light"}"#)] {
                let [first, second] =
                    [ask(&one, &payload, settings).await, ask(&other, &payload, settings).await];
                assert_eq!((first.status, &first.text), (second.status, &second.text), "{schema}");
                statuses.insert((*origin == upstream.url(), first.status.as_u16()));
            }
        }
    }
    // A question that is answered neither way would be none.
    assert_eq!(statuses, BTreeSet::from([(true, 200), (true, 422), (false, 200), (false, 422)]));
}

#[tokio::test]
async fn what_the_operator_lent_does_not_come_back_in_a_failure() {
    let upstream = Upstream::start(|request| {
        let told = format!("you sent {}", request.header("x-lobe-plugin-settings"));
        text_answer(StatusCode::INTERNAL_SERVER_ERROR, &told)
    })
    .await;
    let origin = upstream.url();
    let pin = format!("[plugins.p]\norigins = [\"{origin}\"]\nsettings = {{ KEY = \"operators-secret\" }}");
    let gateway = gateway(&upstream, &pin).await;
    let answer = ask(&gateway, &payload("p", "{}", Some(upstream.manifest("p", "/run"))), None).await;
    assert_eq!(answer.json()["body"], r#"you sent {"KEY":"[redacted]"}"#);
}
