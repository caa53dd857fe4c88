//! A client that sends bytes and no requests: for what no library would send.
#![allow(clippy::disallowed_methods, reason = "a test is a client")]

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a server may take for anything here, on a busy machine. Nothing waits so long unless it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection, without any idea of HTTP.
#[derive(Debug)]
pub struct Raw(TcpStream);

impl Raw {
    /// Connects.
    ///
    /// # Panics
    ///
    /// When nobody listens there.
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("somebody listens"))
    }

    /// Sends bytes. That the other side has gone is seen when its answer is read.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Reads until the server closes, and returns all of it as text.
    ///
    /// # Panics
    ///
    /// When it does not close.
    pub async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        // A reset is an end, too.
        let _ = within(self.0.read_to_end(&mut bytes)).await;
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Reads until what came ends with `end`.
    ///
    /// # Panics
    ///
    /// When the server closes before that.
    pub async fn until(&mut self, end: &str) -> String {
        let mut bytes = Vec::new();
        while !bytes.ends_with(end.as_bytes()) {
            match within(self.0.read_u8()).await {
                Ok(byte) => bytes.push(byte),
                Err(error) => panic!("{error} before {end:?} came: {}", String::from_utf8_lossy(&bytes)),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Reads one frame of HTTP/2: its type, its flags and its content. `None` when the server has closed.
    pub async fn frame(&mut self) -> Option<(u8, u8, Vec<u8>)> {
        let mut head = [0; 9];
        within(self.0.read_exact(&mut head)).await.ok()?;
        let mut content = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        within(self.0.read_exact(&mut content)).await.ok()?;
        Some((head[3], head[4], content))
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("the server does something in time")
}
