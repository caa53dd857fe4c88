//! Operations for callers with a scope: who lacks it is shown none and calls none, whatever the door.

use axum::body::Body;
use axum::http::Request;
use lobe_plugin_sdk::serve::{Authorization, HttpDoor, Key, KeyRecord, Keys};
use lobe_plugin_sdk::{Call, CallerIdentity, Door, Plugin, lobe_plugin};
use lobe_tests::http::{Answer, Server};
use serde_json::{Value, json};

/// Keeps things.
#[lobe_plugin(identifier = "shelf")]
mod shelf {
    use super::*;

    /// Say how many there are.
    #[lobe_plugin]
    pub(super) fn count() -> u8 {
        3
    }

    /// Take all of them away.
    #[lobe_plugin(scopes("shelf.read", "shelf.write"))]
    pub(super) fn clear() -> &'static str {
        "cleared"
    }
}

/// Serves the shelf; returns the credentials of one who may do all, and of one who may read.
async fn server() -> (Server, [String; 2]) {
    let keys = [Key::generate("writer").unwrap(), Key::generate("reader").unwrap()];
    let scopes = [vec!["shelf.read", "shelf.write"], vec!["shelf.read"]];
    let records = keys.iter().zip(scopes).map(|(key, scopes)| {
        let scopes = scopes.into_iter().map(str::to_owned).collect();
        KeyRecord { scopes, ..KeyRecord::new(key) }
    });
    let authorization = Authorization::required().by(Keys::of(records));
    let door = HttpDoor::new(shelf::plugin()).authorization(authorization);
    (Server::start(door.router()).await, keys.map(|key| format!("Bearer {}", key.expose())))
}

async fn post(server: &Server, path: &str, credential: &str, body: &Value) -> Answer {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("authorization", credential)
        .body(Body::from(body.to_string()));
    server.send(request.unwrap()).await
}

fn rpc(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

#[tokio::test]
async fn over_http_who_lacks_a_scope_reads_which() {
    let (server, [writer, reader]) = server().await;
    assert_eq!(post(&server, "/api/clear", &writer, &json!({})).await.text, "cleared");
    assert_eq!(post(&server, "/api/count", &reader, &json!({})).await.text, "3");
    let refused = post(&server, "/api/clear", &reader, &json!({})).await;
    assert_eq!(refused.status, 403);
    let message = "this is for callers with the scope `shelf.read shelf.write`";
    assert_eq!(refused.json()["body"]["message"], message, "{}", refused.text);
}

#[tokio::test]
async fn over_mcp_he_is_shown_no_such_tool_and_calls_none() {
    let (server, [writer, reader]) = server().await;
    let names = async |credential: &str| {
        let listed = post(&server, "/mcp", credential, &rpc("tools/list", &json!({}))).await.json();
        let tools = listed["result"]["tools"].as_array().unwrap().clone();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&writer).await, ["count", "clear"]);
    assert_eq!(names(&reader).await, ["count"]);
    let call = rpc("tools/call", &json!({ "name": "clear" }));
    let answer = post(&server, "/mcp", &writer, &call).await.json();
    assert_eq!(answer["result"]["content"][0]["text"], "cleared");
    let refused = post(&server, "/mcp", &reader, &call).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]["code"]), (403, &json!(-32600)));
    assert!(refused.text.contains("`shelf.read shelf.write`"), "{}", refused.text);
}

#[tokio::test]
async fn a_server_that_asks_nobody_for_a_credential_keeps_it_from_everybody() {
    let server = Server::start(shelf::plugin().router()).await;
    assert_eq!(post(&server, "/api/count", "", &json!({})).await.status, 200);
    assert_eq!(post(&server, "/api/clear", "", &json!({})).await.status, 403);
    assert_eq!(post(&server, "/mcp", "", &rpc("tools/call", &json!({ "name": "clear" }))).await.status, 403);
}

#[tokio::test]
async fn the_waist_holds_whatever_a_door_forgets() {
    let plugin = shelf::plugin();
    let call = |caller: Option<CallerIdentity>, door: Door| {
        let call = Call::new("clear", json!({})).through(door);
        caller.into_iter().fold(call, Call::by)
    };
    let allowed = async |call: Call| match plugin.call(call).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.status(), 403);
            false
        }
    };
    let caller = |scopes: &[&str]| Some(CallerIdentity::new("ann").with_scopes(scopes.iter().copied()));
    assert!(allowed(call(caller(&["shelf.read", "shelf.write"]), Door::Gateway)).await);
    assert!(!allowed(call(caller(&["shelf.read"]), Door::Gateway)).await);
    assert!(!allowed(call(None, Door::Http)).await);
    assert!(!allowed(call(caller(&[]), Door::Direct)).await, "a caller who is named has what he is given");
    assert!(allowed(call(None, Door::Direct)).await, "the program itself needs no scope");
}

#[tokio::test]
async fn a_plugin_may_be_kept_as_a_whole() {
    let plugin: Plugin = shelf::plugin().scopes(["member"]);
    let member = CallerIdentity::new("ann").with_scopes(["member"]);
    let call =
        |operation: &'static str| Call::new(operation, json!({})).through(Door::Http).by(member.clone());
    assert!(plugin.call(call("count")).await.is_ok());
    assert_eq!(plugin.call(call("clear")).await.unwrap_err().status(), 403);
    let stranger = Call::new("count", json!({})).through(Door::Http);
    assert_eq!(plugin.call(stranger).await.unwrap_err().status(), 403);
}
