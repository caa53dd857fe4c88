//! MCP servers that are programs of this machine, as plugins: called through `POST /api/gateway` as LobeChat does it.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use lobe_plugin_gateway::{Config, Gateway};
use lobe_tests::http::{Answer, Server};
use serde_json::json;

const CHILD: &str = env!("CARGO_BIN_EXE_mcp_child");

/// Starts a gateway with the child as the plugin `child`; `more` goes into its table, and `limits` into that of limits.
async fn gateway(manner: &str, more: &str, limits: &str) -> Server {
    let config = format!(
        "[plugins.child]\nmcp = {{ command = '{CHILD}', args = ['{manner}']{more} }}\n[limits]\nstart_time = \"15s\"\n{limits}"
    );
    let config = Config::from_toml(&config).unwrap();
    Server::start(Gateway::configured(&config).unwrap().router()).await
}

async fn call(gateway: &Server, tool: &str, arguments: &str) -> Answer {
    let payload = json!({ "identifier": "child", "apiName": tool, "arguments": arguments });
    gateway.post("/api/gateway", &payload.to_string(), None).await
}

#[track_caller]
fn is_ok(answer: &Answer, text: &str) {
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, text));
}

#[tokio::test]
async fn a_tool_is_called_as_an_operation_in_either_era() {
    for manner in ["older", "newer", "shy"] {
        let gateway = gateway(manner, "", "").await;
        is_ok(&call(&gateway, "echo", r#"{"a":"ü"}"#).await, r#"{"a":"ü"}"#);
        is_ok(&call(&gateway, "echo", "{}").await, "{}");
        let unknown = call(&gateway, "nothing", "{}").await;
        assert_eq!(unknown.json()["errorType"], "PluginApiNotFound", "{manner}: {}", unknown.text);
    }
}

#[tokio::test]
async fn answers_and_failures_are_translated() {
    let gateway = gateway("older", "", "").await;
    is_ok(&call(&gateway, "picture", "{}").await, "![](data:image/png;base64,iVBORw==)");
    is_ok(&call(&gateway, "both", "{}").await, "Look:\n\n![](data:image/png;base64,iVBORw==)");
    is_ok(&call(&gateway, "value", "{}").await, r#"{"sum":3}"#);
    is_ok(&call(&gateway, "mumble", "{}").await, "mumbled");
    let failed = call(&gateway, "fail", "{}").await;
    assert_eq!(
        failed.json(),
        json!({ "body": { "message": "the shelf is empty" }, "errorType": "PluginServerError" })
    );
    let refused = call(&gateway, "refuse", "{}").await;
    let expected =
        json!({ "body": { "message": "there is no such shelf" }, "errorType": "PluginApiParamsError" });
    assert_eq!(refused.json(), expected);
}

#[tokio::test]
async fn a_program_gets_the_environment_that_the_configuration_names_and_no_other() {
    let gateway = gateway("older", ", env = { KEY = 'sesame' }, inherit = []", "").await;
    is_ok(&call(&gateway, "environment", "{}").await, "KEY=sesame");
}

#[tokio::test]
async fn a_tool_that_came_later_is_found_when_the_server_says_so() {
    let gateway = gateway("older", "", "").await;
    assert_eq!(call(&gateway, "grown", "{}").await.status, StatusCode::NOT_FOUND);
    is_ok(&call(&gateway, "grow", "{}").await, "grown");
    is_ok(&call(&gateway, "grown", "{}").await, "I am new");
}

/// Calls until it is well, since a server that fails is left alone for a moment.
async fn recovers(gateway: &Server) {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = call(gateway, "echo", "{}").await;
        if answer.status == StatusCode::OK {
            return;
        }
        assert!(Instant::now() < until, "it does not recover: {}", answer.text);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_program_that_dies_is_started_again() {
    let gateway = gateway("older", "", "").await;
    for _ in 0..3 {
        let died = call(&gateway, "die", "{}").await;
        assert_eq!(died.status, StatusCode::BAD_GATEWAY, "{}", died.text);
        assert_eq!(died.json()["body"]["message"], "[gateway] the MCP server failed: closed");
        recovers(&gateway).await;
    }
}

#[tokio::test]
async fn a_program_that_floods_its_output_is_ended_and_started_again() {
    let gateway = gateway("older", "", "answer = \"64 KiB\"").await;
    for tool in ["flood", "line"] {
        let flooded = call(&gateway, tool, "{}").await;
        assert_eq!(flooded.status, StatusCode::BAD_GATEWAY, "{tool}: {}", flooded.text);
        recovers(&gateway).await;
    }
}

#[tokio::test]
async fn a_program_that_hangs_is_given_up_in_time_and_started_again() {
    let gateway = gateway("older", "", "call_time = \"500ms\"").await;
    // Being started counts as well, so the first call is one that may be late.
    recovers(&gateway).await;
    let frozen = call(&gateway, "freeze", "{}").await;
    assert_eq!(frozen.status, StatusCode::GATEWAY_TIMEOUT, "{}", frozen.text);
    recovers(&gateway).await;
}

#[tokio::test]
async fn a_call_that_is_only_slow_ends_nothing() {
    let gateway = gateway("older", "", "call_time = \"500ms\"").await;
    recovers(&gateway).await;
    is_ok(&call(&gateway, "grow", "{}").await, "grown");
    assert_eq!(call(&gateway, "sleep", "{}").await.status, StatusCode::GATEWAY_TIMEOUT);
    tokio::time::sleep(Duration::from_secs(2)).await;
    // What it learned is still there: it is the same process.
    is_ok(&call(&gateway, "grown", "{}").await, "I am new");
}

#[tokio::test]
async fn what_cannot_be_started_or_never_speaks_is_told() {
    let config = "[plugins.child]\nmcp = { command = 'a-program-that-is-not-there' }";
    let gateway_of =
        |config: &str| Gateway::configured(&Config::from_toml(config).unwrap()).unwrap().router();
    let missing = Server::start(gateway_of(config)).await;
    let answer = call(&missing, "echo", "{}").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.text);
    assert_eq!(answer.json()["body"]["message"], "[gateway] the MCP server failed: not_started");

    let config =
        format!("limits.start_time = \"1s\"\nplugins.child.mcp = {{ command = '{CHILD}', args = ['mute'] }}");
    let mute = Server::start(gateway_of(&config)).await;
    let answer = call(&mute, "echo", "{}").await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT, "{}", answer.text);
}
