//! `lobe-gateway doctor`, before servers that are well and servers that are not.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]

use std::process::Command;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const PAGE: &str = "http://localhost:3210";

/// Serves what `answer` makes of a request, and returns where.
async fn serve(
    answer: impl Fn(&str, &HeaderMap, Value) -> Response + Clone + Send + Sync + 'static,
) -> String {
    let router = Router::new().fallback(async move |request: Request| {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let message = serde_json::from_slice(&body).unwrap_or_default();
        answer(head.uri.path(), &head.headers, message)
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    url
}

/// Runs the program, and returns what it says and whether all is well.
async fn doctor(url: &str) -> (String, bool) {
    let url = url.to_owned();
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lobe-gateway"));
        command.args(["doctor", &url, "--page", PAGE]).output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

fn manifest(url: &str, name: &str) -> Value {
    json!({
        "identifier": "well", "meta": {}, "gateway": format!("{url}/api/gateway"),
        "api": [{ "name": name, "description": "Does.", "url": format!("{url}/run"),
                  "parameters": { "type": "object", "properties": {} } }],
    })
}

fn mcp(message: &Value) -> Response {
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion": "2025-06-18", "capabilities": { "tools": {} },
            "serverInfo": { "name": "well-server", "version": "1" },
        }),
        "tools/list" => json!({ "tools": [{ "name": "run", "inputSchema": { "type": "object" } }] }),
        "notifications/initialized" => return StatusCode::ACCEPTED.into_response(),
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result });
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_well() {
    let url = serve(|path, headers, message| {
        let host = headers[header::HOST].to_str().unwrap();
        let answer = match path {
            "/manifest.json" => {
                let text = manifest(&format!("http://{host}"), "run").to_string();
                ([(header::CONTENT_TYPE, "application/json")], text).into_response()
            }
            "/mcp" => mcp(&message),
            _ => StatusCode::NO_CONTENT.into_response(),
        };
        let marks = [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, PAGE),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "X-Lobe-Chat-Auth, X-Lobe-Plugin-Settings, X-Lobe-Trace"),
        ];
        (marks, answer).into_response()
    })
    .await;
    for address in [url.clone(), format!("{url}/mcp"), format!("{url}/manifest.json")] {
        let (said, is_well) = doctor(&address).await;
        assert!(is_well, "{said}");
        for expected in [
            "ok   the manifest has the right shape",
            "ok   1 operation",
            &format!("ok   {url}/api/gateway may be called by the page"),
            &format!("ok   {url}/mcp speaks MCP 2025-06-18, as well-server"),
            "ok   1 tool, about ",
            &format!("LobeChat 1.x, Plugin Store, Custom: {url}/manifest.json"),
            "http://host.docker.internal:",
        ] {
            assert!(said.contains(expected), "{expected} is not in:\n{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not() {
    let url = serve(|path, headers, _| {
        let host = headers[header::HOST].to_str().unwrap();
        if host.starts_with("host.docker.internal") {
            return StatusCode::FORBIDDEN.into_response();
        }
        let text = manifest(&format!("http://{host}"), &"long".repeat(20)).to_string();
        match path {
            "/manifest.json" => ([(header::CONTENT_TYPE, "text/plain")], text).into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    })
    .await;
    let (said, is_well) = doctor(&url).await;
    assert!(!is_well, "{said}");
    for expected in [
        "is of type `text/plain`: LobeChat reads JSON only if the type is exactly `application/json`",
        &format!("may not be read by the page {PAGE}: the answer allows no page"),
        "is too long or has other letters",
        &format!("{url}/api/gateway may not be called by the page {PAGE}"),
        &format!("FAIL {url}/mcp cannot be used: it answered with status 404"),
        "FAIL /manifest.json refuses requests for `host.docker.internal:",
    ] {
        assert!(said.contains(expected), "{expected} is not in:\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_and_no_address() {
    let (said, is_well) = doctor("http://127.0.0.1:9999").await;
    assert!(!is_well && said.contains("cannot be fetched: nothing listens there"), "{said}");
    let (said, is_well) = doctor("plugins.example.org").await;
    assert!(!is_well && said.is_empty(), "{said}");
}
