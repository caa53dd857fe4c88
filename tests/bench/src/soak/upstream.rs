//! One server that is all of the servers: what is wrong with it stands in the path that is asked for.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::fault::Fault;

const WELL: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{\"shirt\":\"yellow\"}";
const FAILS: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 12\r\n\r\nout of order";
const ENDLESS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
const SHORT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nnot a thousand";
const MISCODED: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 18\r\n\r\n{\"shirt\":\"yellow\"}";
const ELSEWHERE: &[u8] =
    b"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n";
const EVENTS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nd\r\ndata: yellow\n\r\n";
/// Longer than anybody waits.
const EVER: Duration = Duration::from_secs(60);

/// Serves for as long as the runtime runs; returns the port.
pub(super) async fn serve() -> io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        loop {
            if let Ok((stream, _)) = listener.accept().await {
                // Whoever breaks the connection off has had enough.
                tokio::spawn(async move { drop(answer_all(stream).await) });
            }
        }
    });
    Ok(port)
}

/// Answers over one connection until a fault ends it.
async fn answer_all(stream: TcpStream) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(fault) = read(&mut stream).await? {
        match fault {
            Fault::Well | Fault::New => stream.write_all(WELL).await?,
            Fault::Fails => stream.write_all(FAILS).await?,
            Fault::Miscodes => stream.write_all(MISCODED).await?,
            Fault::Redirects => stream.write_all(ELSEWHERE).await?,
            Fault::Hangs | Fault::Left => tokio::time::sleep(EVER).await,
            Fault::Closes | Fault::Absent => return Ok(()),
            Fault::Truncates => return stream.write_all(SHORT).await,
            Fault::Garbles => return stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await,
            Fault::Breaks => return stream.write_all(EVENTS).await,
            Fault::Floods => return pour(stream, &[b'a'; 16 << 10], Duration::ZERO).await,
            Fault::Trickles => return pour(stream, b"a", Duration::from_millis(100)).await,
        }
    }
    Ok(())
}

async fn pour(mut stream: BufReader<TcpStream>, piece: &[u8], pause: Duration) -> io::Result<()> {
    stream.write_all(ENDLESS).await?;
    loop {
        stream.write_all(piece).await?;
        tokio::time::sleep(pause).await;
    }
}

/// Reads a request, and returns what its path asks for; nothing at the end of the connection.
async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Fault>> {
    let (mut fault, mut length, mut line) = (None, 0, String::new());
    while stream.read_line(&mut line).await? > 2 {
        if let Some(path) = line.strip_prefix("POST /") {
            fault = Fault::ALL.into_iter().find(|fault| path.starts_with(fault.name()));
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        line.clear();
    }
    stream.read_exact(&mut vec![0; length]).await?;
    Ok(fault)
}
