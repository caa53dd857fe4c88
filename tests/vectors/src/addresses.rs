//! The gateway's rule about public addresses against a second one, over all of IPv4: one by one, on every processor.
//!
//! Both are the gateway's own files, read once more: the rule is no part of what its crate shows, and to build its tests
//! anew, optimised, takes longer than four thousand million addresses.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Context as _, Result, ensure};

#[path = "../../../gateway/src/outbound/address.rs"]
mod address;
#[path = "../../../gateway/src/outbound/tests/second_rule.rs"]
#[expect(dead_code, reason = "what it says of IPv6 is a matter for the gateway's own tests")]
mod second_rule;

use address::{Place, place};

/// How many addresses are not public: the figure that two other implementations came to.
const NOT_PUBLIC: u64 = 592_709_633;

/// Compares them, and says how many addresses are not public.
pub(crate) fn compare() -> Result<()> {
    let threads = u32::try_from(std::thread::available_parallelism()?.get())?;
    let counts: Result<Vec<u64>> = std::thread::scope(|scope| {
        let lanes: Vec<_> =
            (0..threads).map(|lane| scope.spawn(move || compare_lane(lane, threads))).collect();
        lanes.into_iter().map(|lane| lane.join().ok().context("a thread panicked")?).collect()
    });
    let count: u64 = counts?.iter().sum();
    ensure!(count == NOT_PUBLIC, "{count} addresses are not public, where {NOT_PUBLIC} are to be");
    writeln!(io::stdout(), "all of IPv4: {count} addresses are not public, by both rules")?;
    Ok(())
}

/// Compares every `step`th network of 256 addresses.
fn compare_lane(lane: u32, step: u32) -> Result<u64> {
    let mut count = 0;
    for network in (lane..1 << 24).step_by(step as usize) {
        for number in network << 8..=network << 8 | 0xff {
            let address = Ipv4Addr::from(number);
            let is_public = place(IpAddr::V4(address), &[]) == Place::Public;
            ensure!(
                is_public == second_rule::is_public_by_octets(number),
                "the two rules differ about {address}"
            );
            count += u64::from(!is_public);
        }
    }
    Ok(count)
}
