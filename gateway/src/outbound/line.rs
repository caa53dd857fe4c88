//! The bytes to and from one server, encrypted or not, and the bound on bytes that lead to nothing.
//!
//! Heads and bodies have bounds of their own. A server can also keep a connection busy with frames that belong to
//! neither, pings or settings without end: those are cut off here.
//!
//! A server may end a kept connection at any time, and a request can cross that end on the way. What then became of the
//! request only the bytes tell, so it is said here ([`Lost`]), and whether it may be repeated is decided in `exchange`.

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
    turn: Turn,
    /// Nothing that was to be sent is left.
    flushed: bool,
}

/// Says whose turn it is on a connection of HTTP/1 that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Nobody's for certain: the first exchange of a connection, and all of HTTP/2.
    Unknown,
    /// Ours: an answer came to what was sent, so what is written next begins another request.
    Ours,
    /// The server's: a further request is on its way, and not a byte of an answer has come.
    Theirs,
}

/// Says that a kept connection is over, and how much of a request the server can have seen by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lost {
    #[error("the connection was over before anything of the request was sent")]
    Unsent,
    #[error("the connection ended without a byte of an answer")]
    Unanswered,
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
        Self::new(Stream::Plain(stream))
    }

    pub(super) fn encrypted(stream: TlsStream<TcpStream>) -> Self {
        Self::new(Stream::Tls(Box::new(stream)))
    }

    fn new(stream: Stream) -> Self {
        Self { stream, progress: Progress::default(), turn: Turn::Unknown, flushed: false }
    }

    /// Takes note of what was read: some bytes, the end, or a failure.
    fn have_read(&mut self, read: io::Result<usize>) -> io::Result<usize> {
        match read {
            Ok(0) | Err(_) if self.turn == Turn::Theirs => Err(Lost::Unanswered.into()),
            Ok(0) | Err(_) => read,
            Ok(_) => {
                // What comes while something is still being sent tells nothing about whose turn it is then.
                let is_answer = self.flushed && !self.stream.is_h2();
                self.turn = if is_answer { Turn::Ours } else { Turn::Unknown };
                read
            }
        }
    }

    /// Makes sure, before the first byte of a further request, that the server still listens.
    fn will_write(&mut self) -> io::Result<()> {
        if self.turn == Turn::Ours {
            if is_over(self.stream.socket()) {
                return Err(Lost::Unsent.into());
            }
            self.turn = Turn::Theirs;
        }
        self.flushed = false;
        Ok(())
    }

    /// Takes note of what became of writing.
    fn have_written(&self, written: io::Result<usize>) -> io::Result<usize> {
        written.map_err(|error| if self.turn == Turn::Theirs { Lost::Unanswered.into() } else { error })
    }
}

impl Stream {
    fn is_h2(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.get_ref().1.alpn_protocol() == Some(b"h2"))
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

/// Tells whether the server has ended a connection, or said what nobody asked for. Asks the system, which knows before
/// the event loop has heard of it.
#[cfg(unix)]
fn is_over(socket: &TcpStream) -> bool {
    use rustix::io::Errno;
    use rustix::net::{RecvFlags, recv};

    let unread = recv(socket, &mut [0_u8; 1], RecvFlags::PEEK);
    !matches!(unread, Err(Errno::WOULDBLOCK | Errno::INTR))
}

#[cfg(not(unix))]
fn is_over(_: &TcpStream) -> bool {
    false
}

impl Lost {
    /// Finds what a line said in an error of hyper's.
    pub(super) fn said_in(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        error.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref().copied()
    }
}

impl From<Lost> for io::Error {
    fn from(lost: Lost) -> Self {
        Self::other(lost)
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
        if self.stream.is_h2() { connected.negotiated_h2() } else { connected }
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
        let read = ready!(match &mut line.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        });
        let read = line.have_read(read.map(|()| buffer.filled().len() - before))?;
        Poll::Ready(line.progress.count(read))
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        line.will_write()?;
        let written = ready!(match &mut line.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        });
        Poll::Ready(line.have_written(written))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        line.will_write()?;
        let written = ready!(match &mut line.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
        });
        Poll::Ready(line.have_written(written))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        ready!(match &mut line.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        })?;
        line.flushed = true;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
