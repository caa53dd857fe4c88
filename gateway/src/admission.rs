//! How many calls may be in flight: in all, and to one plugin. What is over it is refused at once, since a queue would
//! only make everybody late.
//!
//! How many may be under way to one upstream host is the outbound door's concern.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// Bounds the calls in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// The most calls in flight. 1,024.
    pub in_flight: usize,
    /// The most calls in flight to one plugin. 128. None at all is read as one.
    pub per_plugin: usize,
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self { in_flight: 1024, per_plugin: 128 }
    }
}

/// Counts the calls in flight. Clones count the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Admission(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
    most_per_plugin: AtomicUsize,
    /// Has an entry only while a call of that plugin is in flight, so there are never more than calls, whatever
    /// identifiers callers think of.
    by_plugin: Mutex<HashMap<Arc<str>, usize>>,
}

/// Says that there are as many calls in flight as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many calls are in flight")]
pub(crate) struct Busy;

impl Default for Admission {
    fn default() -> Self {
        Self::new(AdmissionLimits::default())
    }
}

impl Admission {
    pub(crate) fn new(limits: AdmissionLimits) -> Self {
        let admission = Self(Arc::default());
        admission.bound(limits);
        admission
    }

    /// Bounds calls from now on; those in flight stay.
    pub(crate) fn bound(&self, limits: AdmissionLimits) {
        self.0.most_in_flight.store(limits.in_flight, Relaxed);
        self.0.most_per_plugin.store(limits.per_plugin.max(1), Relaxed);
    }

    /// Returns how calls are bounded.
    pub(crate) fn limits(&self) -> AdmissionLimits {
        AdmissionLimits {
            in_flight: self.0.most_in_flight.load(Relaxed),
            per_plugin: self.0.most_per_plugin.load(Relaxed),
        }
    }

    /// Returns how many calls are in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.0.in_flight.load(Relaxed)
    }

    /// Takes a place for one more call.
    pub(crate) fn enter(&self) -> Result<Permit, Busy> {
        let Self(counts) = self;
        if counts.in_flight.fetch_add(1, Relaxed) >= counts.most_in_flight.load(Relaxed) {
            counts.in_flight.fetch_sub(1, Relaxed);
            return Err(Busy);
        }
        Ok(Permit { counts: Arc::clone(counts), plugin: None })
    }
}

/// Is the place of one call, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    counts: Arc<Counts>,
    plugin: Option<Arc<str>>,
}

impl Permit {
    /// Takes a place at one plugin as well, once; `most` stands in place of what holds for all.
    pub(crate) fn narrow(&mut self, identifier: &str, most: Option<usize>) -> Result<(), Busy> {
        if self.plugin.is_some() {
            return Ok(());
        }
        let mut by_plugin = self.counts.by_plugin.lock().unwrap_or_else(PoisonError::into_inner);
        let identifier: Arc<str> = identifier.into();
        let count = by_plugin.entry(Arc::clone(&identifier)).or_default();
        if *count >= most.unwrap_or(self.counts.most_per_plugin.load(Relaxed)).max(1) {
            return Err(Busy);
        }
        *count += 1;
        self.plugin = Some(identifier);
        Ok(())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.counts.in_flight.fetch_sub(1, Relaxed);
        let Some(plugin) = self.plugin.take() else { return };
        let mut by_plugin = self.counts.by_plugin.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = by_plugin.entry(plugin) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_and_given_back() {
        let admission = Admission::new(AdmissionLimits { in_flight: 3, per_plugin: 2 });
        let enter = |identifier: &str| {
            let mut permit = admission.enter()?;
            permit.narrow(identifier, None)?;
            Ok::<_, Busy>(permit)
        };
        let (first, second) = (enter("a").unwrap(), enter("a").unwrap());
        assert_eq!(enter("a").unwrap_err(), Busy, "of one plugin");
        assert_eq!(admission.in_flight(), 2, "who was refused holds no place");
        let third = enter("b").unwrap();
        assert_eq!(enter("c").unwrap_err(), Busy, "of all");
        drop(first);
        let again = enter("a").unwrap();
        drop((second, third, again));
        assert_eq!(admission.in_flight(), 0);
        assert!(admission.0.by_plugin.lock().unwrap().is_empty(), "names of the past are forgotten");
    }
}
