//! Several calls in one request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use lobe_plugin_gateway::{BatchLimits, Gateway};
use lobe_plugin_sdk::schema::Schema;
use lobe_plugin_sdk::{Binary, Operation, Plugin, PluginError, Reply};
use lobe_tests::http::Server;
use serde_json::{Value, json};

/// A plugin whose operations wait as long as they are told to, and say how many of them ever ran at a time.
fn patient(most: &Arc<AtomicUsize>) -> Plugin {
    let most = Arc::clone(most);
    let running = Arc::new(AtomicUsize::new(0));
    let wait = Operation::new("wait", move |call: lobe_plugin_sdk::Call| {
        let (most, running) = (Arc::clone(&most), Arc::clone(&running));
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let arguments: Value = serde_json::from_slice(call.arguments().text()).unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(arguments["ms"].as_u64().unwrap_or_default())).await;
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(Reply::text(format!("{} {}", arguments["ms"], json!(call.settings().expose()))))
        }
    });
    let wait = wait.parameters(Schema::from_value(json!({
        "type": "object", "properties": { "ms": { "type": "integer" } },
    })));
    let fail = Operation::new("fail", async |_| Err::<Reply, _>(PluginError::not_found("nothing there")));
    let bytes = Operation::new("bytes", async |_| Reply::binary(Binary::new("image/gif", vec![0xff, 0xfe])));
    Plugin::new("patient").operation(wait).operation(fail).operation(bytes)
}

fn wait(ms: u64) -> Value {
    json!({ "identifier": "patient", "apiName": "wait", "arguments": json!({ "ms": ms }).to_string() })
}

async fn server(limits: BatchLimits) -> (Server, Arc<AtomicUsize>) {
    let most = Arc::default();
    let gateway = Gateway::new().mount(patient(&most)).mount(Plugin::new("other")).batch(limits);
    (Server::start(gateway.router()).await, most)
}

async fn post(server: &Server, batch: &Value, settings: Option<&str>) -> Value {
    let answer = server.post("/api/gateway/batch", &batch.to_string(), settings).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (StatusCode::OK, "application/json"),
        "{}",
        answer.text
    );
    answer.json()
}

#[tokio::test]
async fn answers_come_in_order_and_one_failure_fails_alone() {
    let (server, _) = server(BatchLimits::default()).await;
    let fail = json!({ "identifier": "patient", "apiName": "fail" });
    let bytes = json!({ "identifier": "patient", "apiName": "bytes" });
    let answers =
        post(&server, &json!([wait(80), fail, 7, wait(1), bytes, { "identifier": "x" }]), None).await;
    assert_eq!(answers[0], json!({ "status": 200, "body": "80 {}" }));
    assert_eq!(answers[1]["status"], 404);
    assert_eq!(answers[1]["body"]["errorType"], 404);
    assert_eq!((&answers[2]["status"], &answers[5]["status"]), (&json!(400), &json!(400)));
    assert_eq!(answers[3]["body"], "1 {}");
    assert_eq!(
        answers[4],
        json!({ "status": 200, "contentType": "image/gif", "encoding": "base64", "body": "//4=" })
    );
    assert_eq!(post(&server, &json!([]), None).await, json!([]));
}

#[tokio::test]
async fn each_answer_is_what_the_single_call_would_have_got() {
    let (server, _) = server(BatchLimits::default()).await;
    for payload in [wait(0), json!({ "identifier": "patient", "apiName": "gone" }), json!({}), json!([])] {
        let single = server.post("/api/gateway", &payload.to_string(), None).await;
        let batched = &post(&server, &json!([payload]), None).await[0];
        assert_eq!(batched["status"], single.status.as_u16());
        match &batched["body"] {
            Value::String(text) => assert_eq!(*text, single.text),
            error => assert_eq!(*error, single.json()),
        }
    }
}

#[tokio::test]
async fn calls_run_side_by_side_within_a_bound() {
    let (server, most) = server(BatchLimits { calls: 20, at_a_time: 4 }).await;
    let answers = post(&server, &Value::Array((0..20).map(|_| wait(20)).collect()), None).await;
    assert_eq!(answers.as_array().unwrap().len(), 20);
    assert_eq!(most.load(Ordering::SeqCst), 4);
    let many = Value::Array((0..21).map(|_| wait(0)).collect());
    let refused = server.post("/api/gateway/batch", &many.to_string(), None).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text.contains("at most 20 calls"), "{}", refused.text);
}

#[tokio::test]
async fn settings_are_each_calls_own() {
    let (server, _) = server(BatchLimits::default()).await;
    let mut own = wait(0);
    own["settings"] = json!({ "KEY": "own" });
    let answers = post(&server, &json!([wait(0), own]), Some(r#"{"KEY":"shared"}"#)).await;
    assert_eq!(answers[0]["body"], r#"0 {"KEY":"shared"}"#);
    assert_eq!(answers[1]["body"], r#"0 {"KEY":"own"}"#);

    own["settings"] = json!("text");
    let answers = post(&server, &json!([own, wait(0)]), None).await;
    assert_eq!(
        (&answers[0]["body"]["errorType"], &answers[1]["status"]),
        (&json!("PluginSettingsInvalid"), &json!(200))
    );

    // One header cannot be meant for two plugins: the key of one would go to the other's server.
    let two = json!([wait(0), { "identifier": "other", "apiName": "x" }]);
    let refused = server.post("/api/gateway/batch", &two.to_string(), Some(r#"{"KEY":"k"}"#)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text.contains("`settings`"), "{}", refused.text);
}

#[tokio::test]
async fn what_is_no_batch_is_refused() {
    let (server, _) = server(BatchLimits::default()).await;
    for body in ["", "{}", "7", "[", "[{}"] {
        let refused = server.post("/api/gateway/batch", body, None).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(refused.json()["errorType"], 400);
    }
    assert_eq!(server.get("/api/gateway/batch").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn every_call_takes_a_place_of_its_own() {
    let most = Arc::default();
    let limits = lobe_plugin_gateway::AdmissionLimits { in_flight: 2, per_plugin: 2 };
    let gateway = Gateway::new().mount(patient(&most)).admission(limits);
    let server = Server::start(gateway.router()).await;
    let answers = post(&server, &json!([wait(300), wait(300), wait(300), wait(300)]), None).await;
    let mut statuses: Vec<_> =
        answers.as_array().unwrap().iter().map(|answer| answer["status"].as_u64()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [Some(200), Some(200), Some(503), Some(503)]);
}
