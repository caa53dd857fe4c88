//! The rule about addresses, against a second one that was written by other means.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::address::{Place, place};

/// Says whether IPv4 is public, octet by octet, where the rule itself compares networks.
fn is_public_by_octets(address: u32) -> bool {
    let [a, b, c, d] = address.to_be_bytes();
    match a {
        0 | 10 | 127 | 224..=255 => false,
        100 => !(64..128).contains(&b) && [b, c, d] != [100, 100, 200],
        168 => [b, c, d] != [63, 129, 16],
        169 => b != 254,
        172 => b >> 4 != 1,
        192 => !matches!((b, c), (0, 0 | 2) | (31, 196) | (52, 193) | (88, 99) | (168, _) | (175, 48)),
        198 => !matches!((b, c), (18 | 19, _) | (51, 100)),
        203 => (b, c) != (0, 113),
        _ => true,
    }
}

/// Says the same of IPv6 in whole numbers.
fn is_public_by_numbers(address: Ipv6Addr) -> bool {
    let number = u128::from(address);
    let begins = |prefix: u128, bits: u32| number >> (128 - bits) == prefix;
    begins(0b001, 3)
        && !begins(0x2001 << 7, 23)
        && !begins(0x2001_0db8, 32)
        && !begins(0x2002, 16)
        && !begins(0x2620_004f_8000, 48)
        && !begins(0x3fff0, 20)
}

fn is_public(address: impl Into<IpAddr>) -> bool {
    place(address.into(), &[]) == Place::Public
}

/// All of IPv4, one by one, on every processor. In release: `.ci/run` asks for it.
#[test]
#[ignore = "four thousand million addresses: half a minute in release, an hour otherwise"]
fn all_of_ipv4() {
    let threads = u32::try_from(std::thread::available_parallelism().unwrap().get()).unwrap();
    let denied: u64 = std::thread::scope(|scope| {
        let lanes: Vec<_> =
            (0..threads).map(|lane| scope.spawn(move || compare_lane(lane, threads))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).sum()
    });
    // The figure that two other implementations came to.
    assert_eq!(denied, 592_709_633);
}

/// Compares every `step`th network of 256 addresses, and returns how many addresses are not public.
fn compare_lane(lane: u32, step: u32) -> u64 {
    let mut denied = 0;
    for network in (lane..1 << 24).step_by(step as usize) {
        for address in network << 8..=network << 8 | 0xff {
            let expected = is_public_by_octets(address);
            assert_eq!(is_public(Ipv4Addr::from(address)), expected, "{}", Ipv4Addr::from(address));
            denied += u64::from(!expected);
        }
    }
    denied
}

/// Every /16 at its ends: what a debug build has the time for.
#[test]
fn ipv4_at_its_edges() {
    for network in 0..1_u32 << 16 {
        for address in [network << 16, network << 16 | 0xff, network << 16 | 0xffff] {
            let expected = is_public_by_octets(address);
            assert_eq!(is_public(Ipv4Addr::from(address)), expected, "{}", Ipv4Addr::from(address));
        }
    }
}

#[test]
fn ipv6_at_every_edge() {
    let ranges = [
        "::/128",
        "::1/128",
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "100:0:0:1::/64",
        "2000::/3",
        "2001::/23",
        "2001::/32",
        "2001:2::/48",
        "2001:10::/28",
        "2001:20::/28",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
        "4000::/3",
        "5f00::/16",
        "fc00::/7",
        "fd00:ec2::/32",
        "fd20:ce::/64",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    ];
    for range in ranges {
        let range: ipnet::Ipv6Net = range.parse().unwrap();
        let (first, last) = (u128::from(range.network()), u128::from(range.broadcast()));
        for number in [
            first.wrapping_sub(1),
            first,
            first.wrapping_add(1),
            last.wrapping_sub(1),
            last,
            last.wrapping_add(1),
        ] {
            let address = Ipv6Addr::from(number);
            assert_eq!(is_public(address), is_public_by_numbers(address), "{address}, an edge of {range}");
        }
    }
}
