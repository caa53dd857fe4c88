//! The manifests that callers send along with calls of a plugin that is known better.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::value::RawValue;

use crate::payload::{self, read_manifest};

/// How many manifests are remembered to be well-formed. Callers send the same one with every call; there are as many as
/// there are addresses and versions under which the plugin is installed.
const KNOWN_MANIFESTS: usize = 8;
/// The largest manifest, in bytes, that is worth remembering; real ones have a few thousand.
const KNOWN_MANIFEST_SIZE: usize = 64 << 10;

/// Remembers manifests that were judged to be well-formed.
#[derive(Debug, Default)]
pub(crate) struct KnownManifests(Mutex<VecDeque<Box<str>>>);

impl KnownManifests {
    /// Judges the caller's manifest, unless its like was judged before.
    ///
    /// It decides nothing here, but LobeHub's gateway refuses a call whose manifest has the wrong shape. Comparing it
    /// with those known to be right costs a hundredth of looking into it.
    pub(crate) fn admit(&self, manifest: &RawValue) -> Result<(), payload::Error> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known().iter().any(|known| **known == *manifest.get()) {
            return Ok(());
        }
        read_manifest(manifest)?;
        if manifest.get().len() > KNOWN_MANIFEST_SIZE {
            return Ok(());
        }
        let mut known = known();
        known.truncate(KNOWN_MANIFESTS - 1);
        known.push_front(manifest.get().into());
        Ok(())
    }
}
