//! What users enter: shown as a form, read as a type, and never seen again.

use axum::body::Body;
use axum::http::Request;
use lobe_plugin_sdk::protocol::UserSettings;
use lobe_plugin_sdk::{Call, ErrorType, Plugin, PluginError, Secret, Settings, Site, lobe_plugin};
use lobe_tests::http::Server;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// What the first function wants.
#[derive(Debug, Deserialize, JsonSchema)]
struct Keys {
    /// Your key.
    api_key: Secret<String>,
    /// How many at most.
    #[serde(default)]
    limit: u8,
}

/// What the second one wants.
#[derive(Debug, Deserialize, JsonSchema)]
struct Place {
    /// Where you are.
    city: String,
    /// Your key.
    api_key: Option<Secret<String>>,
}

/// Say how long the key is.
#[lobe_plugin]
fn key_length(Settings(keys): Settings<Keys>) -> usize {
    keys.api_key.expose().len() + usize::from(keys.limit)
}

/// Say where.
#[lobe_plugin]
fn whereabouts(Settings(place): Settings<Place>) -> String {
    format!("{} ({})", place.city, place.api_key.is_some())
}

fn plugin() -> Plugin {
    Plugin::new("keys").with::<key_length>().with::<whereabouts>()
}

async fn ask(operation: &'static str, settings: Value) -> Result<String, PluginError> {
    let Value::Object(settings) = settings else { panic!("settings are an object") };
    let call = Call::new(operation, json!({})).with_settings(UserSettings::new(settings));
    plugin().call(call).await.map(lobe_plugin_sdk::Reply::into_text)
}

#[test]
fn the_manifest_has_one_form_for_all_functions() {
    let site = Site::at("https://plugins.example.org".parse().unwrap());
    let settings = serde_json::to_value(plugin().manifest(&site)).unwrap()["settings"].take();
    assert_eq!(settings["type"], "object");
    assert_eq!(settings["required"], json!(["api_key", "city"]));
    let key = json!({ "type": "string", "format": "password", "description": "Your key." });
    assert_eq!(settings["properties"]["api_key"], key);
    assert_eq!(settings["properties"].as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn functions_get_them_checked_and_typed() {
    assert_eq!(ask("key_length", json!({ "api_key": "sk-1", "limit": 3 })).await.unwrap(), "7");
    assert_eq!(ask("whereabouts", json!({ "city": "Bern", "more": 1 })).await.unwrap(), "Bern (false)");
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named_and_never_repeated() {
    let check = async |settings: Value, expected: &str| {
        let error = ask("key_length", settings).await.unwrap_err();
        assert_eq!(error.error_type(), ErrorType::PluginSettingsInvalid);
        assert_eq!(error.message(), expected);
        assert!(!format!("{error:?}").contains("marked-secret"), "{error:?}");
    };
    check(json!({}), "/api_key: expected a string (password), got nothing").await;
    check(json!({ "api_key": 7 }), "/api_key: expected a string (password), got number").await;
    let limit = json!({ "api_key": "marked-secret", "limit": "marked-secret" });
    check(limit, "/limit: expected an integer from 0 to 255, got string").await;
}

#[tokio::test]
async fn a_browser_sends_them_in_a_header() {
    let server = Server::start(plugin().router()).await;
    let call = async |settings: Option<&str>| server.post("/api/key_length", "", settings).await;
    assert_eq!(call(Some(r#"{"api_key":"sk-123"}"#)).await.text, "6");
    for missing in [None, Some("undefined"), Some("{}"), Some("null")] {
        let answer = call(missing).await;
        assert_eq!(answer.status.as_u16(), 422);
        assert_eq!(answer.json()["errorType"], "PluginSettingsInvalid", "{missing:?}");
    }
}

#[tokio::test]
async fn an_openapi_client_sends_each_in_a_header_of_its_own() {
    let server = Server::start(plugin().router()).await;
    let document = server.get("/openapi.json").await.json();
    let scheme = &document["components"]["securitySchemes"]["api_key"];
    assert_eq!(scheme["name"], "x-lobe-setting-api-key", "{document}");
    assert_eq!(document["security"], json!([{ "api_key": [], "city": [] }]));

    let request = |headers: &[(&str, &str)]| {
        let request = headers
            .iter()
            .fold(Request::post("/api/key_length"), |request, (name, value)| request.header(*name, *value));
        request.body(Body::empty()).unwrap()
    };
    let one = [("x-lobe-setting-api-key", "sk-123"), ("x-lobe-setting-limit", "4")];
    assert_eq!(server.send(request(&one)).await.text, "10");
    let both = [("x-lobe-plugin-settings", r#"{"api_key":"sk"}"#), ("x-lobe-setting-api-key", "sk-123")];
    assert_eq!(server.send(request(&both)).await.text, "2", "what LobeChat says for all counts");
}

#[test]
fn a_secret_never_prints() {
    let keys: Keys = serde_json::from_value(json!({ "api_key": "marked-secret" })).unwrap();
    assert_eq!(format!("{keys:?}"), "Keys { api_key: [redacted], limit: 0 }");
}
