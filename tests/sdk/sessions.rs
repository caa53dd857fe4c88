//! Sessions of MCP clients up to 2025-11-25, where a server wants them.

use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use lobe_plugin_sdk::serve::{HttpDoor, SessionFuture, SessionState, SessionStore, Sessions};
use lobe_plugin_sdk::testing::{LocalServer, McpClient, TestCall, TestClient};
use lobe_plugin_sdk::{CallerIdentity, Context, LogLevel, Plugin, lobe_plugin};
use serde_json::{Value, json};

/// Say something into the log.
#[lobe_plugin]
fn whisper(Context(context): Context) -> &'static str {
    context.log(LogLevel::Info, "psst");
    "said"
}

fn server(sessions: Sessions) -> LocalServer {
    LocalServer::of(
        HttpDoor::new(Plugin::new("whisperer").with::<whisper>()).sessions(sessions).router::<()>(),
    )
}

fn message(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn request(method: Method, message: &Value, id: Option<&str>) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from(message.to_string()));
    *request.method_mut() = method;
    *request.uri_mut() = "/mcp".parse().unwrap();
    let headers = request.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("accept", HeaderValue::from_static("application/json, text/event-stream"));
    if let Some(id) = id {
        headers.insert("mcp-session-id", id.parse().unwrap());
    }
    request
}

async fn post(server: &LocalServer, message: &Value, id: Option<&str>) -> Response<Bytes> {
    server.send(request(Method::POST, message, id)).await
}

fn text(response: &Response<Bytes>) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}

async fn begin(server: &LocalServer) -> String {
    let hello = message("initialize", &json!({ "protocolVersion": "2025-11-25", "capabilities": {} }));
    let greeted = post(server, &hello, None).await;
    assert_eq!(greeted.status(), 200, "{}", text(&greeted));
    greeted.headers()["mcp-session-id"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn only_who_greeted_is_answered_until_the_session_ends() {
    let server = server(Sessions::in_memory());
    let list = message("tools/list", &json!({}));
    let refused = async |id: Option<&str>, status: StatusCode| {
        let response = post(&server, &list, id).await;
        assert_eq!(response.status(), status, "{id:?}");
        // LobeHub begins anew by these words alone.
        assert!(text(&response).contains("No valid session ID provided"), "{}", text(&response));
    };
    refused(None, StatusCode::BAD_REQUEST).await;
    refused(Some("nobodys"), StatusCode::NOT_FOUND).await;
    let (id, other) = (begin(&server).await, begin(&server).await);
    assert_ne!(id, other);
    for id in [&id, &other] {
        assert_eq!(post(&server, &list, Some(id)).await.status(), 200);
    }
    let end = async |id: Option<&str>| {
        server.send(request(Method::DELETE, &Value::Null, id)).await.status().as_u16()
    };
    assert_eq!((end(None).await, end(Some(&id)).await, end(Some(&id)).await), (400, 204, 404));
    refused(Some(&id), StatusCode::NOT_FOUND).await;
    assert_eq!(post(&server, &list, Some(&other)).await.status(), 200);
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends() {
    let server = server(Sessions::in_memory().idle(Duration::ZERO));
    let id = begin(&server).await;
    assert_eq!(post(&server, &message("tools/list", &json!({})), Some(&id)).await.status(), 404);
}

/// A store that knows one session only, as one shared by replicas might be.
#[derive(Clone, Debug, Default)]
struct Shared(Arc<Mutex<Option<(String, SessionState)>>>);

impl SessionStore for Shared {
    fn keep<'a>(&'a self, id: &'a str, state: SessionState, _idle: Duration) -> SessionFuture<'a, ()> {
        *self.0.lock().unwrap() = Some((id.to_owned(), state));
        Box::pin(ready(()))
    }

    fn find<'a>(&'a self, id: &'a str, _idle: Duration) -> SessionFuture<'a, Option<SessionState>> {
        let known = self.0.lock().unwrap();
        let found = known.as_ref().filter(|(own, _)| own == id).map(|(_, state)| state.clone());
        Box::pin(ready(found))
    }

    fn forget<'a>(&'a self, _id: &'a str) -> SessionFuture<'a, ()> {
        *self.0.lock().unwrap() = None;
        Box::pin(ready(()))
    }
}

#[tokio::test]
async fn replicas_find_a_session_where_all_of_them_keep_theirs() {
    let store = Shared::default();
    let [one, other] = [(); 2].map(|()| server(Sessions::kept_by(store.clone())));
    let capabilities =
        json!({ "elicitation": { "form": "x".repeat(100_000) }, "experimental": { "y": [1] } });
    let hello =
        message("initialize", &json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities }));
    let greeted = post(&one, &hello, None).await;
    let id = greeted.headers()["mcp-session-id"].to_str().unwrap();
    assert_eq!(post(&other, &message("tools/list", &json!({})), Some(id)).await.status(), 200);
    let kept = store.0.lock().unwrap().clone().unwrap().1;
    assert_eq!(kept.capabilities, json!({ "elicitation": {} }), "a client must not fill the memory");
}

#[tokio::test]
async fn newer_clients_have_no_sessions() {
    let client = McpClient::at(server(Sessions::in_memory()), "/mcp").modern();
    assert_eq!(client.send(TestCall::new("whisper", json!({}))).await.text(), "said");
}

#[tokio::test]
async fn a_log_level_holds_for_the_session() {
    let server = server(Sessions::in_memory());
    let (loud, quiet) = (begin(&server).await, begin(&server).await);
    let level = message("logging/setLevel", &json!({ "level": "error" }));
    assert_eq!(post(&server, &level, Some(&quiet)).await.status(), 200);
    let call = message("tools/call", &json!({ "name": "whisper", "arguments": {} }));
    let heard = async |id: &str| text(&post(&server, &call, Some(id)).await).contains("psst");
    assert_eq!((heard(&loud).await, heard(&quiet).await), (true, false));
}

#[tokio::test]
async fn a_session_is_nobody_elses() {
    let server = server(Sessions::in_memory());
    let id = begin(&server).await;
    let mut stolen = request(Method::POST, &message("tools/list", &json!({})), Some(&id));
    stolen.extensions_mut().insert(CallerIdentity::new("mallory"));
    assert_eq!(server.send(stolen).await.status(), 404);
}
