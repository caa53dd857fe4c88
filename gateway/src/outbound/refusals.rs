//! Counts and logs refusals: the operator learns the reason that the caller is not told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::error::Refusal;
use super::trip::Trip;
use super::url::Origin;

/// The longest piece of foreign text in a line of the log, in bytes.
const MAX_LOGGED: usize = 256;

/// Counts refusals by reason.
#[derive(Debug, Default)]
pub(super) struct Refusals(RwLock<Arc<Counts>>);

type Counts = [AtomicU64; Refusal::ALL.len()];

impl Refusals {
    pub(super) fn count(&self, refusal: Refusal, trip: &Trip) {
        self.counts()[refusal as usize].fetch_add(1, Ordering::Relaxed);
        let (reason, asked) = (refusal.reason(), logged(trip.url.origin()));
        match &trip.led_to {
            Some(url) => {
                let target = logged(url.origin());
                tracing::warn!(reason, target, redirected_by = asked, "refused to call out");
            }
            None => tracing::warn!(reason, target = asked, "refused to call out"),
        }
    }

    /// Returns how often each reason came up.
    pub(super) fn read(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.counts();
        let count = move |(number, refusal): (usize, &Refusal)| {
            (refusal.reason(), counts[number].load(Ordering::Relaxed))
        };
        Refusal::ALL.iter().enumerate().map(count)
    }

    /// Counts together with others from now on.
    pub(super) fn count_in(&self, others: &Self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = others.counts();
    }

    fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns an origin for the log. It is visible ASCII, as every URL that was read is, so nothing needs escaping.
fn logged(origin: &Origin) -> String {
    let mut text = origin.to_string();
    text.truncate(MAX_LOGGED);
    text
}
