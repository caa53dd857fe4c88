//! A plugin fails in this process exactly as it fails over HTTP: every call of the table, through every door of ours.
//!
//! What LobeHub's own gateway makes of the same calls is judged by `tests/node/parity.test.mjs`.

use std::time::Duration;

use lobe_plugin_gateway::Gateway;
use lobe_plugin_gateway::testing::ClassicClient;
use lobe_plugin_sdk::UserSettings;
use lobe_plugin_sdk::serve::{HttpDoor, Limits};
use lobe_plugin_sdk::testing::{HttpClient, LocalServer, McpClient, TestCall, TestClient};
use lobe_tests::calls::{self, Case, Refusing};
use lobe_tests::http::{Answer, Server};
use lobe_tests::parity;
use serde_json::{Value, json};

const LIMITS: Duration = Duration::from_millis(300);

fn limits() -> Limits {
    Limits { call_time: LIMITS, ..Limits::default() }
}

fn gateway() -> Gateway {
    Gateway::new().mount(parity::plugin()).mount(parity::with_settings::plugin()).limits(limits())
}

/// Tells what the gateway answers for a case, as status and either text or error.
async fn in_process(gateway: &Gateway, case: &Case) -> (u16, Result<String, Value>) {
    let settings = case.settings.clone().map(UserSettings::new).unwrap_or_default();
    match gateway.execute(case.payload().as_bytes(), settings).await {
        Ok(reply) => (200, Ok(reply.collect().await.expect("a stream that began is whole").into_text())),
        Err(error) => (error.error_type().status(), Err(json!(error.to_wire()))),
    }
}

fn as_pair(answer: &Answer) -> (u16, Result<String, Value>) {
    let outcome = if answer.status.is_success() { Ok(answer.text.clone()) } else { Err(answer.json()) };
    (answer.status.as_u16(), outcome)
}

fn check_want(case: &Case, status: u16, outcome: &Result<String, Value>) {
    let name = &case.name;
    assert_eq!(status, case.want.status, "{name}: {outcome:?}");
    match outcome {
        Ok(text) => assert_eq!(Some(text), case.want.text.as_ref(), "{name}"),
        Err(error) => {
            assert!(case.want.text.is_none(), "{name}: {error}");
            // A plugin's own failure carries its status and nothing of its name, as over HTTP.
            let error_type = case.want.error_type.clone().unwrap_or_else(|| status.into());
            assert_eq!(error["errorType"], error_type, "{name}: {error}");
            assert!(!error.to_string().contains("marked-secret"), "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn every_call_answers_alike_in_process_and_over_http() {
    let cases = calls::all();
    assert!(cases.len() >= 60, "the table has {} calls", cases.len());
    let gateway = gateway();
    let server = Server::start(gateway.clone().router()).await;
    for case in &cases {
        let (status, outcome) = in_process(&gateway, case).await;
        check_want(case, status, &outcome);
        let settings = case.settings_header();
        for path in ["/api/gateway", "/api/v1/runner"] {
            let answer = server.post(path, &case.payload(), settings.as_deref()).await;
            assert_eq!(as_pair(&answer), (status, outcome.clone()), "{}", case.name);
        }
    }
}

#[tokio::test]
async fn the_plugins_own_door_says_the_same() {
    let server = Server::start(HttpDoor::new(parity::plugin()).limits(limits()).router()).await;
    let gateway = gateway();
    // UserSettings are the gateway's to judge; the second plugin asks for nothing else.
    for case in calls::all().iter().filter(|case| case.plugin == "parity") {
        let path = format!("/api/{}", case.api);
        // As LobeHub's gateway does: by the header of the settings the door knows that a chat asks.
        let answer = server.post(&path, case.arguments.as_deref().unwrap_or_default(), Some("{}")).await;
        assert_eq!(answer.status.as_u16(), case.want.status, "{}: {}", case.name, answer.text);
        if case.want.status == 200 {
            assert_eq!(Some(&answer.text), case.want.text.as_ref(), "{}", case.name);
            continue;
        }
        assert!(!answer.text.contains("marked-secret"), "{}: {}", case.name, answer.text);
        match case.want.from {
            // What the gateway hands on as text is what the plugin's server would have answered.
            Some(Refusing::Plugin) => {
                let (_, through_gateway) = in_process(&gateway, case).await;
                let text = through_gateway.unwrap_err()["body"].as_str().unwrap_or_default().to_owned();
                assert_eq!(answer.text, text, "{}", case.name);
            }
            _ => {
                assert_eq!(Some(&answer.json()["errorType"]), case.want.error_type.as_ref(), "{}", case.name)
            }
        }
    }
}

/// Returns whether MCP can carry a case: its arguments are an object there.
fn fits_mcp(case: &Case) -> bool {
    let arguments = case.arguments.as_deref().unwrap_or("{}");
    serde_json::from_str::<serde_json::Map<String, Value>>(arguments).is_ok()
}

/// Calls a case at a door, and compares what a model reads. Returns whether there was a text to compare.
async fn check_door(door: &str, client: &dyn TestClient, case: &Case) -> bool {
    // By the header of the settings the HTTP door knows that a chat asks.
    let call = TestCall::written(&case.api, case.arguments.clone()).with_settings(json!({}));
    let answer = client.send(call).await;
    let about = format!("{} through {door}: {answer:?}", case.name);
    assert!(!format!("{answer:?}{}", answer.raw).contains("marked-secret"), "{about}");
    assert_eq!(answer.outcome.is_ok(), case.want.status == 200, "{about}");
    // A picture or a file is not Markdown in MCP, but what it is; and its texts are short.
    let is_text = answer.raw["content"][0]["type"].as_str().is_none_or(|kind| kind == "text");
    let Some(text) = case.want.text.as_deref().filter(|text| is_text && text.len() < 8_000) else {
        return false;
    };
    assert_eq!(answer.text(), text, "{about}");
    true
}

#[tokio::test]
async fn every_door_says_the_same() {
    let plugin = LocalServer::of(HttpDoor::new(parity::plugin()).limits(limits()).router::<()>());
    let gateway = LocalServer::of(gateway().router::<()>());
    let http = HttpClient::at(plugin.clone(), "");
    let classic = ClassicClient::at(gateway.clone(), "parity");
    let mcp = McpClient::at(plugin, "/mcp");
    let behind = McpClient::at(gateway.clone(), "/plugins/parity/mcp");
    let doors: [(&str, &dyn TestClient); 7] = [
        ("HTTP", &http),
        ("HTTP of the gateway", &HttpClient::at(gateway, "/plugins/parity")),
        ("LobeChat's", &classic),
        ("MCP", &mcp),
        ("MCP of 2026", &mcp.clone().modern()),
        ("MCP of the gateway", &behind),
        ("MCP of 2026 of the gateway", &behind.clone().modern()),
    ];
    for (door, client) in doors {
        let mut compared = 0;
        for case in calls::all().iter().filter(|case| case.plugin == "parity") {
            if !door.starts_with("MCP") || fits_mcp(case) {
                compared += usize::from(check_door(door, client, case).await);
            }
        }
        assert!(compared >= 30, "{compared} texts were compared through {door}");
    }
}

#[tokio::test]
async fn a_plugin_and_its_gateway_live_in_one_application() {
    let plugin = parity::plugin();
    let app =
        axum::Router::new().nest("/parity", plugin.router()).merge(Gateway::new().mount(plugin).router());
    let server = Server::start(app).await;
    assert_eq!(server.post("/parity/api/say", r#"{"text":"x"}"#, None).await.text, "x");
    let payload = json!({ "identifier": "parity", "apiName": "say", "arguments": r#"{"text":"y"}"# });
    assert_eq!(server.post("/api/gateway", &payload.to_string(), None).await.text, "y");
    let manifest = server.get("/parity/manifest.json").await.json();
    assert_eq!(manifest["api"][0]["url"], format!("{}/parity/api/say", server.url()));
}

#[tokio::test]
async fn a_server_lives_on_after_a_panic() {
    let server = Server::start(gateway().router()).await;
    for _ in 0..3 {
        let answer = server.post("/plugins/parity/api/panic_now", "{}", None).await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.json()["body"]["message"], "the plugin failed; the reason is in its log");
    }
    assert_eq!(server.post("/plugins/parity/api/say", r#"{"text":"alive"}"#, None).await.text, "alive");
}

#[tokio::test]
async fn a_manifest_of_the_wrong_shape_is_refused_whoever_is_mounted() {
    let gateway = gateway();
    let check = async |identifier: &str, manifest: Value, expected: Result<&str, u16>| {
        let payload = json!({
            "identifier": identifier, "apiName": "say", "arguments": r#"{"text":"x"}"#, "manifest": manifest,
        });
        let outcome = gateway.execute(payload.to_string().as_bytes(), UserSettings::default()).await;
        let outcome = outcome.as_ref().map(|reply| reply.as_text());
        assert_eq!(outcome.map_err(|error| error.error_type().status()), expected, "{payload}");
    };
    let right = json!({ "api": [], "identifier": "parity", "meta": {} });
    for _ in 0..2 {
        check("parity", right.clone(), Ok("x")).await;
        check("parity", json!({ "identifier": "parity" }), Err(400)).await;
        check("nobody", right.clone(), Err(404)).await;
        check("nobody", json!({ "identifier": "nobody" }), Err(400)).await;
    }
    let payload =
        r#"{"identifier":"parity","apiName":"say","manifest":{"api":7,"identifier":"x","meta":{}}}"#;
    let error = gateway.execute(payload.as_bytes(), UserSettings::default()).await.unwrap_err();
    let issue = &json!(error.to_wire())["body"]["issues"][0];
    assert_eq!(issue["path"], json!(["manifest", "api"]), "{issue}");
}

#[tokio::test]
async fn a_client_of_the_openapi_document_wraps_its_arguments() {
    let gateway = gateway();
    let payload = |arguments: Value| {
        json!({ "identifier": "parity", "apiName": "say", "arguments": arguments.to_string() }).to_string()
    };
    let good = payload(json!({ "_requestBody": { "text": "hello" } }));
    let reply = gateway.execute(good.as_bytes(), UserSettings::default()).await.unwrap();
    assert_eq!(reply.as_text(), "hello");

    let bad = payload(json!({ "_requestBody": { "text": 7 } }));
    let error = gateway.execute(bad.as_bytes(), UserSettings::default()).await.unwrap_err();
    let findings = &json!(error.to_wire())["body"]["error"];
    assert_eq!(findings[1]["instanceLocation"], "#/_requestBody", "{findings}");
}
