//! Answers that are told while they are made, over real connections: each piece is there before the next is made, a
//! failure is never taken for the end, and who hangs up is noticed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use futures_util::stream;
use http_body_util::BodyExt;
use lobe_plugin_gateway::Gateway;
use lobe_plugin_sdk::serve::{HttpDoor, Limits};
use lobe_plugin_sdk::{
    CallContext, Context, IntoPluginError, Plugin, PluginError, State, TextStream, lobe_plugin,
};
use lobe_tests::http::Server;
use lobe_tests::parity::{self, ShelfError};
use serde_json::json;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedSender, channel, unbounded_channel};

type Piece = Result<&'static str, PluginError>;

/// What the test and the function share: the test makes the pieces, and learns of the call.
#[derive(Clone)]
struct Wire {
    pieces: Arc<Mutex<Option<Receiver<Piece>>>>,
    news: UnboundedSender<News>,
}

/// What a function tells the test.
#[derive(Debug)]
enum News {
    Started(CallContext),
    Cancelled,
}

impl Wire {
    /// Tells that the call has begun, and when it was given up.
    fn watch(&self, context: CallContext) {
        let news = self.news.clone();
        let _ = news.send(News::Started(context.clone()));
        tokio::spawn(async move {
            context.cancelled().await;
            let _ = news.send(News::Cancelled);
        });
    }
}

/// Say what comes over the wire.
#[lobe_plugin]
async fn tell(State(wire): State<Wire>, Context(context): Context) -> TextStream {
    wire.watch(context);
    let mut pieces = wire.pieces.lock().unwrap().take().unwrap();
    TextStream::new(stream::poll_fn(move |waker| pieces.poll_recv(waker)))
}

/// Wait for what never comes.
#[lobe_plugin]
async fn wait(State(wire): State<Wire>, Context(context): Context) -> String {
    wire.watch(context);
    std::future::pending().await
}

/// A server with one wire into it.
struct Test {
    server: Server,
    pieces: Sender<Piece>,
    news: tokio::sync::mpsc::UnboundedReceiver<News>,
}

const PATIENT: Duration = Duration::from_secs(60);

/// The two doors.
const DOORS: [&str; 2] = ["/api", "/api/gateway"];

impl Test {
    async fn new(call_time: Duration) -> Self {
        let (plugin, pieces, news) = wired();
        let limits = Limits { call_time, ..Limits::default() };
        let server = Server::start(Gateway::new().mount(plugin).limits(limits).router()).await;
        Self { server, pieces, news }
    }

    /// Calls through one of the doors, and reads the head of the answer.
    async fn open(&self, door: &str, operation: &str) -> Response<Body> {
        self.server.open(request(door, operation)).await
    }

    async fn say(&self, piece: &'static str) {
        self.pieces.send(Ok(piece)).await.unwrap();
    }

    async fn fail(&self) {
        self.pieces.send(Err(ShelfError::Empty(7).into_plugin_error())).await.unwrap();
    }

    async fn started(&mut self) -> CallContext {
        match self.news.recv().await.unwrap() {
            News::Started(context) => context,
            News::Cancelled => panic!("it was cancelled before it was started"),
        }
    }

    async fn cancelled(&mut self) {
        assert!(matches!(self.news.recv().await.unwrap(), News::Cancelled));
    }
}

fn wired() -> (Plugin, Sender<Piece>, tokio::sync::mpsc::UnboundedReceiver<News>) {
    let (sender, receiver) = channel(1);
    let (news_sender, news) = unbounded_channel();
    let wire = Wire { pieces: Arc::new(Mutex::new(Some(receiver))), news: news_sender };
    (Plugin::new("wire").with_state(wire).with::<tell>().with::<wait>(), sender, news)
}

fn request(door: &str, operation: &str) -> Request<Body> {
    if door == "/api" {
        return Request::post(format!("/api/{operation}")).body(Body::from("{}")).unwrap();
    }
    let payload = json!({ "identifier": "wire", "apiName": operation, "arguments": "{}" });
    Request::post(door).body(Body::from(payload.to_string())).unwrap()
}

/// Reads the next piece of an answer.
async fn next(answer: &mut Response<Body>) -> Option<Result<String, axum::Error>> {
    let frame = answer.body_mut().frame().await?;
    Some(frame.map(|frame| String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()))
}

#[tokio::test]
async fn pieces_arrive_before_the_next_is_made() {
    for door in DOORS {
        let test = Test::new(PATIENT).await;
        test.say("one").await;
        let mut answer = test.open(door, "tell").await;
        assert_eq!(answer.status(), 200, "{door}");
        assert_eq!(next(&mut answer).await.unwrap().unwrap(), "one", "{door}");
        test.say("two").await;
        assert_eq!(next(&mut answer).await.unwrap().unwrap(), "two", "{door}");
        drop(test.pieces);
        assert!(next(&mut answer).await.is_none(), "{door}");
    }
}

#[tokio::test]
async fn a_failure_after_the_first_piece_breaks_the_answer_off() {
    for door in DOORS {
        let test = Test::new(PATIENT).await;
        test.say("one").await;
        let mut answer = test.open(door, "tell").await;
        assert_eq!(next(&mut answer).await.unwrap().unwrap(), "one", "{door}");
        test.fail().await;
        assert!(next(&mut answer).await.unwrap().is_err(), "{door}: it looks like an ordinary end");
    }
}

#[tokio::test]
async fn every_way_to_fail_breaks_the_answer_off_and_the_server_lives_on() {
    let limits = Limits { call_time: Duration::from_millis(300), ..Limits::default() };
    let server = Server::start(HttpDoor::new(parity::plugin()).limits(limits).router()).await;
    for way in ["explained", "hidden", "panic", "stall"] {
        let arguments = json!({ "to": 2, "way": way }).to_string();
        let request = Request::post("/api/count_and_fail").body(Body::from(arguments)).unwrap();
        let mut answer = server.open(request).await;
        assert_eq!(answer.status(), 200, "{way}");
        assert_eq!(next(&mut answer).await.unwrap().unwrap(), "1 ", "{way}");
        assert!(answer.into_body().collect().await.is_err(), "{way}: it looks like an ordinary end");
    }
    assert_eq!(server.post("/api/count", r#"{"to":2}"#, None).await.text, "1 2 ");
}

#[tokio::test]
async fn a_failure_before_the_first_piece_is_an_ordinary_answer() {
    for door in DOORS {
        let test = Test::new(PATIENT).await;
        test.pieces.send(Ok("")).await.unwrap(); // Nothing has been said yet.
        let (answer, ()) = tokio::join!(test.open(door, "tell"), test.fail());
        assert_eq!(answer.status(), 404, "{door}");
        let text = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&text).contains("shelf 7 is empty"), "{door}");
    }
}

#[tokio::test]
async fn the_time_of_a_call_is_that_of_its_whole_answer() {
    for door in DOORS {
        let mut test = Test::new(Duration::from_millis(300)).await;
        test.say("one").await;
        let mut answer = test.open(door, "tell").await;
        assert_eq!(next(&mut answer).await.unwrap().unwrap(), "one", "{door}");
        assert!(next(&mut answer).await.unwrap().is_err(), "{door}");
        assert!(test.started().await.is_cancelled(), "{door}");
        test.cancelled().await;
    }
}

#[tokio::test]
async fn a_stream_that_never_pauses_ends_in_time() {
    let endless = |_| async { Ok(lobe_plugin_sdk::Reply::text_stream(TextStream::new(stream::repeat("x")))) };
    let plugin = Plugin::new("endless").operation(lobe_plugin_sdk::Operation::new("go", endless));
    let call = lobe_plugin_sdk::Call::new("go", json!({})).within(Duration::from_millis(50));
    let error = plugin.call(call).await.unwrap().collect().await.unwrap_err();
    assert_eq!(error.status(), 504);
}

#[tokio::test]
async fn who_hangs_up_cancels_the_call() {
    for door in DOORS {
        let mut test = Test::new(PATIENT).await;
        test.say("one").await;
        let mut answer = test.open(door, "tell").await;
        assert_eq!(next(&mut answer).await.unwrap().unwrap(), "one", "{door}");
        let context = test.started().await;
        assert!(!context.is_cancelled(), "{door}");
        drop(answer);
        test.cancelled().await;
        assert!(context.is_cancelled(), "{door}");
    }
}

#[tokio::test]
async fn who_hangs_up_before_the_answer_cancels_the_call_too() {
    for door in DOORS {
        let mut test = Test::new(PATIENT).await;
        let mut started = None;
        let asking = async {
            let answer = test.server.open(request(door, "wait"));
            tokio::select! {
                _ = answer => panic!("{door}: nothing is ever answered"),
                news = test.news.recv() => started = news,
            }
        };
        asking.await;
        assert!(matches!(started, Some(News::Started(_))), "{door}: {started:?}");
        test.cancelled().await;
    }
}

#[tokio::test]
async fn a_call_that_ended_by_itself_is_not_cancelled() {
    for fails in [false, true] {
        let (plugin, pieces, mut news) = wired();
        pieces.send(Ok("one")).await.unwrap();
        let asked = tokio::spawn(async move { plugin.ask("tell", json!({})).await });
        if fails {
            pieces.send(Err(ShelfError::Empty(7).into_plugin_error())).await.unwrap();
        }
        drop(pieces);
        assert_eq!(asked.await.unwrap().is_err(), fails);
        let Some(News::Started(context)) = news.recv().await else { panic!("it was not started") };
        assert!(!context.is_cancelled());
    }
}

/// A transfer in chunks that was broken off has no last chunk, `0`: so no client takes it for whole.
#[tokio::test]
async fn what_stands_on_the_wire() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    for (fails, end) in [(false, "3\r\none\r\n0\r\n\r\n"), (true, "3\r\none\r\n")] {
        let test = Test::new(PATIENT).await;
        let mut connection = test.server.connect().await;
        let head = "POST /api/tell HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        connection.write_all(head.as_bytes()).await.unwrap();
        test.say("one").await;
        let mut answer = Vec::new();
        while !answer.ends_with(b"one\r\n") {
            assert_ne!(connection.read_buf(&mut answer).await.unwrap(), 0);
        }
        if fails {
            test.fail().await;
        }
        drop(test.pieces);
        // How a system says that a connection was broken off differs; what came before does not.
        let _ = connection.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
        assert_eq!(body, end);
    }
}
