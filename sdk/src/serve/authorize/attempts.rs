//! How often an address was wrong within a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::serve::listener::counted_as;

/// How long attempts are held against an address.
const WINDOW: Duration = Duration::from_secs(60);
/// How often an address may be wrong within that time.
const ALLOWED: u32 = 20;
/// How many addresses are remembered: whoever has more of them than this is stopped by nothing of this kind.
const ADDRESSES: usize = 65_536;

/// Counts wrong credentials by address. An IPv6 client counts by its /64.
#[derive(Debug)]
pub(super) struct Attempts(Mutex<Window>);

#[derive(Debug)]
struct Window {
    begun: Instant,
    failures: HashMap<IpAddr, u32>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self(Mutex::new(Window { begun: Instant::now(), failures: HashMap::new() }))
    }
}

impl Attempts {
    /// Returns how long an address has to wait, when it has to.
    pub(super) fn exhausted(&self, address: IpAddr) -> Option<Duration> {
        let window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = WINDOW.checked_sub(window.begun.elapsed())?;
        let failures = window.failures.get(&counted_as(address)).copied().unwrap_or_default();
        (failures >= ALLOWED).then_some(left)
    }

    /// Notes that an address was wrong.
    pub(super) fn failed(&self, address: IpAddr) {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if window.begun.elapsed() >= WINDOW {
            *window = Window { begun: Instant::now(), failures: HashMap::new() };
        }
        if window.failures.len() < ADDRESSES {
            *window.failures.entry(counted_as(address)).or_default() += 1;
        }
    }
}
