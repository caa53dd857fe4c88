//! Counts the calls under way to each host, so that one slow host cannot take every connection there is.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::url::Origin;

/// Counts the calls under way, by origin. Holds only origins that have some.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<Origin, usize>>);

/// Stands for one call under way. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    hosts: Arc<Hosts>,
    origin: Origin,
}

impl Hosts {
    /// Begins a call, unless `limit` of them are under way to that origin.
    pub(super) fn begin(self: &Arc<Self>, origin: &Origin, limit: usize) -> Option<Permit> {
        let mut counts = self.lock();
        let count = counts.entry(origin.clone()).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(Permit { hosts: Arc::clone(self), origin: origin.clone() })
    }

    fn end(&self, origin: &Origin) {
        let mut counts = self.lock();
        let Entry::Occupied(mut entry) = counts.entry(origin.clone()) else { return };
        *entry.get_mut() -= 1;
        if *entry.get() == 0 {
            entry.remove();
        }
    }

    /// A count is whole at every step, so one that was left by a panic is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<Origin, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.hosts.end(&self.origin);
    }
}
