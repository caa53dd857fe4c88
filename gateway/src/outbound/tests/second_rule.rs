//! Which addresses are public, said once more: what the rule itself is held against.

use std::net::Ipv6Addr;

/// Says whether IPv4 is public, octet by octet, where the rule itself compares networks.
pub(super) fn is_public_by_octets(address: u32) -> bool {
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
pub(super) fn is_public_by_numbers(address: Ipv6Addr) -> bool {
    let number = u128::from(address);
    let begins = |prefix: u128, bits: u32| number >> (128 - bits) == prefix;
    begins(0b001, 3)
        && !begins(0x2001 << 7, 23)
        && !begins(0x2001_0db8, 32)
        && !begins(0x2002, 16)
        && !begins(0x2620_004f_8000, 48)
        && !begins(0x3fff0, 20)
}
