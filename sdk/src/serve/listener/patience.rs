//! How long a peer may keep us waiting: for a request's head, between two requests, and to take an answer.
//!
//! hyper has a time for HTTP/1 heads that covers idle connections as well, none before it knows the version, and none
//! for HTTP/2. Here one clock stands around the stream and covers all three.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Version;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::limits::ListenerLimits;

/// Stands for "no deadline".
const NEVER: u64 = u64::MAX;
/// How long a connection is kept ready after an answer. Then it rests: what reads and writes HTTP on it is put away.
const READY: Duration = Duration::from_secs(1);
/// How many bytes are read to see what is spoken: as many as HTTP/2's preface has.
pub(super) const FEW: usize = 24;

/// Knows what a connection is waiting for. The stream and the requests on it share one.
#[derive(Debug)]
pub(super) struct Pace {
    start: Instant,
    head_time: Duration,
    keep_alive: Duration,
    /// In milliseconds from the start.
    deadline: AtomicU64,
    requests: AtomicU32,
    /// Bodies of requests that somebody may still read.
    bodies: AtomicU32,
    /// Whether bytes of a head have come, which set the shorter deadline once.
    head_begun: AtomicBool,
    http2: AtomicBool,
    timed_out: AtomicBool,
    resting: AtomicBool,
    /// Whether it may rest at all.
    rests: AtomicBool,
}

impl Pace {
    pub(super) fn new(limits: &ListenerLimits) -> Arc<Self> {
        let pace = Self {
            start: Instant::now(),
            head_time: limits.head_time,
            keep_alive: limits.keep_alive,
            deadline: AtomicU64::new(NEVER),
            requests: AtomicU32::new(0),
            bodies: AtomicU32::new(0),
            // The first head is waited for no longer than a begun one.
            head_begun: AtomicBool::new(true),
            http2: AtomicBool::new(false),
            timed_out: AtomicBool::new(false),
            resting: AtomicBool::new(false),
            rests: AtomicBool::new(true),
        };
        pace.expect_within(pace.head_time);
        Arc::new(pace)
    }

    /// Says that a request's head is here. The returned turn lasts until its answer has been handed over.
    pub(super) fn request(self: &Arc<Self>, version: Version) -> Turn {
        self.requests.fetch_add(1, Relaxed);
        self.http2.store(version == Version::HTTP_2, Relaxed);
        self.deadline.store(NEVER, Relaxed);
        self.wake();
        Turn(Arc::clone(self))
    }

    /// Says that a request has a body. What is returned lasts as long as it.
    pub(super) fn body(self: &Arc<Self>) -> Reading {
        self.bodies.fetch_add(1, Relaxed);
        Reading(Arc::clone(self))
    }

    /// Returns whether the connection is to rest: all that was asked is answered, nothing more came for a while.
    pub(super) fn is_to_rest(&self) -> bool {
        let busy = self.requests.load(Relaxed) > 0 || self.head_begun.load(Relaxed);
        self.resting.load(Relaxed) && !busy
    }

    /// Says that it rests no longer.
    pub(super) fn wake(&self) {
        self.resting.store(false, Relaxed);
    }

    /// Says that it is never to rest.
    #[cfg(feature = "tls")]
    pub(super) fn stay_ready(&self) {
        self.rests.store(false, Relaxed);
    }

    /// Says that bytes have come. On HTTP/2 they may be of no request at all, so they leave the idle time as it is.
    fn bytes_came(&self) {
        let waiting = self.requests.load(Relaxed) == 0 && !self.http2.load(Relaxed);
        if waiting && !self.head_begun.swap(true, Relaxed) {
            self.expect_within(self.head_time);
        }
    }

    /// Returns whether the peer has kept us waiting for too long. hyper ends an idle connection without a word of it.
    pub(super) fn has_timed_out(&self) -> bool {
        self.timed_out.load(Relaxed)
    }

    fn expect_within(&self, time: Duration) {
        let at = self.start.elapsed().saturating_add(time).as_millis();
        self.deadline.store(u64::try_from(at).unwrap_or(NEVER), Relaxed);
    }

    /// Returns when the connection may rest, which it may not while anything is asked.
    fn rest(&self) -> Option<Instant> {
        let begun = self.head_begun.load(Relaxed) || self.http2.load(Relaxed) || self.is_to_rest();
        if begun || self.bodies.load(Relaxed) > 0 || !self.rests.load(Relaxed) {
            return None;
        }
        self.deadline()?.checked_sub(self.keep_alive)?.checked_add(READY)
    }

    fn deadline(&self) -> Option<Instant> {
        // On HTTP/2 one request may end while another begins, and set a deadline a moment too late.
        if self.requests.load(Relaxed) > 0 {
            return None;
        }
        match self.deadline.load(Relaxed) {
            NEVER => None,
            at => self.start.checked_add(Duration::from_millis(at)),
        }
    }
}

/// Is the time in which a request is answered and no deadline of the connection runs.
#[derive(Debug)]
pub(super) struct Turn(Arc<Pace>);

impl Drop for Turn {
    fn drop(&mut self) {
        let Self(pace) = self;
        if pace.requests.fetch_sub(1, Relaxed) == 1 {
            pace.head_begun.store(false, Relaxed);
            pace.expect_within(pace.keep_alive);
        }
    }
}

/// Is the time in which a request's body may be read.
#[derive(Debug)]
pub(super) struct Reading(Arc<Pace>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.bodies.fetch_sub(1, Relaxed);
    }
}

/// A stream whose peer may not keep it waiting: reading and writing fail with [`io::ErrorKind::TimedOut`].
#[derive(Debug)]
pub(super) struct Patient {
    stream: TcpStream,
    /// What was read already, to be read once more.
    before: Bytes,
    pace: Arc<Pace>,
    send_time: Duration,
    /// Whether everything that was written has been flushed.
    flushed: bool,
    /// Until when the peer has to take something.
    stalled: Option<Instant>,
    /// Wakes at the earliest deadline there was, or before it: later ones are set only then, which saves turning the
    /// clock with every request.
    alarm: Pin<Box<Sleep>>,
}

impl Patient {
    pub(super) fn new(stream: TcpStream, pace: Arc<Pace>, limits: &ListenerLimits) -> Self {
        let first = pace.deadline().unwrap_or_else(Instant::now);
        Self {
            stream,
            before: Bytes::new(),
            pace,
            send_time: limits.send_time,
            flushed: true,
            stalled: None,
            alarm: Box::pin(sleep_until(first)),
        }
    }

    /// Waits for bytes and returns a few; none when the peer has closed. In the meantime nothing is held to read into.
    pub(super) async fn first_bytes(&mut self) -> io::Result<Bytes> {
        poll_fn(|context| {
            let mut space = [0; FEW];
            let mut buffer = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut *self).poll_read(context, &mut buffer))?;
            Poll::Ready(Ok(Bytes::copy_from_slice(buffer.filled())))
        })
        .await
    }

    /// Puts back what was read.
    pub(super) fn put_back(&mut self, bytes: Bytes) {
        self.before = bytes;
    }

    /// Completes when a deadline is over. On the way it notices when the connection may rest.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            let rest = self.pace.rest().filter(|_| self.flushed);
            let deadline = [self.pace.deadline(), self.stalled].into_iter().flatten().min();
            let Some(earliest) = [rest, deadline].into_iter().flatten().min() else { return Poll::Pending };
            if earliest < self.alarm.deadline() {
                self.alarm.as_mut().reset(earliest);
            }
            ready!(self.alarm.as_mut().poll(context));
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                self.pace.timed_out.store(true, Relaxed);
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            if rest.is_some_and(|rest| rest <= now) {
                self.pace.resting.store(true, Relaxed);
            } else {
                self.alarm.as_mut().reset(earliest);
            }
        }
    }

    /// Watches a write: one that goes nowhere starts the time that the peer has to take something.
    fn watch_write(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        self.stalled.get_or_insert_with(|| Instant::now() + self.send_time);
        self.poll_deadline(context).map(Err)
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.before.is_empty() {
            let some = self.before.len().min(buffer.remaining());
            buffer.put_slice(&self.before.split_to(some));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(read) => {
                if buffer.filled().len() > before {
                    self.pace.bytes_came();
                }
                Poll::Ready(read)
            }
            Poll::Pending => self.poll_deadline(context).map(Err),
        }
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.flushed = false;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch_write(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.flushed = false;
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch_write(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        // hyper has written all it had, or it would not flush.
        self.flushed = true;
        // After an answer it may not read again before something comes: so the idle time is watched from here. Should it
        // be over already, the next read says so.
        let _ = self.poll_deadline(context);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
