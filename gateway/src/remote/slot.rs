//! The place of one document: what was read of it, how old that is, and what to do when it cannot be had.
//!
//! The rules C2 and C3: a document is fresh for five minutes, then asked for again (with its `ETag`), and stands in for one
//! more hour when it cannot be had; that it cannot be had is known for a second. Of calls that come at the same time one
//! fetches and the others wait.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::outbound::{OutboundError, UpstreamFault};

/// Bounds what is kept, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheLimits {
    /// The most bytes, of each cache.
    pub(crate) bytes: u64,
    /// The most documents.
    pub(crate) documents: usize,
    /// How long a document is fresh.
    pub(crate) fresh: Duration,
    /// How long after that it stands in for one that cannot be had.
    pub(crate) stale: Duration,
    /// How long it is known that one cannot be had.
    pub(crate) failed: Duration,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            documents: 10_000,
            fresh: Duration::from_secs(300),
            stale: Duration::from_secs(3600),
            failed: Duration::from_secs(1),
        }
    }
}

/// Says why there is no document.
#[derive(Clone, Debug)]
pub(super) enum Missing<E> {
    /// It cannot be had.
    Unreachable(OutboundError),
    /// It can, and is not what it should be.
    Unreadable(E),
}

/// Holds what was read of one document.
#[derive(Debug)]
pub(super) struct Slot<T, E> {
    last: RwLock<Last<T, E>>,
    refresh: Mutex<()>,
}

/// What was read of a document that was not known, or has changed.
#[derive(Debug)]
pub(super) struct Reading<T> {
    pub(super) value: T,
    pub(super) etag: Option<String>,
    /// Of its bytes, where somebody asks whether they are the same again.
    pub(super) digest: Option<u64>,
}

/// The last good reading, and the last outcome when that was a failure.
#[derive(Debug)]
struct Last<T, E> {
    good: Option<Good<T>>,
    failure: Option<(Missing<E>, Instant)>,
}

#[derive(Debug)]
struct Good<T> {
    value: Arc<T>,
    etag: Option<String>,
    digest: Option<u64>,
    checked: Instant,
}

impl<T, E> Default for Slot<T, E> {
    fn default() -> Self {
        Self { last: RwLock::new(Last { good: None, failure: None }), refresh: Mutex::new(()) }
    }
}

impl<T, E: Clone> Slot<T, E> {
    /// Returns what is known of the document; `load` is asked when that is nothing, or too old. It gets the `ETag` of what is
    /// known, and answers `None` when that has not changed.
    pub(super) async fn get(
        &self,
        limits: &CacheLimits,
        load: impl AsyncFnOnce(Option<String>) -> Result<Option<Reading<T>>, Missing<E>>,
    ) -> Result<Arc<T>, Missing<E>> {
        if let Some(known) = self.known(limits) {
            return known;
        }
        let _one_at_a_time = self.refresh.lock().await;
        if let Some(known) = self.known(limits) {
            return known;
        }
        // Boxed, because every call would carry the room for a fetch with it otherwise, and hardly any fetches.
        let loaded = Box::pin(load(self.etag())).await;
        self.settle(loaded, limits)
    }

    /// Returns what needs no fetch to be known.
    fn known(&self, limits: &CacheLimits) -> Option<Result<Arc<T>, Missing<E>>> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(good) = last.good.as_ref().filter(|good| good.checked.elapsed() < limits.fresh) {
            return Some(Ok(Arc::clone(&good.value)));
        }
        let (missing, when) = last.failure.as_ref()?;
        (when.elapsed() < limits.failed).then(|| last.stand_in(limits).ok_or_else(|| missing.clone()))
    }

    /// Returns whether these are the bytes that were read last: what was made of them need not be made again.
    pub(super) fn is_known(&self, digest: u64) -> bool {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        last.good.as_ref().is_some_and(|good| good.digest == Some(digest))
    }

    fn etag(&self) -> Option<String> {
        self.last.read().unwrap_or_else(PoisonError::into_inner).good.as_ref()?.etag.clone()
    }

    fn settle(
        &self,
        outcome: Result<Option<Reading<T>>, Missing<E>>,
        limits: &CacheLimits,
    ) -> Result<Arc<T>, Missing<E>> {
        let mut last = self.last.write().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(changed) => {
                last.renew(changed);
                last.failure = None;
                last.stand_in(limits).ok_or_else(|| Missing::Unreachable(UpstreamFault::Status.into()))
            }
            Err(missing) => {
                last.failure = Some((missing.clone(), Instant::now()));
                last.stand_in(limits).ok_or(missing)
            }
        }
    }
}

impl<T, E> Last<T, E> {
    fn renew(&mut self, changed: Option<Reading<T>>) {
        let checked = Instant::now();
        match (changed, &mut self.good) {
            (Some(Reading { value, etag, digest }), place) => {
                *place = Some(Good { value: Arc::new(value), etag, digest, checked });
            }
            (None, Some(good)) => good.checked = checked,
            (None, None) => {}
        }
    }

    /// Returns the last good reading while it is not too old to stand in.
    fn stand_in(&self, limits: &CacheLimits) -> Option<Arc<T>> {
        let good = self.good.as_ref().filter(|good| good.checked.elapsed() < limits.fresh + limits.stale)?;
        Some(Arc::clone(&good.value))
    }
}
