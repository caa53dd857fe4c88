//! The egress policy for production, as far as a text goes: a URL on the first line, a reference in its answer behind.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libfuzzer_sys::fuzz_target;
use lobe_fuzz::within_a_second;
use lobe_plugin_gateway::__fuzzing::{JudgedUrl, judge_reference, judge_url};

fuzz_target!(|text: &str| within_a_second(|| read_and_follow(text)));

fn read_and_follow(text: &str) {
    let (base, reference) = text.split_once('\n').unwrap_or((text, ""));
    let Some(url) = judge_url(base) else { return };
    check(&url);
    assert!(is_as_written(&url, base), "{} is not the host that was written", url.host);
    if let Some(led_to) = judge_reference(base, reference) {
        check(&led_to);
    }
}

/// Tells whether a host is the one that stands in the text. An IPv6 address has many spellings, and one meaning.
fn is_as_written(url: &JudgedUrl, text: &str) -> bool {
    match url.address {
        Some(IpAddr::V6(address)) => {
            let written = authority(text).split(['[', ']']).nth(1);
            written.and_then(|written| written.parse().ok()) == Some(address)
        }
        Some(IpAddr::V4(_)) | None => authority(text).to_ascii_lowercase().starts_with(&url.host),
    }
}

fn check(url: &JudgedUrl) {
    // Normalising may write a path longer than it was, beyond what is read.
    if url.text.len() <= 2048 {
        assert_eq!(judge_url(&url.text).as_ref(), Some(url), "read again, it is another one");
    }
    assert!(!authority(&url.text).contains(['@', '%', '\\']), "{} carries credentials", url.text);
    if url.is_admitted {
        check_admitted(url);
    }
}

fn check_admitted(url: &JudgedUrl) {
    assert!(url.is_https, "{} is not encrypted", url.text);
    assert!(url.port == 80 || url.port == 443 || url.port >= 1024, "{} is at a closed port", url.text);
    match url.address {
        Some(IpAddr::V4(address)) => assert!(is_public_v4(address), "{} is not public", url.text),
        Some(IpAddr::V6(address)) => assert!(is_public_v6(address), "{} is not public", url.text),
        None => check_name(&url.host),
    }
}

fn check_name(name: &str) {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    assert!(name.bytes().all(legal), "{name} is not in lower case, or not a name");
    let (_, last) = name.rsplit_once('.').expect("a name of one label leads into somebody's own network");
    assert!(last.starts_with(|first: char| first.is_ascii_lowercase()), "{name} could be a number");
    assert!(!["localhost", "local", "internal", "arpa", "onion"].contains(&last), "{name} is not public");
}

fn authority(url: &str) -> &str {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    behind.split(['/', '?', '#']).next().unwrap_or_default()
}

/// A second rule, less exact than the one it watches: by what the standard library knows.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_reserved = first == 0 || first >= 224;
    let is_metadata = address == Ipv4Addr::new(168, 63, 129, 16);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || is_shared
        || is_reserved
        || is_metadata)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_tunnel = first == 0x2002 || (first == 0x2001 && second < 0x200);
    let is_documentation = first == 0x2001 && second == 0xdb8;
    first & 0xe000 == 0x2000 && !is_tunnel && !is_documentation
}
