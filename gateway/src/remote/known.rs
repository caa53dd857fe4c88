//! What callers' manifests were read to be, by their text: the same one comes with every call.
//!
//! A keyed hash finds the place and the bytes are compared, since the text is the caller's: a collision that he made
//! must not lead to the validators of another plugin. What is wrong is not kept.

use std::hash::RandomState;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

use crate::admission::Busy;
use crate::beside::Beside;
use crate::target::Target;

/// What one byte of a manifest's text costs when it is read: the tree of values, the validators, the operations.
pub(crate) const COST_OF_A_BYTE: u64 = 24;
/// How many manifests the cache expects to hold; it holds as many as there is room for.
const EXPECTED: usize = 512;

/// Remembers targets by their manifest's text.
#[derive(Debug)]
pub(crate) struct Known(Cache<String, Arc<Target>, Weight, RandomState>);

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<String, Arc<Target>> for Weight {
    fn weight(&self, text: &String, _: &Arc<Target>) -> u64 {
        (text.len() as u64 + 64) * COST_OF_A_BYTE
    }
}

impl Known {
    /// Makes a cache of at most about that many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        Self(Cache::with(EXPECTED, bytes, Weight, RandomState::new(), DefaultLifecycle::default()))
    }

    /// Returns the target of a text, which is read if it is not known; calls that come at the same time wait for the
    /// one that reads.
    pub(crate) async fn get_or_read<E: From<Busy>>(
        &self,
        text: &str,
        beside: &Beside,
        read: impl FnOnce() -> Result<Target, E>,
    ) -> Result<Arc<Target>, E> {
        let reading = async { beside.read(text.len(), read).await?.map(Arc::new) };
        self.0.get_or_insert_async(text, reading).await
    }
}
