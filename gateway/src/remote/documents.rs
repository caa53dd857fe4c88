//! Documents that were fetched, and what was read of them: market indexes and manifests.
//!
//! The rule C1: the key is the whole URL and who named it. How long one is believed is its [`Slot`]'s business.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use http::{HeaderValue, StatusCode};
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, Weighter};

use super::slot::{CacheLimits, Missing, Reading, Slot};
use crate::admission::Busy;
use crate::beside::Beside;
use crate::outbound::{Fetched, Outbound, OutboundError, TargetUrl, Trust};

/// What is asked for where any media type will do.
pub(super) const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");
/// What a document costs besides its bytes.
const COST_OF_A_DOCUMENT: u64 = 512;
/// The part of the cache, in percent, that the heaviest document takes: what weighs more is not kept at all.
const MOST_OF_THE_CACHE: u64 = 95;

/// Keeps what was read of documents, by their URL.
#[derive(Debug)]
pub(super) struct Documents<T, E> {
    outbound: Outbound,
    trust: Trust,
    limits: CacheLimits,
    /// What one byte of a document costs when it is read.
    cost_of_a_byte: u64,
    /// The media types that are asked for.
    accept: HeaderValue,
    beside: Beside,
    hasher: RandomState,
    /// The most that one document weighs.
    heaviest: u64,
    slots: Cache<String, Kept<T, E>, Weight, RandomState>,
}

#[derive(Debug)]
struct Kept<T, E> {
    slot: Arc<Slot<T, E>>,
    weight: u64,
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

impl<T, E: Clone> Documents<T, E> {
    pub(super) fn new(
        outbound: Outbound,
        trust: Trust,
        limits: CacheLimits,
        cost_of_a_byte: u64,
        beside: Beside,
    ) -> Self {
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
        let (accept, hasher) = (ANYTHING, RandomState::new());
        let heaviest = bytes / 100 * MOST_OF_THE_CACHE;
        Self { outbound, trust, limits, cost_of_a_byte, accept, beside, hasher, heaviest, slots }
    }

    /// Says which media types are asked for.
    pub(super) fn accepting(mut self, media_types: &'static str) -> Self {
        self.accept = HeaderValue::from_static(media_types);
        self
    }

    /// Returns what is known of a document, which is fetched and read when that is nothing, or too old.
    pub(super) async fn get(
        &self,
        url: &TargetUrl,
        read: impl FnOnce(StatusCode, &[u8]) -> Result<T, E>,
    ) -> Result<Arc<T>, Missing<E>> {
        let slot = self.slot(url);
        let load = async |etag: Option<String>| {
            let fetched = self.outbound.fetch(url, self.trust, &self.accept, etag.as_deref()).await;
            self.read(url, &slot, fetched, read).await
        };
        slot.get(&self.limits, load).await
    }

    fn slot(&self, url: &TargetUrl) -> Arc<Slot<T, E>> {
        let kept = self.slots.get_or_insert_with(url.as_str(), || {
            Ok::<_, std::convert::Infallible>(Kept { slot: Arc::default(), weight: COST_OF_A_DOCUMENT })
        });
        let Ok(kept) = kept;
        kept.slot
    }

    /// Returns what a document weighs. One that may be fetched is kept as well, if it has to be alone: otherwise it would be
    /// fetched and read for every call.
    fn weight(&self, url: &TargetUrl, bytes: usize) -> u64 {
        let weight = COST_OF_A_DOCUMENT + bytes as u64 * self.cost_of_a_byte;
        weight.min(self.heaviest.saturating_sub(url.as_str().len() as u64))
    }

    async fn read(
        &self,
        url: &TargetUrl,
        slot: &Arc<Slot<T, E>>,
        fetched: Result<Fetched, OutboundError>,
        read: impl FnOnce(StatusCode, &[u8]) -> Result<T, E>,
    ) -> Result<Option<Reading<T>>, Missing<E>> {
        match fetched {
            Ok(Fetched::NotModified) => Ok(None),
            Ok(Fetched::New { body, etag, content_type, status, url: last }) => {
                let (code, bytes) = (status.as_u16(), body.len());
                tracing::debug!(from = %last.origin(), status = code, content_type, bytes, "fetched a document");
                let digest = self.hasher.hash_one((code, &body));
                if slot.is_known(digest) {
                    return Ok(None);
                }
                let value = self.beside.read(bytes, || read(status, &body)).await;
                let value = value.map_err(|Busy| Missing::Unreachable(OutboundError::Busy))?;
                let value = value.map_err(Missing::Unreadable)?;
                let weight = self.weight(url, body.len());
                // Taken out first: one that grows at its place may itself be what makes room.
                self.slots.remove(url.as_str());
                self.slots.insert(url.as_str().to_owned(), Kept { slot: Arc::clone(slot), weight });
                Ok(Some(Reading { value, etag, digest: Some(digest) }))
            }
            Err(error) => Err(Missing::Unreachable(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::outbound::{EgressPolicy, OutboundLimits};

    #[tokio::test]
    async fn the_largest_document_is_kept_if_alone() {
        const COST: u64 = 24;
        let outbound = Outbound::new(EgressPolicy::default(), OutboundLimits::default()).unwrap();
        let limits = CacheLimits { bytes: 64 << 20, ..CacheLimits::default() };
        let documents = Documents::<usize, ()>::new(outbound, Trust::Caller, limits, COST, Beside::default());
        let read = async |path: &str, bytes: usize| {
            let url = TargetUrl::parse(&format!("https://plugins.example/{path}")).unwrap();
            let fetched = Fetched::New {
                body: Bytes::from(vec![b' '; bytes]),
                etag: None,
                content_type: None,
                status: StatusCode::OK,
                url: url.clone(),
            };
            let slot = documents.slot(&url);
            let read = documents.read(&url, &slot, Ok(fetched), |_, text| Ok(text.len())).await;
            assert!(matches!(read, Ok(Some(Reading { value, .. })) if value == bytes));
            Arc::ptr_eq(&slot, &documents.slot(&url))
        };
        assert!(read("small", 1_000).await);
        assert!(read("half", 1_300_000).await);
        assert!(read("large", 5 << 20).await, "it is there for the next call");
        assert!(documents.slots.weight() <= 64 << 20);
        assert!(read("another", 5 << 20).await);
        assert!(documents.slots.weight() <= 64 << 20);
    }
}
