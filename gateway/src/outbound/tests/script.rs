//! A server that reads a request and says what it was told to say, byte for byte.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Says what a server does once it has answered.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Close,
    /// Reads the next request of the same connection.
    Again,
    /// Keeps the connection open and says no more.
    Hang,
    /// Ends the connection with a reset.
    Reset,
}

/// Answers every request on a port of its own, and remembers them.
pub(super) struct Script {
    pub(super) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

impl Script {
    /// Starts a server that answers each request with the same bytes.
    pub(super) async fn says(answer: impl Into<Vec<u8>>, then: Then) -> Self {
        let answer = answer.into();
        Self::answers(move |_| answer.clone(), then).await
    }

    /// Starts a server that answers by the request.
    pub(super) async fn answers(
        answer: impl Fn(&str) -> Vec<u8> + Clone + Send + Sync + 'static,
        then: Then,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, connections) = (Arc::default(), Arc::new(Mutex::new(0)));
        let server = Self { address, requests: Arc::clone(&requests), connections: Arc::clone(&connections) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                tokio::spawn(serve(stream, answer.clone(), then, Arc::clone(&requests)));
            }
        });
        server
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: impl Fn(&str) -> Vec<u8>,
    then: Then,
    requests: Arc<Mutex<Vec<String>>>,
) {
    while let Some(request) = read_request(&mut stream).await {
        let answer = answer(&request);
        requests.lock().unwrap().push(request);
        if stream.write_all(&answer).await.is_err() {
            return;
        }
        match then {
            Then::Again => {}
            Then::Close => return,
            Then::Hang => std::future::pending().await,
            Then::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
        }
    }
}

/// Reads one request, its body by its length.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&piece[..read]);
    }
}

/// Writes an answer with a length.
pub(super) fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "", body.as_bytes())
}

pub(super) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

pub(super) fn redirect(status: u16, location: &str) -> Vec<u8> {
    answer(&format!("{status} X"), &format!("location: {location}\r\n"), b"")
}
