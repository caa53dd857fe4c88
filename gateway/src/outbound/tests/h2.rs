//! HTTP/2, frame by frame: what a server may say, and what is repeated when it says that it has not begun.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use super::super::error::Phase;
use super::super::{OutboundError, OutboundLimits, UpstreamFault};
use super::secure::{Authority, here, listen};
use super::{call, hasty, outcome, trusting};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Answers a stream: `0x88` is `:status: 200` in HPACK's table.
fn ok(stream: u32) -> Vec<u8> {
    [frame(HEADERS, END_HEADERS, stream, &[0x88]), frame(DATA, END_STREAM, stream, b"{}")].concat()
}

fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

fn go_away(last: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

/// What a server says to a request: by its stream, and how many requests it had before on any connection.
type Say = fn(stream: u32, before: usize) -> Vec<u8>;

/// Calls a server that says this, and returns the answer and how many requests it had.
async fn said(say: Say) -> (Result<(u16, String), OutboundError>, usize) {
    said_within(OutboundLimits::default(), &[], say).await
}

async fn said_within(
    limits: OutboundLimits,
    settings: &'static [u8],
    say: Say,
) -> (Result<(u16, String), OutboundError>, usize) {
    let (authority, names) = (Authority::new(), here().await);
    let door = trusting(authority.roots(), limits, &[names.address]);
    let config = authority.server("plugin.vec.test", &["h2", "http/1.1"]);
    let requests = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&requests);
    let port = listen(config, move |mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            let mut preface = [0; 24];
            stream.read_exact(&mut preface).await.ok()?;
            stream.write_all(&frame(SETTINGS, 0, 0, settings)).await.ok()?;
            while let Some((kind, flags, id)) = read_frame(&mut stream).await {
                let answer = match kind {
                    HEADERS => {
                        let mut requests = counter.lock().unwrap();
                        *requests += 1;
                        say(id, *requests - 1)
                    }
                    SETTINGS if flags != ACK => frame(SETTINGS, ACK, 0, &[]),
                    _ => continue,
                };
                stream.write_all(&answer).await.ok()?;
                stream.flush().await.ok()?;
            }
            Some(())
        }
    })
    .await;
    let found = outcome(&door, call(&format!("https://plugin.vec.test:{port}/"))).await;
    let requests = *requests.lock().unwrap();
    (found, requests)
}

async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Option<(u8, u8, u32)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).await.ok()?;
    Some((head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]])))
}

fn pass() -> Result<(u16, String), OutboundError> {
    Ok((200, "{}".to_owned()))
}

fn failed(fault: UpstreamFault) -> Result<(u16, String), OutboundError> {
    Err(OutboundError::Upstream(fault))
}

#[tokio::test]
async fn http2_is_spoken_where_the_server_speaks_it() {
    assert_eq!(said(|stream, _| ok(stream)).await, (pass(), 1));
}

#[tokio::test]
async fn what_was_not_processed_is_sent_once_more() {
    let refused: Say = |stream, before| if before == 0 { reset(stream, 7) } else { ok(stream) };
    assert_eq!(said(refused).await, (pass(), 2));
    let going: Say = |stream, before| if before == 0 { go_away(0, 0) } else { ok(stream) };
    assert_eq!(said(going).await, (pass(), 2));
    assert_eq!(said(|stream, _| reset(stream, 7)).await, (failed(UpstreamFault::Closed), 2));
}

#[tokio::test]
async fn what_may_have_been_processed_is_not() {
    let internal: Say = |stream, _| reset(stream, 2);
    assert_eq!(said(internal).await, (failed(UpstreamFault::Closed), 1));
    let calm: Say = |stream, _| [go_away(stream, 11), reset(stream, 11)].concat();
    assert_eq!(said(calm).await, (failed(UpstreamFault::Closed), 1));
}

#[tokio::test]
async fn a_stream_that_is_reset_has_no_end() {
    let cut: Say = |stream, _| {
        let begun = [frame(HEADERS, END_HEADERS, stream, &[0x88]), frame(DATA, 0, stream, b"{")].concat();
        [begun, reset(stream, 8)].concat()
    };
    assert_eq!(said(cut).await, (failed(UpstreamFault::Truncated), 1));
}

#[tokio::test]
async fn a_server_that_breaks_the_rules_is_left() {
    for broken in [
        (|stream, _| frame(PUSH_PROMISE, END_HEADERS, stream, &[0, 0, 0, 2, 0x88])) as Say,
        |stream, _| {
            let most = 0x7fff_ffff_u32.to_be_bytes();
            [frame(WINDOW_UPDATE, 0, 0, &most), frame(WINDOW_UPDATE, 0, stream, &most)].concat()
        },
        |_, _| frame(DATA, 0, 0, b"no stream"),
        // A header of 70,000 bytes, over frames of the size that is allowed.
        |stream, _| {
            let mut fragment = vec![0x88];
            for _ in 0..10 {
                fragment.extend_from_slice(&[0x00, 0x01, b'a', 0x7f, 0xd9, 0x35]);
                fragment.extend_from_slice(&[b'b'; 7000]);
            }
            let (first, rest) = fragment.split_at(16_000);
            let mut frames = frame(HEADERS, 0, stream, first);
            let pieces: Vec<_> = rest.chunks(16_000).collect();
            for (index, piece) in pieces.iter().enumerate() {
                let flags = if index + 1 == pieces.len() { END_HEADERS } else { 0 };
                frames.extend(frame(9, flags, stream, piece));
            }
            frames
        },
    ] {
        let (found, requests) = said(broken).await;
        assert!(matches!(found, Err(OutboundError::Upstream(_))), "{found:?}");
        assert_eq!(requests, 1);
    }
}

/// Frames of a kind that nobody knows are stepped over (RFC 9113, 4.1), but not without end.
#[tokio::test]
async fn frames_without_end_and_without_an_answer_end_the_connection() {
    let flood: Say = |_, _| frame(0x42, 0, 0, &[0; 16 << 10]).repeat(160);
    assert_eq!(said(flood).await, (failed(UpstreamFault::Closed), 1));
    let less: Say = |stream, _| [frame(0x42, 0, 0, &[0; 16 << 10]).repeat(100), ok(stream)].concat();
    assert_eq!(said(less).await, (pass(), 1));
}

/// `SETTINGS_MAX_CONCURRENT_STREAMS` of none: nothing can be asked.
#[tokio::test]
async fn a_server_that_takes_no_streams_is_not_waited_for() {
    let (found, _) = said_within(hasty(), &[0, 3, 0, 0, 0, 0], |_, _| reset(1, 7)).await;
    let is_given_up = matches!(found, Err(OutboundError::TimedOut(Phase::Head) | OutboundError::Upstream(_)));
    assert!(is_given_up, "{found:?}");
}

/// How a field of a block of headers is represented (RFC 7541, section 6), and by which name of the table; 0 for one that is
/// written out.
#[derive(Debug, PartialEq)]
enum Field {
    Indexed,
    Remembered(usize),
    Written(usize),
    NeverIndexed(usize),
}

/// Reads how the fields of a block are represented.
fn fields(block: &[u8]) -> Vec<Field> {
    let (mut at, mut found) = (0, Vec::new());
    while let Some(first) = block.get(at).copied() {
        let (bits, field): (u32, fn(usize) -> Field) = match first {
            0x80.. => (7, |_| Field::Indexed),
            0x40.. => (6, Field::Remembered),
            0x20.. => (5, |_| Field::Indexed),
            0x10.. => (4, Field::NeverIndexed),
            _ => (4, Field::Written),
        };
        let index = number(block, &mut at, bits);
        if first < 0x80 && !(0x20..0x40).contains(&first) {
            for _ in 0..if index == 0 { 2 } else { 1 } {
                let length = number(block, &mut at, 7);
                at += length;
            }
        }
        found.push(field(index));
    }
    found
}

/// Reads a number whose first byte has it in its last bits (RFC 7541, section 5.1).
fn number(block: &[u8], at: &mut usize, bits: u32) -> usize {
    let most = (1 << bits) - 1;
    let mut number = usize::from(block[*at]) & most;
    *at += 1;
    if number < most {
        return number;
    }
    for shift in (0..).step_by(7) {
        let byte = usize::from(block[*at]);
        *at += 1;
        number += (byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    number
}

#[tokio::test]
async fn what_may_be_secret_is_never_indexed() {
    /// Where `authorization` stands in the table that both sides begin with (RFC 7541, appendix A).
    const AUTHORIZATION: usize = 23;
    let (authority, names) = (Authority::new(), here().await);
    let door = trusting(authority.roots(), OutboundLimits::default(), &[names.address]);
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let port = listen(authority.server("plugin.vec.test", &["h2"]), move |mut stream| {
        let tell = tell.clone();
        async move {
            stream.read_exact(&mut [0; 24]).await.ok()?;
            stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.ok()?;
            loop {
                let mut head = [0; 9];
                stream.read_exact(&mut head).await.ok()?;
                let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
                stream.read_exact(&mut payload).await.ok()?;
                let stream_id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
                if head[3] == HEADERS {
                    tell.send(payload).ok()?;
                    stream.write_all(&ok(stream_id)).await.ok()?;
                    stream.flush().await.ok()?;
                }
            }
        }
    })
    .await;
    let mut request = call(&format!("https://plugin.vec.test:{port}/"));
    for name in ["x-lobe-plugin-settings", "authorization"] {
        request.headers.insert(name, http::HeaderValue::from_static("USER-SECRET"));
    }
    outcome(&door, request).await.unwrap();
    let fields = fields(&told.recv().await.unwrap());
    assert!(fields.contains(&Field::NeverIndexed(AUTHORIZATION)), "{fields:?}");
    // The settings' name is the only one that is in no table.
    assert!(fields.contains(&Field::NeverIndexed(0)), "{fields:?}");
    assert!(!fields.contains(&Field::Remembered(0)) && !fields.contains(&Field::Written(0)), "{fields:?}");
}
