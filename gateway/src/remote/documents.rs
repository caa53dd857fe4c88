//! Documents that were fetched, and what was read of them: market indexes and manifests.
//!
//! The rules C1 to C3: the key is the whole URL and who named it; a document is fresh for five minutes, then asked for
//! again (with its `ETag`), and stands in for one more hour when it cannot be had; that it cannot be had is known for a
//! second. Of calls that come at the same time one fetches and the others wait.

use std::hash::RandomState;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::outbound::{Fetched, Outbound, OutboundError, TargetUrl, Trust, UpstreamFault};

/// What a document costs besides its bytes.
const COST_OF_A_DOCUMENT: u64 = 512;

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
pub(crate) enum Missing<E> {
    /// It cannot be had.
    Unreachable(OutboundError),
    /// It can, and is not what it should be.
    Unreadable(E),
}

/// Keeps what was read of documents, by their URL.
#[derive(Debug)]
pub(crate) struct Documents<T, E> {
    outbound: Outbound,
    trust: Trust,
    limits: CacheLimits,
    /// What one byte of a document costs when it is read.
    cost_of_a_byte: u64,
    slots: Cache<String, Kept<T, E>, Weight, RandomState>,
}

#[derive(Debug)]
struct Kept<T, E> {
    slot: Arc<Slot<T, E>>,
    weight: u64,
}

#[derive(Debug)]
struct Slot<T, E> {
    last: RwLock<Last<T, E>>,
    refresh: Mutex<()>,
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
    checked: Instant,
}

#[derive(Clone, Debug)]
struct Weight;

impl<T, E> Weighter<String, Kept<T, E>> for Weight {
    fn weight(&self, url: &String, kept: &Kept<T, E>) -> u64 {
        kept.weight + url.len() as u64
    }
}

impl<T, E> Clone for Kept<T, E> {
    fn clone(&self) -> Self {
        Self { slot: Arc::clone(&self.slot), weight: self.weight }
    }
}

impl<T, E> Default for Slot<T, E> {
    fn default() -> Self {
        Self { last: RwLock::new(Last { good: None, failure: None }), refresh: Mutex::new(()) }
    }
}

impl<T, E: Clone> Documents<T, E> {
    pub(crate) fn new(outbound: Outbound, trust: Trust, limits: CacheLimits, cost_of_a_byte: u64) -> Self {
        // The bound in documents becomes one in bytes, because there is one bound: each weighs at least so much.
        let bytes = limits.bytes.min(limits.documents as u64 * (COST_OF_A_DOCUMENT + (6 << 10)));
        // One shard: a large index must fit into it, and whoever looks up holds it for a moment only.
        let options = OptionsBuilder::new()
            .estimated_items_capacity(limits.documents.min(1024))
            .weight_capacity(bytes)
            .shards(1)
            .build()
            .expect("cannot fail because both capacities are given");
        let slots = Cache::with_options(options, Weight, RandomState::new(), DefaultLifecycle::default());
        Self { outbound, trust, limits, cost_of_a_byte, slots }
    }

    /// Returns what is known of a document, which is fetched and read when that is nothing, or too old.
    pub(crate) async fn get(
        &self,
        url: &TargetUrl,
        read: impl FnOnce(&[u8]) -> Result<T, E>,
    ) -> Result<Arc<T>, Missing<E>> {
        let slot = self.slot(url);
        if let Some(known) = slot.known(&self.limits) {
            return known;
        }
        let _one_at_a_time = slot.refresh.lock().await;
        if let Some(known) = slot.known(&self.limits) {
            return known;
        }
        let fetched = self.outbound.fetch(url, self.trust, slot.etag().as_deref()).await;
        slot.settle(self.read(url, &slot, fetched, read), &self.limits)
    }

    fn slot(&self, url: &TargetUrl) -> Arc<Slot<T, E>> {
        let kept = self.slots.get_or_insert_with(url.as_str(), || {
            Ok::<_, std::convert::Infallible>(Kept { slot: Arc::default(), weight: COST_OF_A_DOCUMENT })
        });
        let Ok(kept) = kept;
        kept.slot
    }

    fn read(
        &self,
        url: &TargetUrl,
        slot: &Arc<Slot<T, E>>,
        fetched: Result<Fetched, OutboundError>,
        read: impl FnOnce(&[u8]) -> Result<T, E>,
    ) -> Result<Option<Good<T>>, Missing<E>> {
        match fetched {
            Ok(Fetched::NotModified) => Ok(None),
            Ok(Fetched::New { body, etag, content_type, status, url: last }) => {
                let (status, bytes) = (status.as_u16(), body.len());
                tracing::debug!(from = %last.origin(), status, content_type, bytes, "fetched a document");
                let value = Arc::new(read(&body).map_err(Missing::Unreadable)?);
                let weight = COST_OF_A_DOCUMENT + body.len() as u64 * self.cost_of_a_byte;
                self.slots.insert(url.as_str().to_owned(), Kept { slot: Arc::clone(slot), weight });
                Ok(Some(Good { value, etag, checked: Instant::now() }))
            }
            Err(error) => Err(Missing::Unreachable(error)),
        }
    }
}

impl<T, E: Clone> Slot<T, E> {
    /// Returns what needs no fetch to be known.
    fn known(&self, limits: &CacheLimits) -> Option<Result<Arc<T>, Missing<E>>> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(good) = last.good.as_ref().filter(|good| good.checked.elapsed() < limits.fresh) {
            return Some(Ok(Arc::clone(&good.value)));
        }
        let (missing, when) = last.failure.as_ref()?;
        (when.elapsed() < limits.failed).then(|| last.stand_in(limits).ok_or_else(|| missing.clone()))
    }

    fn etag(&self) -> Option<String> {
        self.last.read().unwrap_or_else(PoisonError::into_inner).good.as_ref()?.etag.clone()
    }

    /// Takes the outcome of a fetch in; `None` means that the document has not changed.
    fn settle(
        &self,
        outcome: Result<Option<Good<T>>, Missing<E>>,
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
    fn renew(&mut self, changed: Option<Good<T>>) {
        match (changed, &mut self.good) {
            (Some(good), place) => *place = Some(good),
            (None, Some(good)) => good.checked = Instant::now(),
            (None, None) => {}
        }
    }

    /// Returns the last good reading while it is not too old to stand in.
    fn stand_in(&self, limits: &CacheLimits) -> Option<Arc<T>> {
        let good = self.good.as_ref().filter(|good| good.checked.elapsed() < limits.fresh + limits.stale)?;
        Some(Arc::clone(&good.value))
    }
}
