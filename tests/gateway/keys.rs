//! Keys at every door of the gateway.

use axum::body::Body;
use axum::http::Request;
use lobe_plugin_gateway::{Gateway, Grant};
use lobe_plugin_sdk::serve::{Authorization, Key, KeyRecord, Keys};
use lobe_plugin_sdk::{Operation, Plugin, Reply};
use lobe_tests::http::{Answer, Server};

const PING: &str = r#"{"jsonrpc": "2.0", "id": 1, "method": "ping"}"#;
const CALL: &str = r#"{"identifier": "one", "apiName": "go"}"#;

/// Every path that calls `one`, with what is posted there.
const DOORS: [(&str, &str); 8] = [
    ("/api/gateway", CALL),
    ("/api/v1/runner", CALL),
    ("/api/gateway/batch", r#"[{"identifier": "one", "apiName": "go"}]"#),
    ("/plugins/one/api/go", "{}"),
    ("/plugins/one/api/unknown", "{}"),
    ("/plugins/one/mcp", PING),
    ("/api/go", "{}"),
    ("/mcp", PING),
];

/// Serves `one`, and returns a key that is for it, and one that is for another.
async fn server() -> (Server, Key, Key) {
    let plugin = Plugin::new("one").operation(Operation::new("go", async |_| Ok(Reply::text("went"))));
    let (right, other) = (Key::generate("right").unwrap(), Key::generate("other").unwrap());
    let mut narrow = KeyRecord::new(&other);
    let plugins = Some(["two".to_owned()].into());
    narrow.extensions.insert(Grant { plugins, ..Grant::default() });
    let authorization = Authorization::required().by(Keys::of([KeyRecord::new(&right), narrow]));
    let gateway = Gateway::new().mount(plugin).authorization(authorization);
    (Server::start(gateway.router()).await, right, other)
}

async fn post(server: &Server, (path, text): (&str, &str), key: Option<&Key>) -> Answer {
    let mut request = Request::post(path).header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {}", key.expose()));
    }
    server.send(request.body(Body::from(text.to_owned())).unwrap()).await
}

#[tokio::test]
async fn every_door_asks_for_a_key() {
    let (server, right, _) = server().await;
    for door in DOORS {
        let refused = post(&server, door, None).await;
        assert_eq!(
            (refused.status.as_u16(), refused.header("www-authenticate")),
            (401, "Bearer"),
            "{door:?}"
        );
        let expected = if door.0.ends_with("unknown") { 404 } else { 200 };
        assert_eq!(post(&server, door, Some(&right)).await.status.as_u16(), expected, "{door:?}");
    }
    for path in ["/mcp", "/plugins/one/mcp", "/api/gateway/batch", "/plugins/one/api/go"] {
        assert_eq!(server.get(path).await.status.as_u16(), 401, "a stranger is not told how to call: {path}");
    }
    for path in ["/plugins/one/manifest.json", "/index.json", "/healthz"] {
        assert_eq!(server.get(path).await.status.as_u16(), 200, "{path}");
    }
}

#[tokio::test]
async fn a_key_for_another_plugin_opens_no_door_of_this_one() {
    let (server, _, other) = server().await;
    for door in DOORS {
        let answer = post(&server, door, Some(&other)).await;
        if door.0.ends_with("batch") {
            assert_eq!(answer.json()[0]["status"], 403, "{}", answer.text);
        } else {
            assert_eq!(answer.status.as_u16(), 403, "{door:?}: {}", answer.text);
        }
    }
}
