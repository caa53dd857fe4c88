//! The MCP door over HTTP: both eras on one endpoint, without sessions.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt;
use lobe_plugin_sdk::mcp::{McpServer, ToolSet};
use lobe_plugin_sdk::serve::HttpDoor;
use lobe_plugin_sdk::{Context, Page, Plugin, PluginError, Progress, Secret, Settings, lobe_plugin};
use lobe_tests::http::{Answer, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
struct Keys {
    /// Your key.
    api_key: Secret<String>,
}

#[derive(Serialize, JsonSchema)]
struct Sum {
    sum: Option<i32>,
}

/// Adds and greets.
#[lobe_plugin(identifier = "calculator", title = "Calculator", avatar = "🧮", version = "7.1.0")]
mod calculator {
    use super::*;

    /// Add two numbers.
    #[lobe_plugin(title = "Add")]
    pub(super) fn add(
        /// One.
        left: i32,
        /// And the other.
        right: i32,
    ) -> Sum {
        Sum { sum: left.checked_add(right) }
    }

    /// Say whose key it is.
    #[lobe_plugin]
    pub(super) fn whose(Settings(keys): Settings<Keys>) -> Result<String, PluginError> {
        match &**keys.api_key.expose() {
            "k-1" => Ok("ann's".to_owned()),
            _ => Err(PluginError::not_found("nobody's")),
        }
    }
}

const MODERN: &str = "2026-07-28";

/// Sends one message of the older era.
async fn legacy(server: &Server, message: &Value) -> Answer {
    server.send(post("/mcp", message, &[])).await
}

/// Sends one request of the newer era, as it is to be.
async fn modern(server: &Server, method: &str, mut params: Value) -> Answer {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let name = params["name"].as_str().unwrap_or_default().to_owned();
    let message = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let headers = [("mcp-protocol-version", MODERN), ("mcp-method", method), ("mcp-name", &name)];
    let headers = if name.is_empty() { &headers[..2] } else { &headers };
    server.send(post("/mcp", &message, headers)).await
}

fn post(path: &str, message: &Value, headers: &[(&str, &str)]) -> Request<Body> {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Body::from(message.to_string())).unwrap()
}

fn call(name: &str, arguments: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": name, "arguments": arguments } })
}

async fn server() -> Server {
    Server::start(calculator::plugin().router()).await
}

#[tokio::test]
async fn parameters_of_the_wrong_kind_are_named() {
    let server = server().await;
    let check = async |method: &str, params: Value, expected: &str| {
        let message = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let answer = legacy(&server, &message).await.json();
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(expected), "{answer}");
    };
    check("tools/call", json!({ "name": 7 }), "`params.name` is to be the name of a tool").await;
    check("tools/call", json!({}), "`params.name` is to be the name of a tool").await;
    check("tools/list", json!({ "_meta": "x" }), "`params` do not fit").await;
}

#[tokio::test]
async fn lobehub_greets_lists_and_calls() {
    let server = server().await;
    let hello = json!({
        "method": "initialize", "jsonrpc": "2.0", "id": 0,
        "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "_meta": { "progressToken": 0 },
            "clientInfo": { "name": "lobehub-mcp-client", "version": "1.0.0" },
        },
    });
    let answer = legacy(&server, &hello).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert!(!answer.headers.contains_key("mcp-session-id"), "it would be lost with the process");
    let result = &answer.json()["result"];
    assert_eq!(result["protocolVersion"], "2025-11-25");
    assert_eq!(result["serverInfo"]["name"], "calculator");
    assert_eq!(result["serverInfo"]["version"], "7.1.0");
    assert_eq!(result["serverInfo"]["title"], "Calculator");

    let told = legacy(&server, &json!({ "method": "notifications/initialized", "jsonrpc": "2.0" })).await;
    assert_eq!((told.status.as_u16(), &*told.text), (202, ""));
    let stream = server.send(Request::get("/mcp").body(Body::empty()).unwrap()).await;
    assert_eq!((stream.status.as_u16(), &stream.headers["allow"]), (405, &"POST".parse().unwrap()));

    let tools = legacy(&server, &json!({ "method": "tools/list", "jsonrpc": "2.0", "id": 1 })).await.json();
    let tools = tools["result"]["tools"].as_array().unwrap();
    assert_eq!(tools.iter().map(|tool| &tool["name"]).collect::<Vec<_>>(), ["add", "whose"]);
    assert_eq!(tools[0]["description"], "Add two numbers.");
    assert_eq!(tools[0]["inputSchema"]["required"], json!(["left", "right"]));
    assert_eq!(tools[0]["outputSchema"]["properties"]["sum"]["type"], json!(["integer", "null"]));
    assert_eq!(tools[1].get("outputSchema"), None);

    let answer = legacy(&server, &call("add", &json!({ "left": 1, "right": 2 }))).await.json();
    let expected = json!({
        "content": [{ "type": "text", "text": r#"{"sum":3}"# }], "structuredContent": { "sum": 3 },
    });
    assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": 2, "result": expected }));
}

#[tokio::test]
async fn requests_of_the_new_era_stand_by_themselves() {
    let server = server().await;
    let found = modern(&server, "server/discover", json!({})).await.json();
    let result = &found["result"];
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["supportedVersions"][0], MODERN);
    assert_eq!(result["capabilities"], json!({ "logging": {}, "tools": {} }));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "calculator");

    let tools = modern(&server, "tools/list", json!({})).await.json();
    assert_eq!(tools["result"]["cacheScope"], "public");
    assert_eq!(tools["result"]["ttlMs"], 60_000);
    let answer =
        modern(&server, "tools/call", json!({ "name": "add", "arguments": { "left": 1, "right": 2 } })).await;
    assert_eq!(answer.json()["result"]["structuredContent"], json!({ "sum": 3 }));
    let gone = modern(&server, "ping", json!({})).await;
    assert_eq!((gone.status.as_u16(), &gone.json()["error"]["code"]), (404, &json!(-32601)));
}

#[tokio::test]
async fn headers_and_bodies_have_to_agree() {
    let server = server().await;
    let meta = |version: &str| {
        json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
        })
    };
    let check = async |headers: &[(&str, &str)], meta: Value, expected: (u16, i32)| {
        let params = json!({ "name": "add", "arguments": { "left": 1, "right": 2 }, "_meta": meta });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let answer = server.send(post("/mcp", &message, headers)).await;
        let code = answer.json()["error"]["code"].as_i64().unwrap_or_default();
        assert_eq!(
            (answer.status.as_u16(), code),
            (expected.0, i64::from(expected.1)),
            "{headers:?}: {}",
            answer.text
        );
        assert_eq!(answer.json()["id"], 1);
    };
    let version = ("mcp-protocol-version", MODERN);
    let method = ("mcp-method", "tools/call");
    check(&[version, method, ("mcp-name", "add")], meta(MODERN), (200, 0)).await;
    check(&[version, method, ("mcp-name", "=?base64?YWRk?=")], meta(MODERN), (200, 0)).await;
    check(&[("mcp-protocol-version", "2025-06-18")], json!({}), (200, 0)).await;
    check(&[version, method, ("mcp-name", "sub")], meta(MODERN), (400, -32020)).await;
    check(&[version, method], meta(MODERN), (400, -32020)).await;
    check(&[version, ("mcp-name", "add")], meta(MODERN), (400, -32020)).await;
    check(&[version, version, method, ("mcp-name", "add")], meta(MODERN), (400, -32020)).await;
    check(&[method, ("mcp-name", "add")], meta(MODERN), (400, -32020)).await;
    check(&[("mcp-protocol-version", "2025-06-18")], meta(MODERN), (400, -32020)).await;
    check(&[("mcp-protocol-version", "v9")], meta("v9"), (400, -32022)).await;
    check(&[("mcp-protocol-version", "v9")], json!({}), (400, -32022)).await;
    check(&[version, method, ("mcp-name", "add")], json!({}), (400, -32602)).await;
    let no_capabilities = json!({ "io.modelcontextprotocol/protocolVersion": MODERN });
    check(&[version, method, ("mcp-name", "add")], no_capabilities, (400, -32602)).await;
}

#[tokio::test]
async fn a_model_can_repair_what_went_wrong() {
    let server = server().await;
    let answer = legacy(&server, &call("add", &json!({ "left": "1", "rigth": 2 }))).await.json();
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(answer["result"].get("structuredContent"), None);
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    for part in ["/left: expected", "did you mean `right`?", r#"{"left":"#] {
        assert!(text.contains(part), "{text}");
    }
    let unknown = legacy(&server, &call("ad", &json!({}))).await.json();
    assert_eq!(unknown["error"]["code"], -32602);
    assert_eq!(unknown["error"]["message"], "unknown tool `ad`; did you mean `add`?");
}

#[tokio::test]
async fn settings_come_in_headers() {
    let server = server().await;
    let check = async |headers: &[(&str, &str)], error: Value, expected: &str| {
        let answer = server.send(post("/mcp", &call("whose", &json!({})), headers)).await.json();
        let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_default();
        assert!(text.contains(expected), "{answer}");
        assert_eq!(answer["result"].get("isError").cloned().unwrap_or_default(), error, "{answer}");
    };
    check(&[("x-lobe-plugin-settings", r#"{"api_key":"k-1"}"#)], Value::Null, "ann's").await;
    check(&[("x-lobe-setting-api-key", "k-1")], Value::Null, "ann's").await;
    check(&[("x-lobe-setting-api-key", "k-2")], json!(true), "nobody's").await;
    check(&[], json!(true), "x-lobe-setting-api-key").await;
    check(&[("x-lobe-plugin-settings", "k-1")], json!(true), "is not JSON").await;
}

#[tokio::test]
async fn strangers_hosts_and_pages_are_refused() {
    let server = server().await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let check = async |headers: &[(&str, &str)], status: u16| {
        let answer = server.send(post("/mcp", &list, headers)).await;
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.text);
    };
    check(&[], 200).await;
    check(&[("origin", "http://localhost:3210")], 200).await;
    check(&[("origin", "https://evil.test")], 403).await;
    check(&[("host", "evil.test")], 403).await;
    check(&[("host", "evil.test"), ("origin", "http://evil.test")], 403).await;
}

#[tokio::test]
async fn a_query_chooses_the_profile() {
    let server = server().await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let strict = server.send(post("/mcp?profile=openai-strict", &list, &[])).await.json();
    assert_eq!(strict["result"]["tools"][0]["inputSchema"]["additionalProperties"], false);
    assert_eq!(server.send(post("/mcp?profile=nobodys", &list, &[])).await.status, 400);
    let raw = HttpDoor::new(calculator::plugin()).profile(lobe_plugin_sdk::schema::Profile::Raw);
    let server = Server::start(raw.router()).await;
    let raw = server.send(post("/mcp", &list, &[])).await.json();
    assert_eq!(raw["result"]["tools"][0]["inputSchema"]["properties"]["left"]["format"], "int32");
}

#[test]
fn many_plugins_share_one_list() {
    let tools = ToolSet::together([calculator::plugin().into(), Plugin::new("empty").into()]);
    assert_eq!(
        tools.iter().map(|tool| tool.name()).collect::<Vec<_>>(),
        ["calculator__add", "calculator__whose"]
    );
    let filtered = tools.filtered(|tool| tool.operation().name() == "add");
    assert!(filtered.find("calculator__add").is_some());
    assert!(filtered.find("calculator__whose").is_none(), "what is not shown cannot be called");
}

#[tokio::test]
async fn other_methods_are_told_what_there_is() {
    let server = server().await;
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let request = Request::builder().method(method).uri("/mcp").body(Body::empty()).unwrap();
        assert_eq!(server.send(request).await.status, 405);
    }
    let answer = server.send(post("/mcp", &json!([]), &[])).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]["code"]), (400, &json!(-32600)));
}

#[derive(Deserialize, JsonSchema)]
struct Consent {
    /// Whether it is meant.
    sure: bool,
}

/// Empty a shelf.
#[lobe_plugin]
async fn empty(
    /// Which one.
    number: u8,
    Context(context): Context,
) -> Result<String, PluginError> {
    context.progress(&Progress::of(1.0, 2.0).saying("asking"));
    let Consent { sure } = context.ask("consent", "Really?").await?;
    Ok(format!("shelf {number}: {sure}"))
}

/// List many numbers.
#[lobe_plugin]
fn numbers() -> Page<u32> {
    Page::of(0..1_000)
}

#[tokio::test]
async fn no_budget_takes_items_off_a_page() {
    let tight = Arc::new(|server: McpServer| server.text_budget(100));
    let door = HttpDoor::new(Plugin::new("counter").with::<numbers>()).mcp_server(tight);
    let server = Server::start(door.router()).await;
    let (mut seen, mut cursor) = (Vec::new(), json!({}));
    loop {
        let result = legacy(&server, &call("numbers", &cursor)).await.json()["result"].take();
        let page: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(page, result["structuredContent"]);
        seen.extend(page["items"].as_array().unwrap().iter().filter_map(Value::as_u64));
        let Some(next) = page.get("next") else { break };
        cursor = json!({ "cursor": next });
    }
    assert!(seen.into_iter().eq(0..1_000));
}

fn shelves() -> Plugin {
    Plugin::new("shelves").with::<empty>()
}

/// Reads the messages of a stream of events.
fn events(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.headers["content-type"], "text/event-stream", "{}", answer.text);
    let lines = answer.text.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.map(|message| serde_json::from_str(message).unwrap()).collect()
}

#[tokio::test]
async fn in_the_new_era_a_question_is_an_answer() {
    let server = Server::start(shelves().router()).await;
    let ask = async |capabilities: Value, more: Value| {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": capabilities,
        });
        let mut params = json!({ "name": "empty", "arguments": { "number": 7 }, "_meta": meta });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let headers = [("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "empty")];
        server.send(post("/mcp", &message, &headers)).await
    };
    let can = json!({ "elicitation": {} });
    let asked = ask(can.clone(), json!({})).await.json();
    assert_eq!(asked["result"]["resultType"], "input_required");
    assert_eq!(asked["result"]["inputRequests"]["consent"]["params"]["message"], "Really?");
    let state = asked["result"]["requestState"].as_str().unwrap();
    let yes = json!({ "consent": { "action": "accept", "content": { "sure": true } } });
    let answered = ask(can.clone(), json!({ "inputResponses": yes, "requestState": state })).await.json();
    assert_eq!(answered["result"]["content"][0]["text"], "shelf 7: true");

    let forged = json!({ "inputResponses": yes, "requestState": format!("{state}x") });
    assert_eq!(ask(can.clone(), forged).await.json()["error"]["code"], -32602);
    let no = json!({ "inputResponses": { "consent": { "action": "decline" } } });
    let declined = ask(can, no).await.json();
    assert_eq!(declined["result"]["isError"], true);
    let unable = ask(json!({}), json!({})).await;
    assert_eq!((unable.status.as_u16(), &unable.json()["error"]["code"]), (400, &json!(-32021)));
}

#[tokio::test]
async fn in_the_older_era_progress_comes_before_the_answer() {
    let server = Server::start(shelves().router()).await;
    let mut message = call("empty", &json!({ "number": 7 }));
    message["params"]["_meta"] = json!({ "progressToken": "p" });
    // Who never said that it can be asked is not.
    let told = events(&legacy(&server, &message).await);
    assert_eq!(told[0]["method"], "notifications/progress");
    let expected = json!({ "progressToken": "p", "progress": 1, "total": 2, "message": "asking" });
    assert_eq!(told[0]["params"], expected);
    assert_eq!(told[1]["result"]["isError"], true);
    assert!(told[1]["result"]["content"][0]["text"].as_str().unwrap().contains("elicitation"));
}

#[tokio::test]
async fn in_the_older_era_a_question_is_a_request() {
    let server = Server::start(shelves().router()).await;
    let hello = json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": { "protocolVersion": "2025-11-25", "capabilities": { "elicitation": {} } },
    });
    let greeted = legacy(&server, &hello).await;
    let session = greeted.headers["mcp-session-id"].to_str().unwrap().to_owned();
    let headers = [("mcp-session-id", &*session)];
    let request = post("/mcp", &call("empty", &json!({ "number": 7 })), &headers);
    let mut body = server.open(request).await.into_body();
    let mut read = async || {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        let text = String::from_utf8_lossy(&frame).into_owned();
        serde_json::from_str::<Value>(text.trim().strip_prefix("data: ").unwrap()).unwrap()
    };
    let asked = read().await;
    assert_eq!(asked["method"], "elicitation/create");
    let yes = json!({ "action": "accept", "content": { "sure": true } });
    let told = json!({ "jsonrpc": "2.0", "id": asked["id"], "result": yes });
    assert_eq!(server.send(post("/mcp", &told, &headers)).await.status, 202);
    assert_eq!(read().await["result"]["content"][0]["text"], "shelf 7: true");
}
