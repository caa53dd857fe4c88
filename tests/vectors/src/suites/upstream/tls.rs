//! What an upstream does while, or instead of, shaking hands: the vectors' words, and what they mean.

use std::sync::Arc;
use std::time::Duration;

use super::super::script::{Behaviour, Step};
use crate::verdict::Unrun;
use crate::world::tls::{self, Tls};
use crate::world::{Authority, Quality};

/// A fatal alert: `handshake_failure`.
const ALERT: &[u8] = &[0x15, 3, 3, 0, 2, 2, 40];
const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
const OPEN_ENDED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}";

/// An answer in chunks whose last one does not come.
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n";
/// A record that claims to be encrypted, and is nothing.
const BAD_RECORD: &[u8] = &[
    0x17, 3, 3, 0, 32, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
    25, 26, 27, 28, 29, 30, 31, 32,
];
/// A ServerHello of TLS 1.2: no session, ECDHE with AES.
const SERVER_HELLO: &[u8] = &[
    0x16, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0xc0, 0x2f, 0,
];

/// Reads what a vector says of its server's TLS, by its key words: what is under the script, and what the script does.
pub(super) fn parse(words: &str, authority: &Arc<Authority>) -> Result<(Behaviour, Vec<Step>), Unrun> {
    let lower = words.to_ascii_lowercase();
    let says = |any: &[&str]| any.iter().any(|word| lower.contains(word));
    if let Some(steps) = inside(&says) {
        let config = tls::configured(authority, Quality::Good, &[]);
        return Ok((Behaviour::Handshake(config), [vec![Step::ReadRequest], steps].concat()));
    }
    if let Some(steps) = instead(&says) {
        return Ok((Behaviour::Before(steps), Vec::new()));
    }
    match tls::parse(words, authority)? {
        Some(Tls::Handshake(config)) => {
            let steps = vec![Step::ReadRequest, Step::Send(WHOLE.to_vec()), Step::Close];
            Ok((Behaviour::Handshake(config), steps))
        }
        Some(Tls::Bytes(bytes)) => {
            Ok((Behaviour::Before(vec![Step::Read(5), Step::Send(bytes.to_vec()), Step::Close]), Vec::new()))
        }
        None => Err(Unrun::words("tls", words)),
    }
}

/// What comes after a handshake that is well.
fn inside(says: &dyn Fn(&[&str]) -> bool) -> Option<Vec<Step>> {
    let in_the_body = says(&["mid-body", "inside the body", "in the body", "truncat", "mid-answer"]);
    let begun = || Step::Send(WHOLE[..WHOLE.len() - 1].to_vec());
    // `Close` ends the connection without the alert that a proper end has.
    if says(&["close_notify", "close notify"]) {
        let said = if says(&["chunk"]) {
            CHUNKED
        } else if in_the_body {
            &WHOLE[..WHOLE.len() - 1]
        } else if says(&["close-delimited", "no length", "without length", "without a length"]) {
            OPEN_ENDED
        } else {
            WHOLE
        };
        return Some(vec![Step::Send(said.to_vec()), Step::Close]);
    }
    if !in_the_body && !says(&["after the request", "after the handshake", "after handshake"]) {
        return None;
    }
    let before = if in_the_body { vec![begun()] } else { Vec::new() };
    let then = if says(&["rst", "reset"]) {
        vec![Step::Reset]
    } else if says(&["alert"]) {
        vec![Step::SendClear(ALERT.to_vec()), Step::Close]
    } else if says(&["mac", "record", "garbage", "plain"]) {
        vec![Step::SendClear(BAD_RECORD.to_vec()), Step::Close]
    } else if says(&["silen", "stall", "hang", "never"]) {
        vec![Step::Hang]
    } else if says(&["close", "fin", "eof"]) {
        vec![Step::Close]
    } else {
        return None;
    };
    Some([before, then].concat())
}

/// What comes in the place of a handshake.
fn instead(says: &dyn Fn(&[&str]) -> bool) -> Option<Vec<Step>> {
    let record = || [&[0x16, 3, 3, 0x40, 0, 22, 0, 0x3f, 0xfc][..], &[0; (16 << 10) - 4]].concat();
    let heard = |steps: Vec<Step>| Some([vec![Step::Read(5)], steps].concat());
    let hello = || Step::Send(SERVER_HELLO.to_vec());
    if says(&["drip", "byte/s", "byte a second", "slow"]) {
        let handshake = [&[0x16, 3, 3, 0x10, 0][..], &[2; 60]].concat();
        return Some(vec![Step::Drip(handshake, Duration::from_secs(1))]);
    }
    if says(&["silen", "never", "stall", "hang", "timeout"]) {
        return if says(&["after serverhello", "after the serverhello", "serverhello then"]) {
            heard(vec![hello(), Step::Hang])
        } else {
            Some(vec![Step::Hang])
        };
    }
    if says(&["rst", "reset"]) {
        return heard(vec![Step::Reset]);
    }
    if says(&["alert", "handshake_failure", "handshake failure", "protocol_version", "unrecognized_name"]) {
        return heard(vec![Step::Send(ALERT.to_vec()), Step::Close]);
    }
    if says(&["for ever", "forever", "endless", "flood"]) {
        return heard(vec![Step::Forever(record())]);
    }
    if says(&[" mb", " mib", "large", "huge", "oversize"]) {
        // A Certificate message of 16 MB, as far as anybody reads it.
        let begun = [&[0x16, 3, 3, 0x40, 0, 11, 0xff, 0xff, 0xff][..], &[0; (16 << 10) - 4]].concat();
        let rest = [&[0x16, 3, 3, 0x40, 0][..], &[0; 16 << 10]].concat().repeat(64);
        return heard(vec![hello(), Step::Send(begun), Step::Send(rest), Step::Close]);
    }
    if says(&["close", "fin ", "eof"]) {
        return heard(vec![Step::Close]);
    }
    if says(&["garbage", "plain", "no tls", "not tls", "wrong version record", "random bytes"]) {
        return heard(vec![Step::Send(WHOLE.to_vec()), Step::Close]);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_handshakes_are_understood() {
        let authority = Arc::new(Authority::new("an authority").unwrap());
        for words in [
            "accept then silence",
            "never answers ClientHello",
            "ServerHello then silence",
            "handshake_failure",
            "fatal alert",
            "fatal alert mid-body",
            "certificate of 1 MB",
            "endless handshake records",
            "plain HTTP on the TLS port",
            "expired certificate",
            "self-signed",
            "wrong host",
            "TLS 1.1 only server",
            "RST after ClientHello",
            "close during handshake",
            "drip handshake 1 byte/s",
            "bad record MAC mid-body",
        ] {
            assert!(parse(words, &authority).is_ok(), "{words}");
        }
        assert!(parse("sings", &authority).is_err());
    }
}
