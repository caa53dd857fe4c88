//! Connections that were kept and are over: what is sent once more, and what never is.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::{OutboundError, OutboundLimits, Outgoing, UpstreamFault};
use super::script::{Script, Then, ok};
use super::secure::{Authority, here, listen};
use super::{call, dev_door, get, outcome, trusting};

const LOST: Result<(u16, String), OutboundError> = Err(OutboundError::Upstream(UpstreamFault::Closed));

fn pass() -> Result<(u16, String), OutboundError> {
    Ok((200, "{}".to_owned()))
}

/// Calls twice over one connection. The server answers what is asked first on each connection, and ends it on whatever
/// else is asked there, having said `last`. Returns how the second call ended and how many requests were read.
async fn twice(
    request: impl Fn(&str) -> Outgoing,
    last: &str,
) -> (Result<(u16, String), OutboundError>, usize) {
    let server = Ending::new(last);
    let door = dev_door();
    let url = server.url();
    assert_eq!(outcome(&door, request(&url)).await, pass());
    let second = outcome(&door, request(&url)).await;
    (second, server.requests())
}

#[tokio::test]
async fn a_get_that_a_kept_connection_lost_is_sent_once_more() {
    assert_eq!(twice(get, "").await, (pass(), 3));
    let head = |url: &str| Outgoing { method: Method::HEAD, ..get(url) };
    let (found, requests) = twice_without_bodies(head).await;
    assert_eq!((found.map(|(status, _)| status), requests), (Ok(200), 3));
}

/// The same for answers that have no body.
async fn twice_without_bodies(
    request: impl Fn(&str) -> Outgoing,
) -> (Result<(u16, String), OutboundError>, usize) {
    let server = Ending::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", "");
    let door = dev_door();
    outcome(&door, request(&server.url())).await.unwrap();
    let second = outcome(&door, request(&server.url())).await;
    (second, server.requests())
}

#[tokio::test]
async fn what_a_kept_connection_lost_otherwise_is_not() {
    assert_eq!(twice(call, "").await, (LOST, 2));
    let delete = |url: &str| Outgoing { method: Method::DELETE, ..get(url) };
    assert_eq!(twice(delete, "").await, (LOST, 2));
    // An answer was begun.
    assert_eq!(twice(get, "HTTP/1.1 200").await, (LOST, 2));
}

#[tokio::test]
async fn nothing_is_repeated_that_a_new_connection_lost() {
    for then in [Then::Close, Then::Reset] {
        let server = Script::says("", then).await;
        assert_eq!(outcome(&dev_door(), get(&server.url("/"))).await, LOST);
        assert_eq!(server.requests().len(), 1);
    }
}

/// The system knows that the connection is over, and the event loop has not heard of it.
#[tokio::test]
async fn nothing_is_sent_over_a_connection_that_is_known_to_be_over() {
    for surplus in ["", "HTTP/1.1 408 Request Timeout\r\ncontent-length: 6\r\n\r\nPOISON"] {
        let server = Ending::idle(surplus);
        let door = dev_door();
        for _ in 0..3 {
            assert_eq!(outcome(&door, call(&server.url())).await, pass(), "{surplus}");
            // The connection goes back among those that are kept.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            thread::sleep(Duration::from_millis(60));
        }
        assert_eq!(server.requests(), 3, "{surplus}");
    }
}

#[tokio::test]
async fn a_connection_over_tls_is_kept_as_well() {
    let (authority, names) = (Authority::new(), here().await);
    let connections: Arc<Mutex<usize>> = Arc::default();
    let counted = Arc::clone(&connections);
    let port = listen(authority.server("plugin.vec.test", &[]), move |mut stream| {
        *counted.lock().unwrap() += 1;
        async move {
            let mut bytes = [0; 4096];
            while stream.read(&mut bytes).await.ok()? > 0 {
                stream.write_all(&ok("{}")).await.ok()?;
                stream.flush().await.ok()?;
            }
            Some(())
        }
    })
    .await;
    let door = trusting(authority.roots(), OutboundLimits::default(), &[names.address]);
    for _ in 0..5 {
        assert_eq!(outcome(&door, call(&format!("https://plugin.vec.test:{port}/"))).await, pass());
    }
    assert_eq!(*connections.lock().unwrap(), 1);
}

/// A server in threads of its own, which goes on while the test's event loop stands still.
struct Ending {
    address: SocketAddr,
    requests: Arc<Mutex<usize>>,
}

/// Says what a server does with a connection once it has answered there.
#[derive(Clone)]
enum End {
    /// Reads another request, says this and closes.
    Asked(String),
    /// Says this and closes, a little later.
    Idle(String),
}

impl Ending {
    fn new(last: &str) -> Self {
        Self::start("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", End::Asked(last.to_owned()))
    }

    fn answering(answer: &'static str, last: &str) -> Self {
        Self::start(answer, End::Asked(last.to_owned()))
    }

    fn idle(surplus: &str) -> Self {
        Self::start("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", End::Idle(surplus.to_owned()))
    }

    fn start(answer: &'static str, end: End) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, requests) = (listener.local_addr().unwrap(), Arc::default());
        let counter = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (counter, end) = (Arc::clone(&counter), end.clone());
                thread::spawn(move || serve(stream, answer, &end, &counter));
            }
        });
        Self { address, requests }
    }

    fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    fn requests(&self) -> usize {
        *self.requests.lock().unwrap()
    }
}

fn serve(mut stream: TcpStream, answer: &str, end: &End, requests: &Mutex<usize>) -> Option<()> {
    // What is sent here comes in one piece.
    let read = |stream: &mut TcpStream| {
        let length = stream.read(&mut [0; 4096]).ok().filter(|length| *length > 0)?;
        *requests.lock().unwrap() += 1;
        Some(length)
    };
    read(&mut stream)?;
    stream.write_all(answer.as_bytes()).ok()?;
    let last = match end {
        End::Asked(last) => {
            read(&mut stream)?;
            last
        }
        End::Idle(surplus) => {
            thread::sleep(Duration::from_millis(20));
            surplus
        }
    };
    stream.write_all(last.as_bytes()).ok()
}
