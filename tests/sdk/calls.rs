//! What a function may know of its call: who asks, how long it may take, whether anybody still waits. And what the log
//! holds of one that failed.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use lobe_plugin_gateway::Gateway;
use lobe_plugin_sdk::{
    Call, Caller, CallerIdentity, Context, Door, Function, Operation, Plugin, Reply, lobe_plugin,
};
use lobe_tests::http::Server;
use lobe_tests::parity;
use serde_json::json;

/// Show who asks.
#[lobe_plugin]
fn show(Caller(caller): Caller) -> String {
    let scopes = caller.scopes().join("+");
    let subject = caller.subject().unwrap_or("nobody");
    format!("{:?} {subject} [{scopes}] {}", caller.door(), caller.has_scope("write"))
}

fn known() -> CallerIdentity {
    CallerIdentity::new("ann").with_scopes(["read", "write"])
}

#[tokio::test]
async fn who_calls_is_what_somebody_authenticated() {
    let plugin = Plugin::new("callers").with::<show>();
    let check = async |call: Call, expected: &str| {
        assert_eq!(plugin.call(call).await.unwrap().as_text(), expected);
    };
    let call = || Call::new("show", json!({}));
    check(call(), "Direct nobody [] false").await;
    check(call().by(known()).through(Door::Http), "Http ann [read+write] true").await;
    check(call().by(CallerIdentity::new("bob")), "Direct bob [] false").await;
    let nobody = CallerIdentity::default().with_scopes(["write"]);
    check(call().by(nobody), "Direct nobody [] false").await;
    let mut left = axum::http::Extensions::new();
    left.insert(CallerIdentity::new("left"));
    check(call().with_extensions(left.clone()), "Direct left [] false").await;
    check(call().by(known()).with_extensions(left), "Direct ann [read+write] true").await;
}

#[tokio::test]
async fn a_middleware_tells_every_door_who_calls() {
    let authenticate = async |mut request: Request, next: Next| {
        if request.headers().get("authorization").is_some_and(|key| key == "Bearer right") {
            request.extensions_mut().insert(known());
        }
        next.run(request).await
    };
    let app: Router = Gateway::new().mount(Plugin::new("callers").with::<show>()).router();
    let server = Server::start(app.layer(from_fn(authenticate))).await;
    let payload = json!({ "identifier": "callers", "apiName": "show", "arguments": "{}" }).to_string();
    let check = async |path: &str, body: &str, key: &str, expected: &str| {
        let request = Request::post(path).header("authorization", key).header("x-subject", "forged");
        let answer = server.send(request.body(body.to_owned().into()).unwrap()).await;
        assert_eq!(answer.text, expected, "{path}");
    };
    check("/api/show", "{}", "Bearer right", "Http ann [read+write] true").await;
    check("/api/show", "{}", "Bearer wrong", "Http nobody [] false").await;
    check("/api/gateway", &payload, "Bearer right", "Gateway ann [read+write] true").await;
    check("/api/gateway", &payload, "Bearer wrong", "Gateway nobody [] false").await;
}

/// Tell how much time is left, in seconds, and whether it is over.
#[lobe_plugin]
fn time(Context(context): Context) -> (Option<u64>, bool) {
    assert_eq!(context.deadline().is_some(), context.time_left().is_some());
    assert!(context.deadline().is_none_or(|deadline| deadline < Instant::now() + Duration::from_secs(4000)));
    (context.time_left().map(|left| left.as_secs().div_ceil(60)), context.is_cancelled())
}

#[tokio::test]
async fn a_function_knows_its_time() {
    let plugin = Plugin::new("times").with::<time>();
    let check = async |call: Call, expected: &str| {
        assert_eq!(plugin.call(call).await.unwrap().as_text(), expected);
    };
    let call = || Call::new("time", json!({}));
    check(call(), "[null,false]").await;
    check(call().within(Duration::from_secs(3599)), "[60,false]").await;
    // A function that does not wait cannot be interrupted: it has to ask, and is told.
    check(call().within(Duration::ZERO), "[0,true]").await;
    check(call().within(Duration::MAX), "[null,false]").await;
}

#[tokio::test]
async fn an_operation_by_hand_says_that_it_is_to_be_watched() {
    let ask =
        async |call: Call| call.context().map(|context| Reply::text(context.is_cancelled().to_string()));
    let check = async |operation: Operation, expected: Result<&str, u16>| {
        let plugin = Plugin::new("by-hand").operation(operation);
        let outcome = plugin.ask("go", json!({})).await;
        assert_eq!(outcome.as_ref().map(Reply::as_text).map_err(|error| error.status()), expected);
    };
    check(Operation::new("go", ask), Err(500)).await;
    check(Operation::new("go", ask).extracts::<Context>(), Ok("false")).await;
    assert_eq!(time::operation().name(), "time");
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_failure_is_logged_once_wherever_it_happens() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    for (to, way, said) in [
        (0, "hidden", "call failed"),
        (2, "hidden", "answer broke off"),
        (2, "panic", "answer broke off"),
        (2, "explained", "answer broke off"),
    ] {
        log.0.lock().unwrap().clear();
        assert!(parity::plugin().ask("count_and_fail", json!({ "to": to, "way": way })).await.is_err());
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{to} {way}: {text}");
        assert!(text.contains(said) && text.contains("operation=\"count_and_fail\""), "{to} {way}: {text}");
        let cause = if way == "explained" { "shelf 7 is empty" } else { "marked-secret" };
        assert!(text.contains(cause), "{to} {way}: {text}");
    }
    drop(guard);
}
