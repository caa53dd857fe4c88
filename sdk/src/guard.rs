//! What the waist puts around a user's function: its panics are survived, its time is limited, and so it is for a stream
//! that it answers with, to the last chunk.

use std::any::Any;
use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{self, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use crate::caller::Door;
use crate::context::Ending;
use crate::error::PluginError;
use crate::operation::Answer;
use crate::reply::{Chunks, Reply};

/// When a call's time is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    allowed: Duration,
}

impl Deadline {
    /// Counts from now. A time that no clock can tell is no limit.
    pub(crate) fn after(allowed: Duration) -> Option<Self> {
        Instant::now().checked_add(allowed).map(|at| Self { at, allowed })
    }

    fn is_over(self) -> bool {
        Instant::now() >= self.at
    }

    fn missed(self) -> PluginError {
        PluginError::timed_out(format!("no answer within {} s", self.allowed.as_secs_f32()))
    }
}

/// Says which call it was, where the operator reads; of the arguments and the settings nothing is said.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) plugin: Cow<'static, str>,
    pub(crate) operation: Cow<'static, str>,
    pub(crate) door: Door,
}

impl Report {
    /// Tells of a failure that the caller was told of, too.
    pub(crate) fn failed(&self, error: &PluginError) {
        let Self { plugin, operation, door } = self;
        let (plugin, operation, status) = (&**plugin, &**operation, error.status());
        match error.cause() {
            Some(cause) => {
                let cause = with_sources(cause);
                tracing::error!(plugin, operation, ?door, status, cause, "call failed");
            }
            None => tracing::debug!(plugin, operation, ?door, status, "call refused"),
        }
    }

    /// Tells of a failure that the caller only sees the answer break off by.
    fn broke_off(&self, error: &PluginError) {
        let Self { plugin, operation, door } = self;
        let (plugin, operation) = (&**plugin, &**operation);
        let cause = error.cause().map_or_else(|| error.message().to_owned(), with_sources);
        tracing::error!(plugin, operation, ?door, status = error.status(), cause, "answer broke off");
    }
}

/// Joins an error and what caused it into one line.
fn with_sources(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}

/// Runs a function until it returned. What streams has not ended then, all else has.
pub(crate) async fn run(
    start: impl FnOnce() -> Answer,
    deadline: Option<Deadline>,
    ending: &mut Ending,
) -> Result<Reply, PluginError> {
    let answer = surviving(start);
    let outcome = match deadline {
        Some(deadline) => timeout_at(deadline.at, answer).await.map_err(|_| deadline.missed())?,
        None => answer.await,
    };
    if !outcome.as_ref().is_ok_and(Reply::is_stream) {
        ending.reached();
    }
    outcome
}

/// Runs a call so that a panic in it is an error like any other, and the server lives on.
async fn surviving(start: impl FnOnce() -> Answer) -> Result<Reply, PluginError> {
    // Unwind safety: after a panic neither the future nor the call is looked at again, and the states are shared
    // with functions that may panic in any thread anyway.
    let mut answer = catch_unwind(AssertUnwindSafe(start)).map_err(|panic| panicked(&*panic))?;
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))) {
        Ok(Poll::Ready(outcome)) => Poll::Ready(outcome),
        Ok(Poll::Pending) => Poll::Pending,
        Err(panic) => Poll::Ready(Err(panicked(&*panic))),
    })
    .await
}

fn panicked(panic: &(dyn Any + Send)) -> PluginError {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    PluginError::internal(format!(
        "panicked: {}",
        text.as_deref().unwrap_or("with something that is no text")
    ))
}

/// Waits for the first chunk of a stream, so that a failure before it is an ordinary answer, and watches over the rest.
pub(crate) async fn watch_stream(
    reply: Reply,
    deadline: Option<Deadline>,
    ending: Ending,
    report: Report,
) -> Result<Reply, PluginError> {
    let watched = async move |chunks| {
        let mut rest = Watched::new(chunks, deadline, ending);
        let first = first_chunk(&mut rest).await?;
        let rest = rest.inspect_err(move |error| report.broke_off(error));
        Ok(stream::iter(first.map(Ok)).chain(rest).boxed())
    };
    reply.exchange_stream(watched).await
}

/// Waits for bytes: with a chunk that has none, no answer has begun.
async fn first_chunk(chunks: &mut Watched) -> Result<Option<Bytes>, PluginError> {
    loop {
        match chunks.try_next().await? {
            Some(chunk) if chunk.is_empty() => {}
            first => return Ok(first),
        }
    }
}

/// A stream that ends in time, even if that is by an error, and that a panic does not get out of.
struct Watched {
    /// None when there will be no more.
    chunks: Option<Chunks>,
    deadline: Option<Deadline>,
    alarm: Option<Pin<Box<Sleep>>>,
    ending: Ending,
}

impl Watched {
    fn new(chunks: Chunks, deadline: Option<Deadline>, ending: Ending) -> Self {
        let alarm = deadline.map(|deadline| Box::pin(sleep_until(deadline.at)));
        Self { chunks: Some(chunks), deadline, alarm, ending }
    }

    /// Returns the error for a stream whose time is over. Asked before every chunk, because one that never pauses never
    /// comes to wait for the alarm.
    fn missed(&mut self) -> Option<PluginError> {
        let missed = self.deadline.filter(|deadline| deadline.is_over())?.missed();
        self.chunks = None;
        drop(std::mem::take(&mut self.ending));
        Some(missed)
    }

    fn poll_chunk(&mut self, context: &mut task::Context<'_>) -> Poll<Option<Result<Bytes, PluginError>>> {
        let Some(chunks) = &mut self.chunks else { return Poll::Ready(None) };
        // Unwind safety: after a panic the stream is not looked at again.
        let polled = catch_unwind(AssertUnwindSafe(|| chunks.as_mut().poll_next(context)));
        let polled = polled.unwrap_or_else(|panic| Poll::Ready(Some(Err(panicked(&*panic)))));
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.chunks = None;
            self.ending.reached();
        }
        polled
    }
}

impl Stream for Watched {
    type Item = Result<Bytes, PluginError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<Self::Item>> {
        if self.chunks.is_none() {
            return Poll::Ready(None);
        }
        if let Some(missed) = self.missed() {
            return Poll::Ready(Some(Err(missed)));
        }
        let polled = self.poll_chunk(context);
        let Some(alarm) = self.alarm.as_mut().filter(|_| polled.is_pending()) else { return polled };
        match alarm.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(self.missed().map(Err)),
            Poll::Pending => Poll::Pending,
        }
    }
}
