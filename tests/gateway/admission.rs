//! How many calls may be in flight, over real connections, and what is counted of them.

use std::sync::Arc;

use lobe_plugin_gateway::{AdmissionLimits, Counters, Gateway};
use lobe_plugin_sdk::{Plugin, State, lobe_plugin};
use lobe_tests::http::{Answer, Server};
use serde_json::json;
use tokio::sync::Semaphore;

/// Says when a call has begun, and lets it go on.
#[derive(Clone)]
struct Gates {
    begun: Arc<Semaphore>,
    go_on: Arc<Semaphore>,
}

/// Wait until the test says so.
#[lobe_plugin]
async fn wait(State(gates): State<Gates>) -> &'static str {
    gates.begun.add_permits(1);
    gates.go_on.acquire().await.expect("the test keeps it open").forget();
    "done"
}

/// A gateway with two plugins that wait.
struct Waiting {
    server: Arc<Server>,
    gates: Gates,
    counters: Counters,
}

impl Waiting {
    async fn start(limits: AdmissionLimits) -> Self {
        let closed = || Arc::new(Semaphore::new(0));
        let gates = Gates { begun: closed(), go_on: closed() };
        let plugin =
            |identifier: &'static str| Plugin::new(identifier).with_state(gates.clone()).with::<wait>();
        let gateway = Gateway::new().mount(plugin("one")).mount(plugin("two")).admission(limits);
        let counters = gateway.counters();
        Self { server: Arc::new(Server::start(gateway.router()).await), gates, counters }
    }

    fn call(&self, identifier: &str) -> impl Future<Output = Answer> + Send + 'static {
        let server = Arc::clone(&self.server);
        let payload = json!({ "identifier": identifier, "apiName": "wait", "arguments": "{}" }).to_string();
        async move { server.post("/api/gateway", &payload, None).await }
    }

    /// Begins a call and returns when its function runs.
    async fn begin(&self, identifier: &str) -> tokio::task::JoinHandle<Answer> {
        let call = tokio::spawn(self.call(identifier));
        self.gates.begun.acquire().await.unwrap().forget();
        call
    }

    async fn assert_busy(&self, identifier: &str) {
        let answer = self.call(identifier).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "1"));
        let message = "[gateway] too many calls are in flight: try again in a second";
        assert_eq!(answer.json(), json!({ "body": { "message": message }, "errorType": 503 }));
    }

    fn assert_counted(&self, line: &str) {
        let text = self.counters.text();
        assert!(text.lines().any(|counted| counted == line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
async fn one_call_too_many_is_refused_at_once() {
    let waiting = Waiting::start(AdmissionLimits { in_flight: 2, ..AdmissionLimits::default() }).await;
    let (first, second) = (waiting.begin("one").await, waiting.begin("two").await);
    waiting.assert_counted("lobe_gateway_calls_in_flight 2");
    waiting.assert_busy("one").await;
    waiting.assert_busy("nobody").await;
    waiting.gates.go_on.add_permits(2);
    assert_eq!((&*first.await.unwrap().text, &*second.await.unwrap().text), ("done", "done"));

    waiting.gates.go_on.add_permits(1);
    assert_eq!(waiting.call("one").await.text, "done", "places are given back");
    waiting.assert_counted(r#"lobe_gateway_calls_total{outcome="ok"} 3"#);
    waiting.assert_counted(r#"lobe_gateway_calls_total{outcome="busy"} 2"#);
}

#[tokio::test]
async fn one_plugin_does_not_take_all_places() {
    let waiting = Waiting::start(AdmissionLimits { per_plugin: 1, ..AdmissionLimits::default() }).await;
    let first = waiting.begin("one").await;
    waiting.assert_busy("one").await;
    let second = waiting.begin("two").await;
    waiting.gates.go_on.add_permits(2);
    assert_eq!((&*first.await.unwrap().text, &*second.await.unwrap().text), ("done", "done"));
}

#[tokio::test]
async fn a_plugins_own_doors_have_the_same_places() {
    let waiting = Waiting::start(AdmissionLimits { per_plugin: 1, ..AdmissionLimits::default() }).await;
    let server = Arc::clone(&waiting.server);
    let over_http = async || server.post("/plugins/one/api/wait", "{}", None).await;
    let message = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "wait", "arguments": {} },
    });
    let over_mcp = async || server.post("/plugins/one/mcp", &message.to_string(), None).await.json();
    let busy = "[gateway] too many calls are in flight: try again in a second";

    let first = waiting.begin("one").await;
    let refused = over_http().await;
    assert_eq!((refused.status.as_u16(), &refused.json()["body"]["message"]), (503, &json!(busy)));
    assert_eq!(over_mcp().await["result"]["content"][0]["text"], busy);
    waiting.gates.go_on.add_permits(3);
    assert_eq!(first.await.unwrap().text, "done");
    assert_eq!(over_http().await.text, "done");
    assert_eq!(over_mcp().await["result"]["content"][0]["text"], "done");
    waiting.assert_counted(r#"lobe_gateway_calls_total{outcome="ok"} 3"#);
    waiting.assert_counted(r#"lobe_gateway_calls_total{outcome="busy"} 2"#);
}

#[tokio::test]
async fn identifiers_that_callers_think_of_are_in_no_series() {
    let waiting = Waiting::start(AdmissionLimits::default()).await;
    let series = || waiting.counters.text().lines().count();
    waiting.call("nobody").await;
    let before = series();
    for number in 0..50 {
        waiting.call(&format!("nobody-{number}")).await;
    }
    assert_eq!(series(), before);
    assert!(!waiting.counters.text().contains("nobody"));
}
