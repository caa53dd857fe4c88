//! Which addresses belong to the public internet (E5): IPv4 by what is taken away, IPv6 by what is let in.
//!
//! IPv6 is let in by `2000::/3` alone, less a few ranges. So mapped, compatible, translated and NAT64 forms of IPv4,
//! unique-local, link-local and whatever will be assigned tomorrow fall out without a line of their own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::Ipv6Net;

/// Says what kind of place an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The public internet.
    Public,
    /// This machine: 127.0.0.0/8 and ::1.
    Loopback,
    /// Where clouds hand out the machine's credentials.
    Metadata,
    /// Anything else: private, shared, link-local, multicast, reserved, documentation, tunnels.
    Special,
}

/// IPv4 that is not public: the IANA special-purpose registry (as of 2025-10-09), multicast, and the reserved rest.
const SPECIAL_V4: [Range; 18] = [
    v4(0, 0, 0, 0, 8),       // this network, RFC 791
    v4(10, 0, 0, 0, 8),      // private, RFC 1918
    v4(100, 64, 0, 0, 10),   // shared by carriers, RFC 6598
    v4(127, 0, 0, 0, 8),     // loopback, RFC 1122
    v4(169, 254, 0, 0, 16),  // link-local, RFC 3927
    v4(172, 16, 0, 0, 12),   // private, RFC 1918
    v4(192, 0, 0, 0, 24),    // protocol assignments, RFC 6890
    v4(192, 0, 2, 0, 24),    // documentation, RFC 5737
    v4(192, 31, 196, 0, 24), // AS112, RFC 7535
    v4(192, 52, 193, 0, 24), // AMT, RFC 7450
    v4(192, 88, 99, 0, 24),  // 6to4 relays, RFC 7526
    v4(192, 168, 0, 0, 16),  // private, RFC 1918
    v4(192, 175, 48, 0, 24), // AS112, RFC 7534
    v4(198, 18, 0, 0, 15),   // benchmarks, RFC 2544
    v4(198, 51, 100, 0, 24), // documentation, RFC 5737
    v4(203, 0, 113, 0, 24),  // documentation, RFC 5737
    v4(224, 0, 0, 0, 4),     // multicast, RFC 5771
    v4(240, 0, 0, 0, 4),     // reserved and broadcast, RFC 1112
];

/// The only IPv6 that IANA has given out as global unicast.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0], 3);

/// What is not public within it, from the same registry.
const SPECIAL_V6: [Ipv6Net; 5] = [
    v6([0x2001, 0, 0], 23),         // protocol assignments, Teredo among them, RFC 2928
    v6([0x2001, 0x0db8, 0], 32),    // documentation, RFC 3849
    v6([0x2002, 0, 0], 16),         // 6to4, RFC 3056
    v6([0x2620, 0x4f, 0x8000], 48), // AS112, RFC 7534
    v6([0x3fff, 0, 0], 20),         // documentation, RFC 9637
];

/// Where clouds hand out credentials; some of it lies in public space, where no list of ranges would find it.
const METADATA_V4: [Range; 4] = [
    v4(169, 254, 0, 0, 16),     // nearly everybody
    v4(100, 100, 100, 200, 32), // Alibaba Cloud
    v4(168, 63, 129, 16, 32),   // Azure
    v4(192, 0, 0, 192, 32),     // Oracle Cloud
];

/// The same of IPv6.
const METADATA_V6: [Ipv6Net; 2] = [
    v6([0xfd00, 0x0ec2, 0], 32), // AWS
    v6([0xfd20, 0x00ce, 0], 64), // Google Cloud
];

/// A range of IPv4: the addresses whose masked bits are these.
#[derive(Clone, Copy, Debug)]
struct Range {
    bits: u32,
    mask: u32,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u32) -> Range {
    Range { bits: u32::from_be_bytes([a, b, c, d]), mask: !0 << (32 - prefix) }
}

/// Returns whether an address is in one of the ranges. Looks at all of them, which takes less than to stop at the first:
/// the processor compares several at once.
fn is_in(ranges: &[Range], address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    ranges.iter().fold(false, |is_in, range| is_in | (bits & range.mask == range.bits))
}

const fn v6([a, b, c]: [u16; 3], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// Returns what kind of place an address is. `nat64` are the prefixes behind which this network keeps all of IPv4.
pub(super) fn place(address: IpAddr, nat64: &[Ipv6Net]) -> Place {
    let embedded = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => embedded_v4(address, nat64),
    };
    let is_metadata = match address {
        IpAddr::V4(address) => is_in(&METADATA_V4, address),
        IpAddr::V6(address) => METADATA_V6.iter().any(|net| net.contains(&address)),
    };
    if is_metadata || embedded.is_some_and(|inner| is_in(&METADATA_V4, inner)) {
        return Place::Metadata;
    }
    if address.is_loopback() {
        return Place::Loopback;
    }
    let is_public = match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address, nat64),
    };
    if is_public { Place::Public } else { Place::Special }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !is_in(&SPECIAL_V4, address)
}

fn is_public_v6(address: Ipv6Addr, nat64: &[Ipv6Net]) -> bool {
    GLOBAL_V6.contains(&address) && !SPECIAL_V6.iter().chain(nat64).any(|net| net.contains(&address))
}

/// Returns the IPv4 address within an IPv6 one. Asked for metadata only: an operator who opens such a range to all of
/// IPv4 has not opened those. Everything else about these forms is decided by their range.
fn embedded_v4(address: Ipv6Addr, nat64: &[Ipv6Net]) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let join = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match (a, b, c, d, e, f) {
        // Compatible, mapped, translated (RFC 4291, RFC 2765), NAT64's well-known prefix (RFC 6052).
        (0, 0, 0, 0, 0, 0 | 0xffff) | (0, 0, 0, 0, 0xffff, 0) | (0x64, 0xff9b, 0, 0, 0, 0) => join(g, h),
        // 6to4, RFC 3056.
        (0x2002, ..) => join(b, c),
        _ => nat64.iter().any(|net| net.contains(&address)).then(|| join(g, h)).flatten(),
    }
}
