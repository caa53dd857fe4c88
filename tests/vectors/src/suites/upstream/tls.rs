//! What an upstream does while, or instead of, shaking hands: the vectors' words, and what they mean.

use std::sync::Arc;
use std::time::Duration;

use super::super::script::{Behaviour, Step};
use crate::verdict::Unrun;
use crate::world::{Authority, Quality, tls};

/// A fatal alert: `handshake_failure`.
const ALERT: &[u8] = &[0x15, 3, 3, 0, 2, 2, 40];
const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
const OPEN_ENDED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}";

/// Reads what a vector says of its server's TLS: what is under the script, and what the script does.
pub(super) fn parse(words: &str, authority: &Arc<Authority>) -> Result<(Behaviour, Vec<Step>), Unrun> {
    let instead = |steps| Ok((Behaviour::Before(steps), Vec::new()));
    let inside = |bytes: &[u8]| {
        let config = tls::configured(authority, Quality::Good, &[]);
        // `Close` ends the connection without the alert that a proper end has.
        Ok((Behaviour::Handshake(config), vec![Step::ReadRequest, Step::Send(bytes.to_vec()), Step::Close]))
    };
    match words {
        "drip handshake 1 byte/s" => {
            instead(vec![Step::Drip([&[0x16, 3, 3, 0x10, 0][..], &[2; 60]].concat(), Duration::from_secs(1))])
        }
        "accept then silence" | "silence" | "never answers the ClientHello" | "stall in handshake" => {
            instead(vec![Step::Hang])
        }
        "close after ClientHello" | "close during handshake" => instead(vec![Step::Read(5), Step::Close]),
        "RST after ClientHello" | "RST during handshake" | "rst during handshake" => {
            instead(vec![Step::Read(5), Step::Reset])
        }
        "alert handshake_failure" | "handshake_failure alert" => {
            instead(vec![Step::Read(5), Step::Send(ALERT.to_vec()), Step::Close])
        }
        "garbage" | "garbage instead of ServerHello" | "plain HTTP answer" => {
            instead(vec![Step::Read(5), Step::Send(WHOLE.to_vec()), Step::Close])
        }
        "close without close_notify after full Content-Length body" => inside(WHOLE),
        "close without close_notify in a close-delimited body"
        | "close without close_notify after close-delimited body" => inside(OPEN_ENDED),
        "close without close_notify inside the body" | "close without close_notify mid-body" => {
            inside(&WHOLE[..WHOLE.len() - 1])
        }
        _ => Err(Unrun::words("tls", words)),
    }
}
