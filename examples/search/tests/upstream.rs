//! The plugin in front of a server that answers in every way the real one may.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use lobe_plugin_sdk::{Call, ErrorType, Plugin, PluginError, Reply, UserSettings};
use search::Upstream;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const KEY: &str = "marked-key";

/// Starts a server that answers by the query: it is a status, or `slow`, or what is looked for.
async fn upstream() -> Upstream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/search", listener.local_addr().unwrap());
    let app = Router::new().route("/search", routing::get(answer));
    tokio::spawn(async { axum::serve(listener, app).await });
    Upstream::at(&url).unwrap()
}

async fn answer(headers: HeaderMap, Query(asked): Query<HashMap<String, String>>) -> Response {
    if headers["x-subscription-token"] != KEY {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match asked["q"].as_str() {
        "slow" => std::future::pending().await,
        "nonsense" => "no JSON".into_response(),
        query => match query.parse::<u16>() {
            // Some servers repeat the key in what they say.
            Ok(status) => (StatusCode::from_u16(status).unwrap(), KEY).into_response(),
            Err(_) => Json(hits(query, asked["count"].parse().unwrap())).into_response(),
        },
    }
}

fn hits(query: &str, count: usize) -> Value {
    let hit =
        |number| json!({ "title": format!("{query} {number}"), "url": "https://example.org", "age": 1 });
    json!({ "web": { "results": (1..=count).map(hit).collect::<Vec<_>>() }, "type": "search" })
}

fn plugin(upstream: Upstream) -> Plugin {
    search::search::plugin().with_state(upstream)
}

async fn search_with(plugin: &Plugin, settings: Value, query: &str) -> Result<Reply, PluginError> {
    let settings = UserSettings::new(settings.as_object().unwrap().clone());
    let arguments = json!({ "query": query, "limit": 2 });
    plugin.call(Call::new("search_web", arguments).with_settings(settings)).await
}

#[tokio::test]
async fn hits_come_back() {
    let plugin = plugin(upstream().await);
    let reply = search_with(&plugin, json!({ "api_key": KEY }), "crabs & co").await.unwrap();
    let found: Value = serde_json::from_str(reply.as_text()).unwrap();
    let hit = |title| json!({ "title": title, "url": "https://example.org", "description": "" });
    assert_eq!(found, json!([hit("crabs & co 1"), hit("crabs & co 2")]));
}

#[tokio::test]
async fn a_key_that_is_missing_or_wrong_opens_the_form() {
    let plugin = plugin(upstream().await);
    for settings in [json!({}), json!({ "api_key": "wrong" }), json!({ "api_key": "line\nbreak" })] {
        let error = search_with(&plugin, settings.clone(), "crabs").await.unwrap_err();
        assert_eq!(error.error_type(), ErrorType::PluginSettingsInvalid, "{settings}");
    }
    let error = search_with(&plugin, json!({ "api_key": "wrong" }), "crabs").await.unwrap_err();
    assert_eq!(error.message(), "the search API refuses the key: enter another one in the settings");
}

#[tokio::test]
async fn failures_are_told_apart_and_tell_no_key() {
    let plugin = plugin(upstream().await.patience(Duration::from_millis(100)));
    let check = async |query: &str, status: u16, message: &str| {
        let error = search_with(&plugin, json!({ "api_key": KEY }), query).await.unwrap_err();
        assert_eq!((error.status(), error.message()), (status, message), "{query}");
        let all = format!("{error:?} {}", serde_json::to_string(&error.to_wire()).unwrap());
        assert!(!all.contains(KEY), "{all}");
    };
    check("429", 429, "the search API has had enough of this key for now").await;
    check("500", 502, "the search API cannot be asked").await;
    check("nonsense", 502, "the search API cannot be asked").await;
    check("slow", 504, "the search API did not answer in time").await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_to_be_out_of_reach() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let plugin = plugin(Upstream::at(&url).unwrap());
    let error = search_with(&plugin, json!({ "api_key": KEY }), "crabs").await.unwrap_err();
    assert_eq!((error.status(), error.message()), (502, "the search API cannot be asked"));
}

#[test]
fn only_urls_of_servers_are_taken() {
    for url in ["", "search.example.org", "file:///etc/passwd"] {
        assert!(Upstream::at(url).is_err(), "{url}");
    }
}

#[test]
fn the_form_hides_what_is_typed() {
    let site = lobe_plugin_sdk::Site::at("https://plugins.example.org".parse().unwrap());
    let settings = search::search::plugin().manifest(&site).settings.unwrap();
    assert_eq!(settings["properties"]["api_key"]["format"], "password");
    assert_eq!(settings["required"], json!(["api_key"]));
}

#[test]
fn every_client_takes_it() {
    lobe_plugin_sdk::testing::assert_accepted(&search::search::plugin());
}
