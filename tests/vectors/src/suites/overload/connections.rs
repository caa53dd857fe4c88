//! Connections that are slow, silent or many: from as many addresses as there are, because all are local.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Measures;
use crate::gateway::Gateway;
use crate::wire;

/// How long a connection is watched.
const PATIENCE: Duration = Duration::from_secs(45);
/// How far apart connections are opened.
const APART: Duration = Duration::from_micros(400);
/// What is sent before one waits: nothing of a head that is dripped.
pub(super) const HEAD: &str = "POST /api/gateway HTTP/1.1\r\nHost: gateway.test\r\nX-Slow: ";
/// A whole head, of which the body is dripped.
pub(super) const BODY: &str =
    "POST /api/gateway HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 100000\r\n\r\n";

/// Connections that never say a word.
pub(super) async fn silent(gateway: &Arc<Gateway>, count: usize, measures: &mut Measures) {
    let watched = watch(gateway, count, "", PATIENCE).await;
    measures.set("closed_within_s", longest(&watched));
}

/// Connections that say one byte now and then: `{"connections": 5000, "one_byte_every_s": 10}`.
pub(super) async fn dripping(
    gateway: &Arc<Gateway>,
    load: &Value,
    first: &'static str,
    measures: &mut Measures,
) {
    let count =
        load["connections"].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
    let every = Duration::from_secs(load["one_byte_every_s"].as_u64().unwrap_or(5));
    let watched = watch(gateway, count, first, every).await;
    measures.set("closed_within_s", longest(&watched));
    // One that was answered something else is the one to tell of.
    let status = watched.iter().map(|end| end.status).find(|status| *status != 408).unwrap_or(408);
    measures.set("status", f64::from(status));
}

/// Many connections from one address: those above the limit are closed at once.
pub(super) async fn from_one_address(
    gateway: &Arc<Gateway>,
    count: usize,
    limit: usize,
    measures: &mut Measures,
) {
    let from = Ipv4Addr::new(10, 99, 0, 1);
    let mut streams = Vec::new();
    for _ in 0..count {
        streams.extend(wire::connect_from(from, gateway.address).await);
    }
    let mut open = 0;
    for stream in &mut streams {
        let mut byte = [0];
        let read = tokio::time::timeout(Duration::from_millis(2), stream.read(&mut byte)).await;
        open += usize::from(read.is_err());
    }
    measures.set("rest_closed_at_once", f64::from(u8::from(open <= limit && open > 0)));
}

/// One request.
pub(super) async fn one(gateway: &Arc<Gateway>, request: &[u8], measures: &mut Measures) {
    let answer = wire::exchange(gateway.address, request, Duration::from_secs(5)).await;
    measures.set("status", f64::from(answer.status));
}

/// A request for a long target.
pub(super) fn long_target(bytes: usize) -> Vec<u8> {
    wire::request(&format!("GET /{}", "a".repeat(bytes)), &[], b"")
}

/// A request with a long header.
pub(super) fn long_header(bytes: usize) -> Vec<u8> {
    wire::request("GET /", &[("X-Long".to_owned(), vec![b'a'; bytes])], b"")
}

/// A request with many headers.
pub(super) fn many_headers(count: usize) -> Vec<u8> {
    let headers: Vec<_> = (0..count).map(|number| (format!("X-{number}"), b"a".to_vec())).collect();
    wire::request("GET /", &headers, b"")
}

/// How a connection ended.
#[derive(Clone, Copy, Debug)]
struct End {
    after: Duration,
    status: u16,
}

async fn watch(gateway: &Arc<Gateway>, count: usize, first: &'static str, every: Duration) -> Vec<End> {
    let address = gateway.address;
    let tasks: Vec<_> =
        (0..count).map(|number| tokio::spawn(until_closed(number, address, first, every))).collect();
    let mut ends = Vec::new();
    for task in tasks {
        ends.extend(task.await.ok().flatten());
    }
    ends
}

async fn until_closed(
    number: usize,
    address: SocketAddr,
    first: &'static str,
    every: Duration,
) -> Option<End> {
    // One after the other: a burst would keep the runner itself, and so the healthy call, from its work.
    tokio::time::sleep(APART * u32::try_from(number).ok()?).await;
    let mut stream = wire::connect_as(number, address).await.ok()?;
    let begun = Instant::now();
    stream.write_all(first.as_bytes()).await.ok()?;
    let mut said = Vec::new();
    while begun.elapsed() < PATIENCE {
        let mut buffer = [0; 256];
        match tokio::time::timeout(every, stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => break,
            Ok(Ok(length)) => said.extend_from_slice(&buffer[..length]),
            // A write to a closed connection fails; the next read tells of it.
            Err(_) => drop(stream.write_all(b"a").await),
        }
    }
    let status =
        std::str::from_utf8(said.get(9..12).unwrap_or_default()).ok().and_then(|status| status.parse().ok());
    Some(End { after: begun.elapsed(), status: status.unwrap_or(0) })
}

fn longest(ends: &[End]) -> f64 {
    // None at all would be a runner that did nothing.
    ends.iter().map(|end| end.after).max().unwrap_or(Duration::MAX).as_secs_f64()
}
