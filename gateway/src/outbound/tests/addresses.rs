//! The rule about addresses, against a second one that was written by other means: at every edge here, over all of IPv4 by
//! `lobe-vectors addresses`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::address::{Place, place};
use super::second_rule::{is_public_by_numbers, is_public_by_octets};

fn is_public(address: impl Into<IpAddr>) -> bool {
    place(address.into(), &[]) == Place::Public
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
