//! MCP servers behind HTTP, as plugins: what is sent to them, and what becomes of what they answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use lobe_plugin_gateway::testing::ClassicClient;
use lobe_plugin_gateway::{Config, Gateway};
use lobe_plugin_sdk::testing::{LocalServer, TestCall, TestClient};
use lobe_tests::http::{Answer, Server};
use lobe_tests::parity;
use lobe_tests::upstream::{Received, Upstream, text_answer};
use serde_json::{Value, json};

/// Starts a gateway with an MCP server as the plugin `p`.
async fn gateway(upstream: &Upstream) -> Server {
    let (url, host) = (upstream.url(), upstream.host());
    let config = format!(
        "[plugins.p]\nmcp = {{ url = \"{url}/mcp\", headers = {{ Authorization = \"Bearer operators-secret\" }} }}\n\
         [egress]\nrequire_https = false\nallow_hosts = [\"{host}\"]\n"
    );
    Server::start(Gateway::configured(&Config::from_toml(&config).unwrap()).unwrap().router()).await
}

fn payload(tool: &str) -> String {
    json!({ "identifier": "p", "apiName": tool, "arguments": "{\"city\":\"Zürich\"}" }).to_string()
}

async fn call(gateway: &Server, tool: &str) -> Answer {
    gateway.post("/api/gateway", &payload(tool), None).await
}

/// How a server writes its answers down.
type Writes = fn(&Value) -> Response<Body>;

fn in_json(message: &Value) -> Response<Body> {
    text_answer(StatusCode::OK, &message.to_string())
}

fn in_events(message: &Value) -> Response<Body> {
    let news = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": 1 } });
    let text = format!(": hello\r\n\r\nevent: message\r\ndata: {news}\r\n\r\ndata: {message}\n\n");
    events(text)
}

fn events(text: impl Into<Body>) -> Response<Body> {
    Response::builder().header("content-type", "text/event-stream").body(text.into()).unwrap()
}

fn result(request: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": request["id"], "result": result })
}

/// A server of the era with sessions, which knows the session `s{generation}` only.
fn older(request: &Received, generation: u32, writes: Writes) -> Response<Body> {
    let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let session = format!("s{generation}");
    match message["method"].as_str().unwrap_or_default() {
        "server/discover" => text_answer(StatusCode::BAD_REQUEST, "what?"),
        "initialize" => {
            let mut answer = writes(&result(
                &message,
                &json!({
                    "protocolVersion": "2025-06-18", "capabilities": { "tools": {} },
                    "serverInfo": { "name": "old", "version": "1" },
                }),
            ));
            answer.headers_mut().insert("mcp-session-id", session.parse().unwrap());
            answer
        }
        _ if request.header("mcp-session-id") != session => text_answer(StatusCode::NOT_FOUND, "gone"),
        "notifications/initialized" => {
            Response::builder().status(StatusCode::ACCEPTED).body(Body::empty()).unwrap()
        }
        "tools/list" => writes(&result(&message, &json!({ "tools": tools() }))),
        "tools/call" => writes(&result(&message, &called(&message))),
        _ => text_answer(StatusCode::METHOD_NOT_ALLOWED, ""),
    }
}

fn newer(request: &Received, writes: Writes) -> Response<Body> {
    let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let complete = |mut members: Value| {
        members["resultType"] = "complete".into();
        members["ttlMs"] = 300_000.into();
        members["cacheScope"] = "private".into();
        writes(&result(&message, &members))
    };
    match message["method"].as_str().unwrap_or_default() {
        "server/discover" => {
            complete(json!({ "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} } }))
        }
        "tools/list" => complete(json!({ "tools": tools() })),
        "tools/call" => complete(called(&message)),
        _ => text_answer(StatusCode::NOT_FOUND, ""),
    }
}

fn tools() -> Value {
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    json!([{ "name": "weather", "inputSchema": schema }, { "name": "no tool", "inputSchema": false }])
}

fn called(message: &Value) -> Value {
    let city = message["params"]["arguments"]["city"].as_str().unwrap_or_default();
    json!({ "content": [{ "type": "text", "text": format!("{city}: sunny") }] })
}

#[tokio::test]
async fn both_eras_and_both_ways_to_write_an_answer() {
    for writes in [in_json, in_events] as [Writes; 2] {
        let old = Upstream::start(move |request| older(request, 1, writes)).await;
        let new = Upstream::start(move |request| newer(request, writes)).await;
        for upstream in [old, new] {
            let gateway = gateway(&upstream).await;
            for _ in 0..2 {
                let answer = call(&gateway, "weather").await;
                assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "Zürich: sunny"));
            }
            let requests = upstream.received();
            let methods = requests.iter().map(|request| {
                let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                message["method"].as_str().unwrap_or_default().to_owned()
            });
            let lists = methods.clone().filter(|method| method == "tools/list").count();
            let calls = methods.filter(|method| method == "tools/call").count();
            assert_eq!((lists, calls), (1, 2), "what is known is not asked for again");
        }
    }
}

#[tokio::test]
async fn nothing_of_the_caller_travels_on_but_the_arguments() {
    let upstream = Upstream::start(|request| older(request, 1, in_json)).await;
    let gateway = gateway(&upstream).await;
    let request = Request::post("/api/gateway")
        .header("authorization", "Bearer marked-secret")
        .header("cookie", "session=marked-secret")
        .header("x-lobe-chat-auth", "marked-secret")
        .header("x-forwarded-for", "marked-secret")
        .header("x-lobe-plugin-settings", r#"{"key":"marked-secret"}"#)
        .body(Body::from(payload("weather")))
        .unwrap();
    assert_eq!(gateway.send(request).await.status, StatusCode::OK);
    let requests = upstream.received();
    assert!(!format!("{requests:?}").contains("marked-secret"), "{requests:?}");
    let posted = requests.iter().filter(|request| request.method == "POST");
    assert!(posted.clone().count() >= 4);
    for request in posted {
        assert_eq!(request.header("authorization"), "Bearer operators-secret");
    }
}

#[tokio::test]
async fn a_session_that_was_lost_is_made_anew() {
    let generation = Arc::new(AtomicU32::new(1));
    let current = Arc::clone(&generation);
    let upstream =
        Upstream::start(move |request| older(request, current.load(Ordering::Relaxed), in_json)).await;
    let gateway = gateway(&upstream).await;
    assert_eq!(call(&gateway, "weather").await.status, StatusCode::OK);
    for _ in 0..2 {
        generation.fetch_add(1, Ordering::Relaxed);
        let answer = call(&gateway, "weather").await;
        assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "Zürich: sunny"));
    }
}

/// A server whose answer to a call is `answer`, and nobody waits for what never comes.
async fn answering(answer: fn(&Value) -> Response<Body>) -> Answer {
    let upstream = Upstream::start(move |request| {
        let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        if message["method"] == "tools/call" { answer(&message) } else { newer(request, in_json) }
    })
    .await;
    let gateway = gateway(&upstream).await;
    let started = std::time::Instant::now();
    let answer = call(&gateway, "weather").await;
    assert!(started.elapsed().as_secs() < 8, "it took {:?}", started.elapsed());
    answer
}

#[tokio::test]
async fn what_is_no_answer_is_told_at_once() {
    let check = async |answer: fn(&Value) -> Response<Body>, status: u16, code: &str| {
        let answer = answering(answer).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert!(answer.text.contains(code), "{}", answer.text);
        assert!(!answer.text.contains("marked-secret"), "{}", answer.text);
    };
    check(|_| text_answer(StatusCode::OK, "{marked-secret"), 502, "not_mcp").await;
    check(|_| text_answer(StatusCode::OK, ""), 502, "not_mcp").await;
    check(|_| Response::new(Body::from("marked-secret")), 502, "not_mcp").await;
    check(|_| text_answer(StatusCode::INTERNAL_SERVER_ERROR, "marked-secret"), 502, "status").await;
    // What a stream broke off by is in the log only.
    check(|_| events("data: {\"jsonrpc\":\"1.0\",\"id\":1,\"result\":{}}\n\n"), 502, "closed").await;
    check(|_| events("data: marked-secret\n\n"), 502, "closed").await;
    check(|_| events(""), 502, "closed").await;
    check(|_| events(vec![b'a'; 2 << 20]), 502, "closed").await;
    check(|_| text_answer(StatusCode::UNAUTHORIZED, "marked-secret"), 422, "asks for authorization").await;
    check(|_| text_answer(StatusCode::FORBIDDEN, "marked-secret"), 422, "asks for authorization").await;
    check(
        |asked| in_json(&json!({ "jsonrpc": "2.0", "id": asked["id"], "error": { "code": -32602, "message": "no city" } })),
        422,
        "no city",
    )
    .await;
}

#[tokio::test]
async fn a_server_that_asks_the_gateway_is_told_no_and_answers() {
    let upstream = Upstream::start(|request| {
        let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        if message["method"] != "tools/call" {
            return older(request, 1, in_json);
        }
        let asks = json!({ "jsonrpc": "2.0", "id": message["id"], "method": "sampling/createMessage", "params": {} });
        events(format!("data: {asks}\n\ndata: {}\n\n", result(&message, &called(&message))))
    })
    .await;
    let gateway = gateway(&upstream).await;
    let answer = call(&gateway, "weather").await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "Zürich: sunny"));
}

#[tokio::test]
async fn a_list_that_a_server_calls_changed_is_asked_for_anew() {
    for is_old in [false, true] {
        let grown = Arc::new(AtomicBool::new(false));
        let upstream = Upstream::start(move |request| {
            let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            match message["method"].as_str() {
                Some("tools/call") if !grown.swap(true, Ordering::Relaxed) => {
                    let news = json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" });
                    let mut answer = called(&message);
                    answer["resultType"] = "complete".into();
                    events(format!("data: {news}\n\ndata: {}\n\n", result(&message, &answer)))
                }
                Some("tools/list") if grown.load(Ordering::Relaxed) => {
                    let mut tools = tools();
                    tools[1] = json!({ "name": "tides", "inputSchema": tools[0]["inputSchema"] });
                    in_json(&result(&message, &json!({ "resultType": "complete", "tools": tools })))
                }
                _ if is_old => older(request, 1, in_json),
                _ => newer(request, in_json),
            }
        })
        .await;
        let gateway = gateway(&upstream).await;
        assert_eq!(call(&gateway, "tides").await.status, StatusCode::NOT_FOUND, "{is_old}");
        assert_eq!(call(&gateway, "weather").await.status, StatusCode::OK, "{is_old}");
        let answer = call(&gateway, "tides").await;
        assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "Zürich: sunny"), "{is_old}");
    }
}

#[tokio::test]
async fn a_list_is_believed_for_as_long_as_its_server_says() {
    let upstream = Upstream::start(|request| {
        let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        if message["method"] != "tools/list" {
            return newer(request, in_json);
        }
        let list =
            json!({ "resultType": "complete", "ttlMs": 10, "cacheScope": "private", "tools": tools() });
        in_json(&result(&message, &list))
    })
    .await;
    let gateway = gateway(&upstream).await;
    for _ in 0..2 {
        assert_eq!(call(&gateway, "weather").await.status, StatusCode::OK);
        // A list is believed for a second at least.
        tokio::time::sleep(std::time::Duration::from_millis(1_010)).await;
    }
    let requests = upstream.received();
    let lists =
        requests.iter().filter(|request| String::from_utf8_lossy(&request.body).contains("tools/list"));
    assert_eq!(lists.count(), 2);
}

#[tokio::test]
async fn a_server_that_may_not_be_called_is_refused_when_the_gateway_starts() {
    for url in
        ["http://tools.example.org/mcp", "https://169.254.169.254/mcp", "https://tools.example.org:22/mcp"]
    {
        let config = Config::from_toml(&format!("plugins.p.mcp = \"{url}\"")).unwrap();
        let error = Gateway::configured(&config).unwrap_err().to_string();
        assert!(error.contains("`plugins.p.mcp`: `egress` does not let this URL be called"), "{error}");
    }
}

#[tokio::test]
async fn headers_that_are_the_protocols_own_are_refused() {
    for header in ["Host", "Mcp-Session-Id", "Content-Length", "no header"] {
        let config = format!(
            "plugins.p.mcp = {{ url = \"https://a.example/mcp\", headers = {{ \"{header}\" = \"sesame\" }} }}"
        );
        let error = Gateway::configured(&Config::from_toml(&config).unwrap()).unwrap_err().to_string();
        assert!(
            error.contains(&format!("`plugins.p.mcp.headers.{header}`: this header cannot be set")),
            "{error}"
        );
        assert!(!error.contains("sesame"), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_to_another_server_is_not_followed() {
    let other = Upstream::start(|request| newer(request, in_json)).await;
    let there = other.url();
    let upstream = Upstream::start(move |_| {
        let redirect = Response::builder().status(StatusCode::TEMPORARY_REDIRECT);
        redirect.header("location", format!("{there}/mcp")).body(Body::empty()).unwrap()
    })
    .await;
    let gateway = gateway(&upstream).await;
    let answer = call(&gateway, "weather").await;
    assert!(matches!(answer.status.as_u16(), 403 | 502), "{}", answer.text);
    assert!(other.received().is_empty());
}

/// Starts our own MCP server; an old one knows nothing of the newer era.
async fn own_server(is_old: bool) -> Server {
    let door = LocalServer::of(parity::plugin().router::<()>());
    let forward = async move |request: Request<Body>| {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        if is_old && String::from_utf8_lossy(&body).contains("server/discover") {
            return text_answer(StatusCode::BAD_REQUEST, "what?");
        }
        door.send(Request::from_parts(head, body)).await.map(Body::from)
    };
    Server::start(axum::Router::new().fallback(forward)).await
}

/// The gateway asks by rmcp's client, which is no work of ours: what that takes, others of its kind take.
#[tokio::test]
async fn rmcps_client_takes_our_own_server_in_both_eras() {
    for is_old in [false, true] {
        let server = own_server(is_old).await;
        let host = server.url().trim_start_matches("http://").to_owned();
        let config = format!(
            "[plugins.p]\nmcp = {{ url = \"http://{host}/mcp\" }}\n\
             [egress]\nrequire_https = false\nallow_hosts = [\"{host}\"]\n"
        );
        let gateway = Gateway::configured(&Config::from_toml(&config).unwrap()).unwrap().router();
        let gateway = LocalServer::of(gateway);
        let call = async |operation: &str, arguments: Value| {
            let client = ClassicClient::at(gateway.clone(), "p");
            client.send(TestCall::new(operation, arguments)).await
        };
        assert_eq!(call("say", json!({ "text": "Grüße" })).await.text(), "Grüße", "{is_old}");
        let given: Value = call("given", json!({ "limit": 7 })).await.json();
        assert_eq!(given, json!({ "word": null, "limit": 7, "tags": [] }), "{is_old}");
        let refused = call("draw", json!({ "name": "toolong" })).await;
        assert!(refused.outcome.is_err(), "{is_old}: {refused:?}");
        let manifest =
            gateway.send(Request::get("/plugins/p/manifest.json").body(Bytes::new()).unwrap()).await;
        let manifest: Value = serde_json::from_slice(manifest.body()).unwrap();
        let shown = manifest["api"].as_array().unwrap().len();
        assert_eq!(shown, parity::plugin().operations().len(), "{is_old}: a schema made a tool disappear");
    }
}
