//! Plugins that are not in this process: found in a caller's manifest, in a market index or in the configuration, and
//! called over HTTP.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use futures_util::{StreamExt as _, stream};
use lobe_plugin_gateway::{Config, Gateway};
use lobe_tests::http::{Answer, Server};
use lobe_tests::upstream::{Received, Upstream, json_answer, text_answer};
use serde_json::{Value, json};

/// Starts a gateway that may call `upstream`, and is configured by `more` besides.
pub(super) async fn gateway(upstream: &Upstream, more: &str) -> Server {
    let host = upstream.host();
    let config = format!(
        "index = \"http://{host}/index.json\"\n{more}\n[egress]\nrequire_https = false\nallow_hosts = [\"{host}\"]\n"
    );
    let config = Config::from_toml(&config).unwrap();
    Server::start(Gateway::configured(&config).unwrap().router()).await
}

pub(super) fn payload(identifier: &str, arguments: &str, manifest: Option<Value>) -> String {
    let mut payload = json!({ "identifier": identifier, "apiName": "run", "arguments": arguments });
    if let Some(manifest) = manifest {
        payload["manifest"] = manifest;
    }
    payload.to_string()
}

pub(super) async fn ask(gateway: &Server, payload: &str, settings: Option<&str>) -> Answer {
    gateway.post("/api/gateway", payload, settings).await
}

pub(super) fn ok(_: &Received) -> Response<Body> {
    text_answer(StatusCode::OK, r#"{ "sunny" : true }"#)
}

#[tokio::test]
async fn arguments_travel_byte_for_byte_and_the_answer_comes_back_as_text() {
    let upstream = Upstream::start(ok).await;
    let gateway = gateway(&upstream, "").await;
    let arguments = r#"{ "city":"Zürich",  "n":12345678901234567890, "x":1.0 }"#;
    let answer =
        ask(&gateway, &payload("p", arguments, Some(upstream.manifest("p", "/run?a=b"))), None).await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, r#"{ "sunny" : true }"#));
    assert_eq!(answer.header("content-type"), "text/plain;charset=UTF-8");

    let [sent] = &upstream.received()[..] else { panic!("one call makes one request") };
    assert_eq!((sent.method.as_str(), &*sent.path), ("POST", "/run?a=b"));
    assert_eq!(sent.body, arguments.as_bytes());
    assert_eq!(sent.header("content-type"), "text/plain;charset=UTF-8");
    assert_eq!(sent.header("x-lobe-plugin-settings"), "{}");
}

#[tokio::test]
async fn of_the_callers_headers_only_settings_and_trace_travel_on() {
    let upstream = Upstream::start(ok).await;
    let gateway = gateway(&upstream, "").await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = Request::post("/api/gateway")
        .header("authorization", "Bearer marked-secret")
        .header("cookie", "session=marked-secret")
        .header("x-lobe-chat-auth", "marked-secret")
        .header("x-forwarded-for", "marked-secret")
        .header("x-lobe-plugin-settings", r#"{"city":"Zürich"}"#)
        .header("x-lobe-trace", "eyJlbmFibGVkIjpmYWxzZX0=")
        .header("traceparent", trace)
        .body(Body::from(payload("p", "{}", Some(upstream.manifest("p", "/run")))))
        .unwrap();
    assert_eq!(gateway.send(request).await.status, StatusCode::OK);

    let [sent] = &upstream.received()[..] else { panic!("one call makes one request") };
    assert!(!format!("{sent:?}").contains("marked-secret"), "{sent:?}");
    assert_eq!(sent.header("x-lobe-plugin-settings"), r#"{"city":"Z\u00fcrich"}"#);
    assert_eq!(
        (sent.header("traceparent"), sent.header("x-lobe-trace")),
        (trace, "eyJlbmFibGVkIjpmYWxzZX0=")
    );
}

#[tokio::test]
async fn a_failing_servers_status_and_text_are_handed_on() {
    let upstream = Upstream::start(|_| text_answer(StatusCode::IM_A_TEAPOT, "no coffee")).await;
    let gateway = gateway(&upstream, "").await;
    let answer = ask(&gateway, &payload("p", "{}", Some(upstream.manifest("p", "/run"))), None).await;
    assert_eq!(answer.status, StatusCode::IM_A_TEAPOT);
    assert_eq!(answer.json(), json!({ "body": "no coffee", "errorType": 418 }));
}

#[tokio::test]
async fn a_failing_server_that_says_nothing_has_an_empty_text() {
    let upstream = Upstream::start(|_| text_answer(StatusCode::NOT_FOUND, "")).await;
    let gateway = gateway(&upstream, "").await;
    let answer = ask(&gateway, &payload("p", "{}", Some(upstream.manifest("p", "/run"))), None).await;
    assert_eq!(answer.text, r#"{"body":"","errorType":404}"#);
}

#[tokio::test]
async fn numbers_of_settings_are_the_same_on_their_way() {
    let upstream = Upstream::start(ok).await;
    let gateway = gateway(&upstream, "").await;
    let settings = r#"{"c":1234.5678901234567,"d":501431234.48393154}"#;
    ask(&gateway, &payload("p", "{}", Some(upstream.manifest("p", "/run"))), Some(settings)).await;
    assert_eq!(upstream.received()[0].header("x-lobe-plugin-settings"), settings);
}

#[tokio::test]
async fn whoever_invites_all_pages_says_what_lobehubs_gateway_says_to_a_preflight() {
    let upstream = Upstream::start(ok).await;
    let asked = async |cors: &str| {
        let gateway = gateway(&upstream, &format!("cors = [\"{cors}\"]")).await;
        let request = Request::options("/api/gateway")
            .header(header::ORIGIN, "https://chat.example.org")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "PUT")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "");
        gateway.send(request.body(Body::empty()).unwrap()).await
    };
    let all = asked("*").await;
    assert_eq!(all.status, StatusCode::NO_CONTENT);
    assert_eq!(all.header("access-control-allow-methods"), "GET,HEAD,PUT,PATCH,POST,DELETE");
    assert!(!all.headers.contains_key(header::ACCESS_CONTROL_ALLOW_HEADERS));
    assert_eq!(asked("https://chat.example.org").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_redirect_to_another_server_is_refused_and_takes_nothing_along() {
    let other = Upstream::start(ok).await;
    let there = other.url();
    let upstream = Upstream::start(move |_| {
        let redirect = Response::builder().status(StatusCode::TEMPORARY_REDIRECT);
        redirect.header(header::LOCATION, format!("{there}/run")).body(Body::empty()).unwrap()
    })
    .await;
    let gateway = gateway(&upstream, "").await;
    let answer = ask(&gateway, &payload("p", "{}", Some(upstream.manifest("p", "/run"))), Some("{}")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn addresses_that_nobody_opened_are_refused_in_the_same_words() {
    let upstream = Upstream::start(ok).await;
    let closed = Upstream::start(ok).await;
    let gateway = gateway(&upstream, "").await;
    let mut answers = Vec::new();
    for url in [&*closed.url(), "http://169.254.169.254", "http://localhost:1234", "http://10.0.0.1"] {
        let mut manifest = upstream.manifest("p", "/run");
        manifest["api"][0]["url"] = format!("{url}/run").into();
        let answer = ask(&gateway, &payload("p", "{}", Some(manifest)), None).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{url}: {}", answer.text);
        answers.push(answer.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(closed.received().is_empty());
}

/// A market: its index and manifests, and the server of its plugins.
pub(super) async fn market() -> Upstream {
    Upstream::start(|request| {
        let host = request.header("host");
        let entry = |name: &str, path: &str| {
            json!({
                "author": "a", "createdAt": "2026-01-01", "homepage": "https://example.org", "identifier": name,
                "manifest": format!("http://{host}{path}"), "meta": {}, "schemaVersion": 1,
            })
        };
        let api = json!([{
            "name": "run", "description": "Runs.", "url": format!("http://{host}/run"),
            "parameters": { "type": "object", "properties": {} },
        }]);
        match &*request.path {
            path if path.starts_with("/index.json") => json_answer(&json!({
                "schemaVersion": 1,
                "plugins": [null, entry("known", "/known.json"), entry("alias", "/known.json"), { "identifier": "bad" }],
            })),
            "/known.json" => json_answer(&json!({
                "identifier": "known", "meta": {}, "api": api,
                "settings": { "type": "object", "properties": { "KEY": { "type": "string" } }, "required": ["KEY"] },
            })),
            _ => json_answer(&json!({ "settings": request.header("x-lobe-plugin-settings") })),
        }
    })
    .await
}

#[tokio::test]
async fn an_index_and_a_manifest_are_fetched_once() {
    let market = market().await;
    let gateway = gateway(&market, "").await;
    for _ in 0..3 {
        let answer = ask(&gateway, &payload("known", "{}", None), Some(r#"{"KEY":"k"}"#)).await;
        assert_eq!(answer.json(), json!({ "settings": r#"{"KEY":"k"}"# }), "{}", answer.text);
    }
    let paths: Vec<_> = market.received().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/index.json", "/known.json", "/run", "/run", "/run"]);
}

#[tokio::test]
async fn what_an_index_does_not_have_is_told_in_lobehubs_words() {
    let market = market().await;
    let gateway = gateway(&market, "").await;
    let check = async |identifier: &str, status: u16, error: &str| {
        let answer = ask(&gateway, &payload(identifier, "{}", None), None).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errorType"]),
            (status, &json!(error)),
            "{}",
            answer.text
        );
    };
    check("nobody", 404, "PluginMetaNotFound").await;
    check("bad", 490, "PluginMetaInvalid").await;
    check("alias", 490, "PluginManifestInvalid").await;
    check("known", 422, "PluginSettingsInvalid").await;
}

#[tokio::test]
async fn a_manifest_may_have_another_name_where_the_operator_says_so() {
    let market = market().await;
    let gateway = gateway(&market, "[caller]\naliases = true").await;
    let answer = ask(&gateway, &payload("alias", "{}", None), Some(r#"{"KEY":"k"}"#)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn a_configured_plugin_is_found_by_its_manifest() {
    let market = market().await;
    let manifest =
        format!("[plugins.known]\nmanifest = \"{}/known.json\"\nsettings = {{ KEY = \"k\" }}", market.url());
    let gateway = gateway(&market, &manifest).await;
    let answer = ask(&gateway, &payload("known", "{}", None), None).await;
    assert_eq!(answer.json()["settings"], r#"{"KEY":"k"}"#, "{}", answer.text);
    let paths: Vec<_> = market.received().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/known.json", "/run"]);
}

#[tokio::test]
async fn what_callers_bring_can_be_forbidden() {
    let upstream = Upstream::start(ok).await;
    let gateway = gateway(&upstream, "[caller]\nmanifests = false\nindexes = false").await;
    let manifest = ask(&gateway, &payload("p", "{}", Some(upstream.manifest("p", "/run"))), None).await;
    assert_eq!(manifest.status, StatusCode::FORBIDDEN, "{}", manifest.text);
    let index =
        json!({ "identifier": "p", "apiName": "run", "indexUrl": format!("{}/other.json", upstream.url()) });
    assert_eq!(ask(&gateway, &index.to_string(), None).await.status, StatusCode::FORBIDDEN);
    assert!(upstream.received().is_empty());
}

/// A piece, and a failure once it has been sent.
fn broken_off() -> impl futures_util::Stream<Item = std::io::Result<&'static str>> {
    let failure = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::other("broken off"))
    };
    stream::iter([Ok("a")]).chain(stream::once(failure))
}

#[tokio::test]
async fn only_an_answer_that_says_so_is_handed_on_before_it_is_whole() {
    let check = async |name: &'static str, value: &'static str, expected: StatusCode| {
        let upstream = Upstream::start(move |_| {
            let body = Body::from_stream(broken_off());
            Response::builder().header(name, value).body(body).unwrap()
        })
        .await;
        let gateway = gateway(&upstream, "").await;
        let call = payload("p", "{}", Some(upstream.manifest("p", "/run")));
        let request = Request::post("/api/gateway").body(Body::from(call)).unwrap();
        assert_eq!(gateway.open(request).await.status(), expected, "{name}: {value}");
    };
    check("content-type", "text/plain", StatusCode::BAD_GATEWAY).await;
    check("content-type", "text/event-stream", StatusCode::OK).await;
    check("x-accel-buffering", "no", StatusCode::OK).await;
}
