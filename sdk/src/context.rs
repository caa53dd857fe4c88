//! What a function may know of its call while it runs: how long it may take, and whether anybody still waits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Tells a running function about its call: what [`Context`](crate::Context) hands to it.
///
/// Clones are cheap, and mean the same call: give them to tasks and threads that work for it.
///
/// The call is cancelled when its caller goes away before the answer is whole, or when its time is over. The function
/// itself is then dropped, if it is `async`; what it spawned is not, and asks here. A call that ended by itself, well or
/// with an error, is not cancelled any more.
///
/// ```
/// use lobe_plugin_sdk::{Context, PluginError, lobe_plugin};
///
/// /// Count to a million, on a thread of its own.
/// #[lobe_plugin]
/// async fn count(Context(context): Context) -> Result<u32, PluginError> {
///     let work = tokio::task::spawn_blocking(move || (0..1_000_000).take_while(|_| !context.is_cancelled()).last());
///     Ok(work.await?.unwrap_or_default())
/// }
/// ```
#[derive(Clone)]
pub struct CallContext(Arc<Inner>);

struct Inner {
    deadline: Option<Instant>,
    cancellation: CancellationToken,
    ended: AtomicBool,
}

impl CallContext {
    pub(crate) fn until(deadline: Option<Instant>) -> Self {
        let cancellation = CancellationToken::new();
        Self(Arc::new(Inner { deadline, cancellation, ended: AtomicBool::new(false) }))
    }

    /// Returns when the call's time is over; `None` when it may take as long as it likes.
    #[must_use]
    pub fn deadline(&self) -> Option<std::time::Instant> {
        self.0.deadline.map(Instant::into_std)
    }

    /// Returns how much time is left, down to zero; `None` when it may take as long as it likes.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.0.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Returns whether the call was cancelled, or its time is over while the function still runs: a function that does
    /// not wait cannot be interrupted, and should ask from time to time.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let over = || self.time_left().is_some_and(|left| left.is_zero());
        self.0.cancellation.is_cancelled() || (!self.0.ended.load(Ordering::Relaxed) && over())
    }

    /// Completes when the call is cancelled; never, when it ends by itself.
    pub async fn cancelled(&self) {
        self.0.cancellation.cancelled().await;
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CallContext")
            .field("time_left", &self.time_left())
            .field("is_cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

/// Is kept by whoever runs the call: dropped before it is said to have ended, it cancels.
#[derive(Debug, Default)]
pub(crate) struct Ending(Option<CallContext>);

impl Ending {
    pub(crate) fn of(context: Option<CallContext>) -> Self {
        Self(context)
    }

    /// Says that the call ended by itself.
    pub(crate) fn reached(&mut self) {
        if let Some(context) = self.0.take() {
            context.0.ended.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(context) = self.0.take() {
            context.0.cancellation.cancel();
        }
    }
}
