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
    examined(&[url]).await
}

async fn examined(arguments: &[&str]) -> (String, bool) {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lobe-gateway"));
        command.arg("doctor").args(arguments).args(["--page", PAGE]).output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

#[track_caller]
fn assert_says(said: &str, expected: &[&str]) {
    for expected in expected {
        assert!(said.contains(expected), "{expected} is not in:\n{said}");
    }
}

fn json(text: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text.to_string()).into_response()
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

/// A server that is well, as examples are.
fn well(path: &str, headers: &HeaderMap, message: &Value) -> Response {
    let host = headers[header::HOST].to_str().unwrap();
    let answer = match path {
        "/manifest.json" => json(&manifest(&format!("http://{host}"), "run")),
        "/mcp" => mcp(message),
        _ => StatusCode::NO_CONTENT.into_response(),
    };
    let marks = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, PAGE),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "X-Lobe-Chat-Auth, X-Lobe-Plugin-Settings, X-Lobe-Trace"),
    ];
    (marks, answer).into_response()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_well() {
    let url = serve(|path, headers, message| well(path, headers, &message)).await;
    let everywhere = url.replace("127.0.0.1", "0.0.0.0");
    for address in [url.clone(), format!("{url}/mcp"), format!("{url}/manifest.json"), everywhere] {
        let (said, is_well) = examined(&[&address, "--containers"]).await;
        assert!(is_well && !said.contains("FAIL"), "{said}");
        assert_says(
            &said,
            &[
                &format!("ok   {url}/manifest.json can be read, and describes 1 operation\n"),
                &format!("ok   {url}/api/gateway may be called by the page"),
                &format!("ok   {url}/mcp speaks MCP 2025-06-18, as well-server"),
                "ok   1 tool, about ",
                &format!("ok   {url}/mcp answers to the name `host.docker.internal:"),
                &format!("LobeChat 1.x, Plugin Store, Custom: {url}/manifest.json"),
                "where the client runs in a container on this machine: http://host.docker.internal:",
                "these addresses lead here from this machine alone",
            ],
        );
        assert_eq!(
            said.contains("0.0.0.0 is where a server listens, and no address"),
            address.contains("//0")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_lobechat_refuses_or_a_page_may_not_read() {
    let url = serve(|path, headers, _| {
        let host = headers[header::HOST].to_str().unwrap();
        let mut document = manifest(&format!("http://{host}"), &"long".repeat(20));
        document["api"][0]["url"] = "/run".into();
        match path {
            "/manifest.json" => {
                ([(header::CONTENT_TYPE, "text/plain")], document.to_string()).into_response()
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    })
    .await;
    let (said, is_well) = doctor(&url).await;
    assert!(!is_well && !said.contains("ZodError") && !said.contains("issues"), "{said}");
    assert_says(
        &said,
        &[
            "is of type `text/plain`, and LobeChat reads all but exactly `application/json` as YAML",
            &format!(
                "FAIL {url}/manifest.json may not be read by the page {PAGE}: the answer allows no page"
            ),
            "/api/0/url: LobeChat refuses it: Invalid url: write the whole address, from `https://` on",
            &format!(
                "no MCP: {url}/mcp: it answered with status 404. LobeHub cannot use the server by itself"
            ),
            "FAIL nothing: there is no manifest, no MCP server and no OpenAPI document",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_too_long_is_shown_as_a_hash() {
    let url = serve(|path, headers, message| {
        let host = headers[header::HOST].to_str().unwrap();
        match path {
            "/manifest.json" => json(&manifest(&format!("http://{host}"), &"long".repeat(20))),
            _ => well(path, headers, &message),
        }
    })
    .await;
    let (said, _) = doctor(&url).await;
    assert_says(
        &said,
        &["have 84 letters together: over 52 LobeHub shows models a hash instead of the name"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_is_refused_is_advice_unless_clients_are_there() {
    let url = serve(|path, headers, message| {
        let host = headers[header::HOST].to_str().unwrap();
        if host.starts_with("host.docker.internal") {
            return StatusCode::FORBIDDEN.into_response();
        }
        well(path, headers, &message)
    })
    .await;
    let refused = format!("{url}/mcp refuses requests for `host.docker.internal:");
    let (said, is_well) = doctor(&url).await;
    assert!(is_well, "{said}");
    assert_says(&said, &[&refused, "`--allow-host host.docker.internal` for a plugin made with the SDK"]);
    let (said, is_well) = examined(&[&url, "--containers"]).await;
    assert!(!is_well, "{said}");
    assert_says(&said, &[&format!("FAIL {refused}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_asked_for_by_that_host() {
    let url = serve(|_, _, _| StatusCode::FORBIDDEN.into_response()).await;
    let (said, is_well) = doctor(&format!("{url}/mcp")).await;
    assert!(!is_well, "{said}");
    assert_says(
        &said,
        &[&format!("FAIL {url}/mcp refuses requests for the host `127.0.0.1` (status 403): add it to those")],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_mcp_alone() {
    let url = serve(|path, _, message| match path {
        "/mcp" | "/v1/tools" => mcp(&message),
        _ => StatusCode::NOT_FOUND.into_response(),
    })
    .await;
    for (typed, spoken) in [("/mcp", "/mcp"), ("", "/mcp")] {
        let (said, is_well) = doctor(&format!("{url}{typed}")).await;
        assert!(is_well && !said.contains("FAIL"), "{said}");
        assert_says(
            &said,
            &[
                &format!(
                    "no manifest: {url}/manifest.json answers with status 404. LobeChat 1.x cannot use the server"
                ),
                &format!("LobeHub 2.1.48 and later, and other MCP clients: {url}{spoken}\n"),
            ],
        );
    }
    // Where it is spoken at an address of somebody's own.
    let (said, is_well) = doctor(&format!("{url}/v1/tools")).await;
    assert!(is_well && said.contains(&format!("ok   {url}/v1/tools speaks MCP")), "{said}");
    let (said, is_well) = doctor(&format!("{url}/manifest.json")).await;
    assert!(!is_well && said.contains("FAIL"), "it was asked for: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_knows_of_no_plugins() {
    let url = serve(|path, _, _| match path {
        "/openapi.json" => json(&json!({
            "openapi": "3.1.0", "info": { "title": "Library", "version": "1" },
            "paths": { "/books": { "get": { "operationId": "list", "responses": {} } } },
        })),
        "/manifest.json" => (StatusCode::NOT_FOUND, "{\"detail\":\"Not Found\"}").into_response(),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    })
    .await;
    let host = url.trim_start_matches("http://");
    for address in [url.clone(), format!("{url}/openapi.json"), format!("{url}/docs")] {
        let (said, is_well) = doctor(&address).await;
        assert!(is_well && !said.contains("FAIL"), "{said}");
        assert_says(
            &said,
            &[
                &format!("ok   {url}/openapi.json describes 1 operation: lobe-gateway makes a plugin of it"),
                &format!(
                    "plugins.service = {{ openapi = \"{url}/openapi.json\", allow_hosts = [\"{host}\"] }}\n"
                ),
                &format!("lobe-gateway dev {url}/openapi.json"),
            ],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_for_every_path_is_nothing_of_use() {
    let page = || ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], "<!doctype html>").into_response();
    let url = serve(move |_, _, _| page()).await;
    let (said, is_well) = doctor(&url).await;
    assert!(!is_well, "{said}");
    assert_says(&said, &[&format!("no manifest: {url}/manifest.json is a web page"), "FAIL nothing: "]);
}

/// Speaks TLS with a certificate that nobody trusts.
async fn serve_self_signed() -> String {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = tokio_rustls::rustls::pki_types::PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move { acceptor.accept(stream).await.map(drop) });
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_and_nobody_whom_clients_trust() {
    let dead = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (said, is_well) = doctor(&format!("http://{dead}")).await;
    assert_eq!((said.lines().count(), is_well), (2, false), "{said}");
    assert_says(&said, &["FAIL nothing listens there: is the server running, and on that port?"]);
    let (said, is_well) = doctor(&serve_self_signed().await).await;
    assert_eq!((said.lines().count(), is_well), (2, false), "{said}");
    assert_says(
        &said,
        &["FAIL no encrypted connection: its certificate is self-signed, expired or another host's"],
    );
    let (said, is_well) = doctor("plugins.example.org").await;
    assert!(!is_well && said.is_empty(), "{said}");
}
