//! Answers: what passes, what is cut off, and what never counts as an answer.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use http::Method;
use tokio::time::Instant;

use super::super::error::Phase;
use super::super::{Fetched, OutboundError, OutboundLimits, Outgoing, Trust, UpstreamFault};
use super::script::{Script, Then, answer, ok};
use super::{ANYTHING, call, dev, dev_door, door, hasty, outcome, target};

/// Calls a server that says this, byte for byte.
async fn said(bytes: impl Into<Vec<u8>>, then: Then) -> Result<(u16, String), OutboundError> {
    let server = Script::says(bytes, then).await;
    outcome(&dev_door(), call(&server.url("/"))).await
}

fn failed<T>(fault: UpstreamFault) -> Result<T, OutboundError> {
    Err(OutboundError::Upstream(fault))
}

fn pass(body: &str) -> Result<(u16, String), OutboundError> {
    Ok((200, body.to_owned()))
}

#[tokio::test]
async fn a_call_is_sent_as_it_was_meant() {
    let server = Script::says(ok("{}"), Then::Close).await;
    outcome(&dev_door(), call(&server.url("/a/b?c=d"))).await.unwrap();
    let request = &server.requests()[0];
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /a/b?c=d HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: {}", server.address);
    let agent = concat!("user-agent: lobe-gateway/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        lines,
        [
            "accept-encoding: gzip, br, deflate, zstd",
            "accept: */*",
            "content-length: 7",
            "content-type: application/json",
            &host,
            agent,
            "x-lobe-plugin-settings: {\"KEY\":\"marked\"}",
        ]
    );
    assert_eq!(body, "{\"a\":1}");
}

#[tokio::test]
async fn a_request_that_could_have_a_body_says_that_it_has_none() {
    for (method, expected) in [(Method::POST, true), (Method::PUT, true), (Method::GET, false)] {
        let server = Script::says(ok("{}"), Then::Close).await;
        let request = Outgoing { method: method.clone(), body: Bytes::new(), ..call(&server.url("/")) };
        outcome(&dev_door(), request).await.unwrap();
        assert_eq!(server.requests()[0].contains("content-length: 0\r\n"), expected, "{method}");
    }
}

#[tokio::test]
async fn statuses_pass_as_they_are() {
    for status in [200, 201, 204, 205, 299, 400, 401, 404, 418, 422, 490, 500, 503, 520, 599] {
        let body = if status == 204 { "" } else { "said" };
        let found = said(answer(&format!("{status} X"), "", body.as_bytes()), Then::Close).await;
        assert_eq!(found, Ok((status, body.to_owned())));
    }
    for status in ["600", "999"] {
        assert_eq!(
            said(answer(&format!("{status} X"), "", b"said"), Then::Close).await,
            failed(UpstreamFault::Status)
        );
    }
    assert_eq!(
        said("HTTP/1.1 101 X\r\nupgrade: a\r\nconnection: upgrade\r\n\r\n", Then::Hang).await,
        failed(UpstreamFault::Status)
    );
}

#[tokio::test]
async fn a_head_that_is_not_http_is_malformed() {
    for head in [
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx-a: a\0b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx-a: b\r\n folded\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\u{16}\u{3}\u{1}\0\u{2}\u{1}\0",
        "220 mail ESMTP\r\n",
    ] {
        assert_eq!(said(head, Then::Close).await, failed(UpstreamFault::Malformed), "{head:?}");
    }
    assert_eq!(said("", Then::Close).await, failed(UpstreamFault::Closed));
    assert_eq!(said("", Then::Reset).await, failed(UpstreamFault::Closed));
}

#[tokio::test]
async fn a_head_has_bounds() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-a: b\r\n".repeat(101));
    let large = format!("HTTP/1.1 200 OK\r\nx-a: {}\r\n\r\n", "b".repeat(70_000));
    assert_eq!(said(many, Then::Close).await, failed(UpstreamFault::Malformed));
    assert_eq!(said(large, Then::Hang).await, failed(UpstreamFault::Malformed));
    let enough = format!("HTTP/1.1 200 OK\r\nx-a: {}\r\n{}\r\n", "b".repeat(50_000), "x-a: b\r\n".repeat(90));
    assert_eq!(said(enough, Then::Close).await, pass(""));
}

#[tokio::test]
async fn interim_answers_are_counted() {
    let interim = |times| {
        format!("{}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{{}}", "HTTP/1.1 103 X\r\n\r\n".repeat(times))
    };
    assert_eq!(said(interim(16), Then::Close).await, pass("{}"));
    assert_eq!(said(interim(17), Then::Close).await, failed(UpstreamFault::Interim));
    assert_eq!(said(interim(20_000), Then::Hang).await, failed(UpstreamFault::Interim));
}

#[tokio::test]
async fn a_body_ends_where_its_head_says() {
    for (head, body) in [
        ("content-length: 2\r\n", "{}"),
        ("transfer-encoding: chunked\r\n", "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: Chunked\r\n", "2\r\n{}\r\n0\r\nx-t: y\r\n\r\n"),
        ("", "{}"),
    ] {
        assert_eq!(
            said(format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}"), Then::Close).await,
            pass("{}"),
            "{head}"
        );
    }
    assert_eq!(said("HTTP/1.0 200 OK\r\n\r\n{}", Then::Close).await, pass("{}"));
    for (head, body, then) in [
        ("content-length: 100\r\n", "{}", Then::Close),
        ("transfer-encoding: chunked\r\n", "5\r\n{\"a\"", Then::Close),
        ("transfer-encoding: chunked\r\n", "2\r\n{}\r\n", Then::Close),
        ("transfer-encoding: chunked\r\n", "zz\r\n{}\r\n", Then::Close),
    ] {
        let found = said(format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}"), then).await;
        assert_eq!(found, failed(UpstreamFault::Truncated), "{head}{body}");
    }
    for head in ["content-length: 100\r\n", ""] {
        let found = said(format!("HTTP/1.1 200 OK\r\n{head}\r\n{{}}"), Then::Reset).await;
        // A reset can overtake what was sent before it.
        let is_lost = [failed(UpstreamFault::Truncated), failed(UpstreamFault::Closed)].contains(&found);
        assert!(is_lost, "{found:?}");
    }
    let trailers = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n{}\r\n",
        "x-t: y\r\n".repeat(200_000)
    );
    assert_eq!(said(trailers, Then::Close).await, failed(UpstreamFault::Truncated));
}

#[tokio::test]
async fn a_head_that_says_two_things_about_the_end_is_not_believed() {
    for head in [
        "content-length: 2\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
        "content-length: 2\r\ncontent-length: 3\r\n",
        "content-length: -2\r\n",
    ] {
        let found = said(format!("HTTP/1.1 200 OK\r\n{head}\r\n2\r\n{{}}\r\n0\r\n\r\n"), Then::Close).await;
        let is_refused =
            matches!(found, Err(OutboundError::Upstream(UpstreamFault::Framing | UpstreamFault::Malformed)));
        assert!(is_refused, "{head:?}: {found:?}");
    }
}

/// The next caller must not read what was smuggled in behind the answer.
#[tokio::test]
async fn what_comes_behind_an_answer_ends_the_connection() {
    let poisoned = [ok("{}"), ok("POISON")].concat();
    let server = Script::says(poisoned, Then::Again).await;
    let door = dev_door();
    for _ in 0..8 {
        let found = outcome(&door, call(&server.url("/"))).await;
        assert_eq!(found, pass("{}"));
    }
    assert_eq!(server.connections(), 8);
}

#[tokio::test]
async fn connections_are_kept_and_never_shared_between_trusts() {
    let server = Script::says(ok("{}"), Then::Again).await;
    let door = dev_door();
    for _ in 0..3 {
        outcome(&door, call(&server.url("/"))).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
    outcome(&door, Outgoing { trust: Trust::Operator, ..call(&server.url("/")) }).await.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_post_whose_answer_is_lost_is_not_repeated() {
    let server = Script::says("", Then::Reset).await;
    assert_eq!(outcome(&dev_door(), call(&server.url("/"))).await, failed(UpstreamFault::Closed));
    assert_eq!(server.requests().len(), 1);
}

/// Calls a server that says this and no more.
async fn held_up(bytes: &str, limits: OutboundLimits, within: Option<Duration>) -> OutboundError {
    let server = Script::says(bytes, Then::Hang).await;
    let deadline = within.map(|within| Instant::now() + within);
    let request = Outgoing { deadline, ..call(&server.url("/")) };
    outcome(&door(dev(), limits, &[]), request).await.unwrap_err()
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for() {
    let begun = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{";
    let soon = Duration::from_millis(150);
    let idle = || OutboundLimits { body_idle: soon, ..OutboundLimits::default() };
    for nothing in ["", "HTTP/1.1 200 OK\r\n"] {
        assert_eq!(held_up(nothing, hasty(), None).await, OutboundError::TimedOut(Phase::Head));
    }
    assert_eq!(held_up(begun, idle(), None).await, OutboundError::TimedOut(Phase::Idle));
    for said in ["", begun] {
        let late = held_up(said, OutboundLimits::default(), Some(soon)).await;
        assert_eq!(late, OutboundError::TimedOut(Phase::Total), "{said}");
    }
}

/// Small bounds, so that the bodies that break them are small.
fn narrow() -> OutboundLimits {
    OutboundLimits { answer: 1000, error_answer: 100, document: 500, ..OutboundLimits::default() }
}

async fn bounded(bytes: Vec<u8>) -> Result<(u16, String), OutboundError> {
    let server = Script::says(bytes, Then::Close).await;
    outcome(&door(dev(), narrow(), &[]), call(&server.url("/"))).await
}

#[tokio::test]
async fn a_body_has_bounds() {
    let text = |length| "a".repeat(length);
    let chunked = |length| {
        format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{}\r\n0\r\n\r\n",
            text(length)
        )
    };
    assert_eq!(bounded(ok(&text(1000))).await, pass(&text(1000)));
    assert_eq!(bounded(chunked(1000).into_bytes()).await, pass(&text(1000)));
    for too_large in [ok(&text(1001)), chunked(1001).into_bytes(), answer("404 X", "", text(101).as_bytes())]
    {
        assert_eq!(bounded(too_large).await, failed(UpstreamFault::TooLarge));
    }
    assert_eq!(bounded(answer("404 X", "", text(100).as_bytes())).await, Ok((404, text(100))));

    let server = Script::says(ok(&text(501)), Then::Close).await;
    let fetched =
        door(dev(), narrow(), &[]).fetch(&target(&server.url("/")), Trust::Caller, &ANYTHING, None).await;
    assert_eq!(fetched.err(), Some(OutboundError::Upstream(UpstreamFault::TooLarge)));
}

#[tokio::test]
async fn whoever_reads_a_whole_body_may_want_less() {
    let server = Script::says(ok("12345"), Then::Close).await;
    let read =
        |limit| async move { dev_door().send(call(&server.url("/"))).await.unwrap().whole(limit).await };
    assert_eq!(read(4).await, failed(UpstreamFault::TooLarge));
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn coded(coding: &str, body: &[u8]) -> Vec<u8> {
    answer("200 OK", &format!("content-encoding: {coding}\r\n"), body)
}

#[tokio::test]
async fn one_coding_is_undone() {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(b"hello").unwrap();
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
    bare.write_all(b"hello").unwrap();
    let two_members = [gzip(b"hel"), gzip(b"lo")].concat();
    for (coding, body) in [
        ("gzip", gzip(b"hello")),
        ("x-gzip", two_members),
        ("GZIP", gzip(b"hello")),
        ("deflate", zlib.finish().unwrap()),
        ("deflate", bare.finish().unwrap()),
        ("br", b"\x0b\x02\x80hello\x03".to_vec()),
        ("zstd", zstd::encode_all(&b"hello"[..], 3).unwrap()),
        ("identity", b"hello".to_vec()),
        ("identity, gzip", gzip(b"hello")),
    ] {
        assert_eq!(said(coded(coding, &body), Then::Close).await, pass("hello"), "{coding}");
    }
    assert_eq!(said(coded("gzip", b""), Then::Close).await, pass(""));
}

#[tokio::test]
async fn what_is_not_that_coding_is_no_body() {
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 3].to_vec();
    let zstd = zstd::encode_all(&b"hello hello hello"[..], 3).unwrap();
    for (coding, body) in [
        ("gzip", b"{}".to_vec()),
        ("gzip", cut(gzip(b"hello"))),
        ("br", b"\x0b\x02\x80he".to_vec()),
        ("br", b"\xff\xff\xff\xff".to_vec()),
        ("deflate", b"\x78\x9c\x01".to_vec()),
        ("zstd", cut(zstd)),
        ("zstd", b"{}".to_vec()),
        ("gzip, gzip", gzip(&gzip(b"hello"))),
        ("gzip, br", gzip(b"hello")),
        ("compress", b"hello".to_vec()),
    ] {
        assert_eq!(
            said(coded(coding, &body), Then::Close).await,
            failed(UpstreamFault::Encoding),
            "{coding} {body:?}"
        );
    }
}

/// Sixteen megabytes of one letter in twenty kilobytes, or less.
#[tokio::test]
async fn a_bomb_goes_off_at_the_limit() {
    let letters = vec![b'a'; 16 << 20];
    for (coding, body) in [("gzip", gzip(&letters)), ("zstd", zstd::encode_all(&letters[..], 1).unwrap())] {
        assert!(body.len() < 20_000);
        assert_eq!(
            said(coded(coding, &body), Then::Close).await,
            failed(UpstreamFault::TooLarge),
            "{coding}"
        );
    }
    // A frame that wants a window of 128 MiB is not given one.
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(&letters).unwrap();
    let found = said(coded("zstd", &encoder.finish().unwrap()), Then::Close).await;
    assert_eq!(found, failed(UpstreamFault::Encoding));
}

#[tokio::test]
async fn a_busy_host_takes_no_more_calls() {
    let server = Script::says("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", Then::Hang).await;
    let other = Script::says(ok("{}"), Then::Close).await;
    let door = door(dev(), OutboundLimits { per_host: 2, ..OutboundLimits::default() }, &[]);
    let first = door.send(call(&server.url("/"))).await.unwrap();
    let _second = door.send(call(&server.url("/"))).await.unwrap();
    assert_eq!(door.send(call(&server.url("/"))).await.err(), Some(OutboundError::Busy));
    assert_eq!(outcome(&door, call(&other.url("/"))).await, pass("{}"));
    drop(first);
    assert!(door.send(call(&server.url("/"))).await.is_ok());
}

#[tokio::test]
async fn a_document_of_any_status_is_handed_over() {
    let server = Script::says(answer("404 X", "", b"no"), Then::Close).await;
    let fetched = dev_door().fetch(&target(&server.url("/")), Trust::Caller, &ANYTHING, None).await.unwrap();
    assert!(matches!(fetched, Fetched::New { status, .. } if status == 404));
    assert!(!server.requests()[0].contains("content-length"));
}
