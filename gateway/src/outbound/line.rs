//! The bytes to and from one server, encrypted or not, and the bound on bytes that lead to nothing.
//!
//! Heads and bodies have bounds of their own. A server can also keep a connection busy with frames that belong to
//! neither, pings or settings without end: those are cut off here.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How many bytes may come without a piece of an answer: twice what the windows of HTTP/2 let in unread, and less than
/// a second's worth of pings.
const IDLE_BYTES: usize = 2 << 20;

/// Carries bytes to one server.
#[derive(Debug)]
pub(super) struct Line {
    stream: Stream,
    progress: Progress,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Counts the bytes of a connection since the last piece of an answer. It comes with every answer of that connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress(Arc<AtomicUsize>);

impl Line {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self { stream: Stream::Plain(stream), progress: Progress::default() }
    }

    pub(super) fn encrypted(stream: TlsStream<TcpStream>) -> Self {
        Self { stream: Stream::Tls(Box::new(stream)), progress: Progress::default() }
    }
}

impl Progress {
    /// Takes note of a piece of an answer.
    pub(super) fn made(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn count(&self, bytes: usize) -> io::Result<()> {
        let counted = self.0.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if counted > IDLE_BYTES { Err(io::ErrorKind::QuotaExceeded.into()) } else { Ok(()) }
    }
}

impl Connection for Line {
    fn connected(&self) -> Connected {
        let connected = Connected::new().extra(self.progress.clone());
        match &self.stream {
            Stream::Tls(stream) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                connected.negotiated_h2()
            }
            Stream::Plain(_) | Stream::Tls(_) => connected,
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let line = self.get_mut();
        ready!(match &mut line.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        })?;
        Poll::Ready(line.progress.count(buffer.filled().len() - before))
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
