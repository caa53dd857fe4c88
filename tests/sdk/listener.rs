//! The accept loop: what it refuses, how long it waits, and how it ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http_body_util::BodyExt as _;
use lobe_plugin_sdk::serve::{Listener, ListenerLimits, Readiness, Shutdown, Traffic};
use lobe_tests::raw::Raw;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// A listener in the test's own runtime.
struct Running {
    address: SocketAddr,
    traffic: Traffic,
    shutdown: Option<oneshot::Sender<Shutdown>>,
    ended: JoinHandle<std::io::Result<()>>,
    /// Lets the handlers of `/wait` go on.
    go_on: Arc<Notify>,
    /// Is told when the body of `/later` has been read.
    read: Arc<Notify>,
}

async fn start(limits: ListenerLimits) -> Running {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let (shutdown, told) = oneshot::channel();
    let (go_on, readiness) = (Arc::new(Notify::new()), Readiness::default());
    let (waiting, read) = (Arc::clone(&go_on), Arc::new(Notify::new()));
    let reader = Arc::clone(&read);
    let ready = readiness.clone();
    let router = Router::new()
        .route("/", get(async || "here"))
        .route("/readyz", get(async move || ready.answer()))
        .route("/panic", get(async || -> &'static str { panic!("on purpose") }))
        .route("/large", get(async || vec![b'x'; 64 << 20]))
        .route("/wait", get(async move || waiting.notified().await))
        .route("/later", post(async move |body: Body| drop(tokio::spawn(read_four_bytes(body, reader)))));
    let listener = Listener::new(socket).limits(limits).readiness(readiness);
    let traffic = listener.traffic();
    let ended = tokio::spawn(listener.serve(router, async { told.await.unwrap() }));
    Running { address, traffic, shutdown: Some(shutdown), ended, go_on, read }
}

/// Reads what there is, and not the end: hyper tells that of a body only which ends before its answer.
async fn read_four_bytes(mut body: Body, read: Arc<Notify>) {
    let mut came = Vec::new();
    while came.len() < 4 {
        let frame = body.frame().await.expect("more").expect("the connection is open");
        came.extend_from_slice(&frame.into_data().expect("data"));
    }
    assert_eq!(came, b"abcd");
    read.notify_one();
}

impl Running {
    async fn connect(&self) -> Raw {
        Raw::connect(self.address).await
    }

    /// Sends a request on a connection of its own and returns all that comes until the connection is closed.
    async fn ask(&self, head: &str) -> String {
        let mut connection = self.connect().await;
        connection.send(format!("{head}\r\nHost: here\r\nConnection: close\r\n\r\n")).await;
        connection.rest().await
    }

    fn shut_down(&mut self, how: Shutdown) {
        self.shutdown.take().unwrap().send(how).unwrap();
    }

    async fn end(self) {
        self.ended.await.unwrap().unwrap();
    }
}

fn quick() -> ListenerLimits {
    ListenerLimits {
        head_time: Duration::from_millis(100),
        keep_alive: Duration::from_millis(100),
        send_time: Duration::from_millis(100),
        drain_accept: Duration::from_millis(100),
        ..ListenerLimits::default()
    }
}

#[tokio::test]
async fn what_is_not_for_us_is_said_to_be_so() {
    let running = start(ListenerLimits::default()).await;
    let check = async |head: &str, status: u16| {
        let answer = running.ask(head).await;
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{}: {answer}", head.chars().take(80).collect::<String>());
        answer
    };
    check("GET / HTTP/1.1", 200).await;
    check(&format!("GET /?{} HTTP/1.1", "x".repeat(8 << 10)), 414).await;
    check(&format!("GET /?{} HTTP/1.1", "x".repeat((8 << 10) - 2)), 200).await;
    check(&format!("GET / HTTP/1.1{}", "\r\nx: 1".repeat(98)), 200).await;
    check(&format!("GET / HTTP/1.1{}", "\r\nx: 1".repeat(99)), 431).await;
    check(&format!("GET / HTTP/1.1\r\nx: {}", "x".repeat(66 << 10)), 431).await;
    check("CONNECT here:80 HTTP/1.1", 405).await;
    check("TRACE / HTTP/1.1", 405).await;
    check("GET http://here/ HTTP/1.1", 400).await;
    check("GET / HTTP/1.1\r\nUpgrade: websocket", 400).await;
    check("GET / HTTP/1.1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", 200).await;
    check("GET / HTTP/1.1\r\nHost: twice", 400).await;
    let refused = check("TRACE / HTTP/1.1", 405).await;
    assert!(refused.contains(r#""errorType":405"#), "{refused}");
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let running = start(ListenerLimits { keep_alive: Duration::from_secs(3600), ..quick() }).await;
    let mut silent = running.connect().await;
    let mut half = running.connect().await;
    half.send("GET / HTTP/1.1\r\nHo").await;
    assert_eq!((&*silent.rest().await, &*half.rest().await), ("", ""));

    let mut second_half = running.connect().await;
    second_half.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    assert!(second_half.until("here").await.starts_with("HTTP/1.1 200"));
    second_half.send("GET").await;
    assert_eq!(second_half.rest().await, "", "the time for heads counts from the head's first byte");
    assert_eq!(running.traffic.count().timed_out, 3);
}

#[tokio::test]
async fn idle_connections_have_a_time_of_their_own() {
    let running = start(ListenerLimits { head_time: Duration::from_secs(3600), ..quick() }).await;
    let mut idle = running.connect().await;
    idle.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    assert!(idle.until("here").await.starts_with("HTTP/1.1 200"));
    assert_eq!(idle.rest().await, "");
    assert_eq!(running.traffic.count().timed_out, 1);
}

/// Longer than a connection is kept ready after an answer.
const REST: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn a_connection_that_rested_goes_on() {
    let mut running = start(ListenerLimits::default()).await;
    let mut client = running.connect().await;
    for _ in 0..2 {
        client.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
        assert!(client.until("here").await.starts_with("HTTP/1.1 200"));
        tokio::time::sleep(REST).await;
    }
    client.send("GET / HTTP/1.1\r\nHo").await;
    tokio::time::sleep(REST).await;
    client.send("st: here\r\n\r\nGET / HTTP/1.1\r\nHost: here\r\n\r\nGET").await;
    assert!(client.until("here").await.starts_with("HTTP/1.1 200"));
    assert!(client.until("here").await.starts_with("HTTP/1.1 200"));
    tokio::time::sleep(REST).await;
    client.send(" / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    assert!(client.until("here").await.starts_with("HTTP/1.1 200"), "what came before it rested is not lost");
    tokio::time::sleep(REST).await;
    running.shut_down(Shutdown::Prompt);
    assert_eq!(client.rest().await, "");
    running.end().await;
}

#[tokio::test]
async fn a_connection_does_not_rest_while_somebody_reads() {
    let running = start(ListenerLimits::default()).await;
    let mut client = running.connect().await;
    client.send("POST /later HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nab").await;
    assert!(client.until("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    tokio::time::sleep(REST).await;
    client.send("cd").await;
    running.read.notified().await;
}

#[tokio::test]
async fn a_call_that_takes_longer_than_a_head_may_is_not_cut() {
    let limits = ListenerLimits { keep_alive: Duration::from_secs(3600), ..quick() };
    let running = start(limits).await;
    let mut waits = running.connect().await;
    waits.send("GET /wait HTTP/1.1\r\nHost: here\r\n\r\n").await;
    // A connection that says nothing is closed after this time: longer than it has the other one waited.
    assert_eq!(running.connect().await.rest().await, "");
    running.go_on.notify_one();
    assert!(waits.until("\r\n\r\n").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn who_takes_nothing_is_not_waited_for() {
    let running = start(quick()).await;
    let mut deaf = running.connect().await;
    deaf.send("GET /large HTTP/1.1\r\nHost: here\r\n\r\n").await;
    deaf.until("\r\n\r\n").await;
    while running.traffic.count().timed_out == 0 {
        tokio::task::yield_now().await;
    }
    assert!(deaf.rest().await.len() < 64 << 20, "the answer is cut, not ended");
}

#[tokio::test]
async fn there_are_only_so_many_places() {
    let limits = ListenerLimits { connections_per_address: 2, ..ListenerLimits::default() };
    let running = start(limits).await;
    let (mut first, _second) = (running.connect().await, running.connect().await);
    assert_eq!(running.connect().await.rest().await, "", "closed at once");
    first.send("GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await;
    assert!(first.rest().await.ends_with("here"));
    let count = running.traffic.count();
    assert_eq!((count.accepted, count.refused_by_address), (2, 1));

    let running = start(ListenerLimits { connections: 1, ..ListenerLimits::default() }).await;
    let _only = running.connect().await;
    assert_eq!(running.connect().await.rest().await, "");
    assert_eq!(running.traffic.count().refused, 1);
}

#[tokio::test]
async fn a_panic_says_nothing_and_ends_nothing() {
    let running = start(ListenerLimits::default()).await;
    let answer = running.ask("GET /panic HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    assert!(!answer.contains("on purpose"), "{answer}");
    assert_eq!(running.traffic.count().panics, 1);
    assert!(running.ask("GET / HTTP/1.1").await.ends_with("here"));
}

#[tokio::test]
async fn an_orderly_end_loses_no_call() {
    let mut running =
        start(ListenerLimits { drain_accept: Duration::from_secs(2), ..ListenerLimits::default() }).await;
    let (mut waits, mut idle) = (running.connect().await, running.connect().await);
    waits.send("GET /wait HTTP/1.1\r\nHost: here\r\n\r\n").await;
    idle.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    assert!(idle.until("here").await.starts_with("HTTP/1.1 200"));

    running.shut_down(Shutdown::Orderly);
    let ready = running.ask("GET /readyz HTTP/1.1").await;
    assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
    let mut late = running.connect().await;
    late.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let answer = late.rest().await;
    assert!(answer.contains("connection: close") && answer.ends_with("here"), "{answer}");
    idle.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    assert!(idle.rest().await.contains("connection: close"), "idle connections had one more request");
    running.go_on.notify_one();
    assert!(waits.rest().await.starts_with("HTTP/1.1 200"));
    running.end().await;
}

#[tokio::test]
async fn a_prompt_end_takes_no_more_connections() {
    let mut running = start(ListenerLimits { drain_accept: Duration::from_secs(3600), ..quick() }).await;
    let mut waits = running.connect().await;
    waits.send("GET /wait HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let mut idle = running.connect().await;
    idle.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    idle.until("here").await;
    running.shut_down(Shutdown::Prompt);
    assert_eq!(idle.rest().await, "");
    running.go_on.notify_one();
    assert!(waits.rest().await.starts_with("HTTP/1.1 200"));
    running.end().await;
}

#[tokio::test]
async fn calls_that_do_not_end_are_told_so() {
    let mut running = start(ListenerLimits { drain: Duration::from_millis(200), ..quick() }).await;
    let mut waits = running.connect().await;
    waits.send("GET /wait HTTP/1.1\r\nHost: here\r\n\r\n").await;
    let mut other = running.connect().await;
    other.send("GET / HTTP/1.1\r\nHost: here\r\n\r\n").await;
    other.until("here").await;
    running.shut_down(Shutdown::Prompt);
    let answer = waits.rest().await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    running.end().await;
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;

#[tokio::test]
async fn http2_has_its_limits_and_its_two_goodbyes() {
    let mut running = start(ListenerLimits::default()).await;
    let mut client = running.connect().await;
    client.send(PREFACE).await;
    client.send([0, 0, 0, SETTINGS, 0, 0, 0, 0, 0]).await;
    let (kind, _, settings) = client.frame().await.unwrap();
    assert_eq!(kind, SETTINGS);
    let setting = |id: u8| settings.chunks(6).find(|setting| setting[1] == id).map(|setting| &setting[2..]);
    assert_eq!(setting(3), Some(&[0, 0, 0, 100][..]), "concurrent streams");
    assert_eq!(setting(6), Some(&[0, 1, 0, 0][..]), "size of a list of headers");
    // GET / of `here`, with literal headers: stream 1, END_STREAM and END_HEADERS.
    let headers = b"\x82\x84\x86\x01\x04here";
    client
        .send([&[0, 0, u8::try_from(headers.len()).unwrap(), 1, 5, 0, 0, 0, 1], &headers[..]].concat())
        .await;
    let mut body = Vec::new();
    while body.is_empty() {
        if let (0, _, content) = client.frame().await.unwrap() {
            body = content;
        }
    }
    assert_eq!(body, b"here");

    running.shut_down(Shutdown::Orderly);
    let mut last_streams = Vec::new();
    while let Some((kind, flags, content)) = client.frame().await {
        match kind {
            GOAWAY => last_streams.push(u32::from_be_bytes(content[..4].try_into().unwrap())),
            PING if flags & ACK == 0 => {
                client.send([&[0, 0, 8, PING, ACK, 0, 0, 0, 0], &content[..]].concat()).await;
            }
            _ => {}
        }
    }
    assert_eq!(
        last_streams,
        [i32::MAX.cast_unsigned(), 1],
        "first a warning, then the last request that was taken"
    );
}
