//! HTTP/1.1 as bytes: what is sent to the gateway and what the fixtures are sent by it.
//!
//! By hand, because vectors send what no client would, and because a fixture must see what was sent and not what a
//! server made of it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};

/// Where crowds come from.
const CALLERS: Ipv4Addr = Ipv4Addr::new(10, 98, 0, 1);
/// The most that is kept of a body.
const BODY_LIMIT: usize = 64 << 20;

/// A message: a request or a response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) first_line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Whether a body without a length ends with the connection.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Request,
    Response,
}

impl Message {
    /// Returns the first header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Reads the next message. `None` is a connection that ended between messages.
pub(crate) async fn read_message(
    stream: &mut (impl AsyncBufRead + Unpin),
    kind: Kind,
) -> io::Result<Option<Message>> {
    let Some(mut message) = read_head(stream).await? else { return Ok(None) };
    message.body = read_body(stream, &message, kind).await?;
    Ok(Some(message))
}

/// Reads a message without its body.
pub(crate) async fn read_head(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Message>> {
    let Some(first_line) = read_line(stream).await? else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if line.is_empty() {
            return Ok(Some(Message { first_line, headers, body: Vec::new() }));
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

async fn read_line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    while line.last().is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
        line.pop();
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

async fn read_body(
    stream: &mut (impl AsyncBufRead + Unpin),
    head: &Message,
    kind: Kind,
) -> io::Result<Vec<u8>> {
    if head.header("transfer-encoding").is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"))
    {
        return read_chunks(stream).await;
    }
    let mut body = Vec::new();
    match head.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => {
            body.resize(length.min(BODY_LIMIT), 0);
            stream.read_exact(&mut body).await?;
        }
        None if kind == Kind::Request => {}
        None => drop(stream.take(BODY_LIMIT as u64).read_to_end(&mut body).await?),
    }
    Ok(body)
}

async fn read_chunks(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(stream).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        if size == 0 {
            while read_line(stream).await?.is_some_and(|line| !line.is_empty()) {}
            return Ok(body);
        }
        let start = body.len();
        body.resize(start + size.min(BODY_LIMIT), 0);
        stream.read_exact(&mut body[start..]).await?;
        read_line(stream).await?;
    }
}

/// What the gateway answered, or that it did not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// 0 where no answer came.
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) elapsed: Duration,
    /// Whether it is one to HEAD, which has no body.
    pub(crate) to_head: bool,
    /// Why no answer came, or not all of it.
    pub(crate) trouble: Option<String>,
}

impl Answer {
    /// Returns the body as JSON, `null` where it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns `errorType` of the body.
    pub(crate) fn error_type(&self) -> Option<Value> {
        self.json().get("errorType").cloned()
    }

    /// Returns the first header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Says in a few words what came.
    pub(crate) fn summary(&self) -> String {
        let error_type = self.error_type().map(|name| format!(" errorType {name}")).unwrap_or_default();
        match &self.trouble {
            Some(trouble) if self.status == 0 => format!("no answer ({trouble})"),
            Some(trouble) => format!("{}{error_type} ({trouble})", self.status),
            None => format!("{}{error_type}", self.status),
        }
    }

    /// Returns everything of the answer as text: what a scan for secrets reads.
    pub(crate) fn everything(&self) -> Vec<u8> {
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        [headers.as_bytes(), &self.body].concat()
    }
}

/// Sends bytes on a connection of their own and reads one answer, within a limit of time.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8], limit: Duration) -> Answer {
    answered(connect(address), request, limit).await
}

/// Does the same as one of many callers: every hundred have an address of their own, so that no limit for one address is
/// met.
pub(crate) async fn exchange_as(
    caller: usize,
    address: SocketAddr,
    request: &[u8],
    limit: Duration,
) -> Answer {
    answered(connect_as(caller, address), request, limit).await
}

async fn answered(
    connecting: impl Future<Output = io::Result<TcpStream>>,
    request: &[u8],
    limit: Duration,
) -> Answer {
    let begun = Instant::now();
    let answered = tokio::time::timeout(limit, attempt(connecting, request)).await;
    let mut answer = match answered {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Answer { trouble: Some(error.to_string()), ..Answer::default() },
        Err(_) => Answer { trouble: Some(format!("nothing within {limit:?}")), ..Answer::default() },
    };
    answer.elapsed = begun.elapsed();
    answer
}

async fn attempt(
    connecting: impl Future<Output = io::Result<TcpStream>>,
    request: &[u8],
) -> io::Result<Answer> {
    let (read, mut write) = connecting.await?.into_split();
    let bytes = request.to_vec();
    // Beside the reading: an answer may come before the request is through, and then nobody reads the rest of it.
    let writer = tokio::spawn(async move {
        let _ = write.write_all(&bytes).await;
        write
    });
    let mut read = BufReader::new(read);
    let answer = if request.starts_with(b"HEAD ") {
        read_answer_to_head(&mut read).await
    } else {
        read_answer(&mut read).await
    };
    writer.abort();
    answer
}

/// Reads one answer; a body that breaks off is told as trouble beside what came of it.
pub(crate) async fn read_answer(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Answer> {
    let (head, status) = read_final_head(stream).await?;
    let (body, trouble) = match read_body(stream, &head, Kind::Response).await {
        Ok(body) => (body, None),
        Err(error) => (Vec::new(), Some(format!("the body broke off: {error}"))),
    };
    Ok(Answer { status, headers: head.headers, body, trouble, ..Answer::default() })
}

/// Reads an answer to HEAD, which tells of a body and has none.
pub(crate) async fn read_answer_to_head(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Answer> {
    let (head, status) = read_final_head(stream).await?;
    Ok(Answer { status, headers: head.headers, to_head: true, ..Answer::default() })
}

/// Reads a head, and those of interim answers before it.
async fn read_final_head(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<(Message, u16)> {
    let head = loop {
        let head = read_head(stream).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if !head.first_line.contains(" 100 ") {
            break head;
        }
    };
    let status = head.first_line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Ok((head, status))
}

/// Opens a connection.
pub(crate) async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Opens a connection as one of many callers: every hundred have an address of their own.
pub(crate) async fn connect_as(caller: usize, to: SocketAddr) -> io::Result<TcpStream> {
    let number = u32::try_from(caller / 100).map_err(io::Error::other)?;
    connect_from(Ipv4Addr::from_bits(CALLERS.to_bits() + number), to).await
}

/// Opens a connection from an address. In the namespace every one is ours.
pub(crate) async fn connect_from(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Writes a request of ours: `Connection: close`, and a length.
pub(crate) fn request(first_line: &str, headers: &[(String, Vec<u8>)], body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("{first_line} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    }
    let is_chunked = |(name, value): &(String, Vec<u8>)| {
        name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case(b"chunked")
    };
    if headers.iter().any(is_chunked) {
        return [&bytes[..], b"\r\n", &in_chunks(body)].concat();
    }
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// Writes a body in chunks, whose end tells its length.
fn in_chunks(body: &[u8]) -> Vec<u8> {
    let chunk = |part: &[u8]| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat();
    let chunks: Vec<u8> = body.chunks(16 << 10).flat_map(chunk).collect();
    [&chunks[..], b"0\r\n\r\n"].concat()
}

/// Writes a whole response, after which the connection ends: a kept one would hide the next hit.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(bytes: &[u8], kind: Kind, body: &[u8]) {
        let message = read_message(&mut BufReader::new(bytes), kind).await.unwrap().unwrap();
        assert_eq!(message.body, body, "{}", String::from_utf8_lossy(bytes));
    }

    #[tokio::test]
    async fn bodies_are_read_to_their_end() {
        check(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}rest", Kind::Request, b"{}").await;
        check(
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            Kind::Request,
            b"{}",
        )
        .await;
        check(b"GET / HTTP/1.1\r\n\r\n", Kind::Request, b"").await;
        check(b"HTTP/1.1 200 OK\r\n\r\n{}", Kind::Response, b"{}").await;
        check(&response(200, &[("A", "b")], b"x"), Kind::Response, b"x").await;
    }

    #[tokio::test]
    async fn a_body_may_be_sent_in_chunks() {
        let coding = ("Transfer-Encoding".to_owned(), b"chunked".to_vec());
        let body = "a".repeat(40_000).into_bytes();
        check(&request("POST /", &[coding], &body), Kind::Request, &body).await;
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_told() {
        let broken: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}";
        let answer = read_answer(&mut BufReader::new(broken)).await.unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.trouble.is_some());
    }
}
