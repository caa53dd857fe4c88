//! Who has how many connections, and what became of the others.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::limits::ListenerLimits;

/// Counts the connections of a [`Listener`](super::Listener). Clones count the same ones.
#[derive(Clone, Debug, Default)]
pub struct Traffic(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    open: AtomicUsize,
    accepted: AtomicU64,
    refused: AtomicU64,
    refused_by_address: AtomicU64,
    timed_out: AtomicU64,
    panics: AtomicU64,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

/// Holds what [`Traffic`] has counted since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrafficCount {
    /// Connections that are open now.
    pub open: usize,
    /// Connections that were taken.
    pub accepted: u64,
    /// Connections that were closed at once because too many were open.
    pub refused: u64,
    /// Connections that were closed at once because too many of their address were open.
    pub refused_by_address: u64,
    /// Connections that were closed because the client was too slow, or idle for too long.
    pub timed_out: u64,
    /// Handlers that panicked. Panics of a plugin's function are none of these: the plugin survives them itself.
    pub panics: u64,
}

impl Traffic {
    /// Returns what was counted up to now.
    #[must_use]
    pub fn count(&self) -> TrafficCount {
        let Counters { open, accepted, refused, refused_by_address, timed_out, panics, .. } = &*self.0;
        TrafficCount {
            open: open.load(Relaxed),
            accepted: accepted.load(Relaxed),
            refused: refused.load(Relaxed),
            refused_by_address: refused_by_address.load(Relaxed),
            timed_out: timed_out.load(Relaxed),
            panics: panics.load(Relaxed),
        }
    }

    pub(super) fn panicked(&self) {
        self.0.panics.fetch_add(1, Relaxed);
    }

    pub(super) fn timed_out(&self) {
        self.0.timed_out.fetch_add(1, Relaxed);
    }

    /// Takes a place for one more connection, or tells that there is none. Only the accept loop asks.
    pub(super) fn admit(&self, address: IpAddr, limits: &ListenerLimits) -> Option<Place> {
        let counters = &self.0;
        if counters.open.load(Relaxed) >= limits.connections {
            counters.refused.fetch_add(1, Relaxed);
            return None;
        }
        let address = counted_as(address);
        let mut by_address = counters.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = by_address.entry(address).or_default();
        if *of_address >= limits.connections_per_address {
            counters.refused_by_address.fetch_add(1, Relaxed);
            return None;
        }
        *of_address += 1;
        counters.accepted.fetch_add(1, Relaxed);
        counters.open.fetch_add(1, Relaxed);
        Some(Place { counters: Arc::clone(counters), address })
    }
}

/// Counts a client of IPv6 by its network: one customer has a whole /64 to choose addresses from.
pub(in crate::serve) fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// Is one connection's place, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    counters: Arc<Counters>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.counters.open.fetch_sub(1, Relaxed);
        let mut by_address = self.counters.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_address) = by_address.get_mut(&self.address) {
            *of_address -= 1;
            if *of_address == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let limits = ListenerLimits { connections: 3, connections_per_address: 2, ..Default::default() };
        let traffic = Traffic::default();
        let admit = |address: &str| traffic.admit(address.parse().unwrap(), &limits);
        let (first, second) = (admit("192.0.2.1"), admit("192.0.2.1"));
        assert!(admit("::ffff:192.0.2.1").is_none(), "the same address in its other form");
        let other = admit("2001:db8::1");
        assert!(admit("192.0.2.9").is_none(), "all places are taken");
        drop((first, second, other));
        let _mine = (admit("2001:db8::1"), admit("2001:db8::2"));
        assert!(admit("2001:db8::3").is_none(), "a network is counted as one");
        assert!(admit("2001:db8:0:1::3").is_some());
        let count = traffic.count();
        assert_eq!((count.open, count.accepted, count.refused, count.refused_by_address), (2, 6, 1, 2));
    }
}
