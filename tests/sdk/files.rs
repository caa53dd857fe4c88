//! Pictures and files that MCP answers link to.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response};
use lobe_plugin_sdk::mcp::SignedFiles;
use lobe_plugin_sdk::serve::HttpDoor;
use lobe_plugin_sdk::testing::{LocalServer, McpClient, TestAnswer, TestCall, TestClient};
use lobe_tests::parity;
use serde_json::json;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn server(lasts: Duration) -> LocalServer {
    let files = SignedFiles::at("http://localhost/below".parse().unwrap()).lasting(lasts);
    LocalServer::of(HttpDoor::new(parity::plugin()).files(files).router::<()>())
}

async fn ask(client: &McpClient, operation: &str, arguments: serde_json::Value) -> TestAnswer {
    client.send(TestCall::new(operation, arguments)).await
}

/// Takes the path of the link in a text.
fn path(text: &str) -> String {
    let (_, link) = text.split_once("](http://localhost/below").unwrap();
    link.trim_end_matches(')').to_owned()
}

async fn get(server: &LocalServer, path: &str) -> Response<Bytes> {
    server.send(Request::get(path).body(Bytes::new()).unwrap()).await
}

#[tokio::test]
async fn a_picture_is_a_link_that_leads_to_it() {
    let server = server(Duration::from_secs(60));
    let client = McpClient::at(server.clone(), "/mcp");
    let answer = ask(&client, "picture", json!({})).await;
    assert!(answer.text().starts_with(r"![a \[tiny\] dot](http://localhost/below/files/"), "{answer:?}");
    assert_eq!(answer.raw["content"].as_array().unwrap().len(), 1, "who says no version knows no links");
    let found = get(&server, &path(answer.text())).await;
    assert_eq!((found.status().as_u16(), found.body().as_ref()), (200, PNG));
    assert_eq!(found.headers()["content-type"], "image/png");
    assert_eq!(found.headers()["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn newer_clients_get_a_link_beside_the_text() {
    let server = server(Duration::from_secs(60));
    let client = McpClient::at(server.clone(), "/mcp").modern();
    let answer = ask(&client, "export", json!({ "name": "a b.csv" })).await;
    let path = path(answer.text());
    let expected = json!({
        "type": "resource_link", "uri": format!("http://localhost/below{path}"), "name": "a b.csv",
        "mimeType": "text/csv; charset=utf-8", "size": 17,
    });
    assert_eq!(answer.raw["content"][1], expected);
    let found = get(&server, &path).await;
    assert!(found.headers()["content-disposition"].to_str().unwrap().contains("a b.csv"));

    let page = ask(&client, "page", json!({ "title": "A page" })).await;
    assert!(page.text().starts_with("[A page]("));
    let expected = json!({ "type": "resource_link", "uri": "https://example.org/a (b)", "name": "A page" });
    assert_eq!(page.raw["content"][1], expected);
}

#[tokio::test]
async fn a_link_ends_and_cannot_be_forged() {
    let server = server(Duration::from_secs(60));
    let answer = ask(&McpClient::at(server.clone(), "/mcp"), "picture", json!({})).await;
    let path = path(answer.text());
    let (file, query) = path.split_once('?').unwrap();
    let (expires, signature) = query.split_once('&').unwrap();
    for forged in [
        file.to_owned(),
        format!("{file}?{expires}"),
        format!("{file}?{expires}0&{signature}"),
        format!("{file}?{expires}&{signature}A"),
        format!("{file}?{expires}&signature="),
        format!("{path}&more=1"),
        format!("/files/another?{query}"),
    ] {
        assert_eq!(get(&server, &forged).await.status(), 404, "{forged}");
    }
    let ended = self::server(Duration::ZERO);
    let answer = ask(&McpClient::at(ended.clone(), "/mcp"), "picture", json!({})).await;
    assert_eq!(get(&ended, &self::path(answer.text())).await.status(), 404);
}
