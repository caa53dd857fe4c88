//! What the gateway does when a plugin's server misbehaves at any stage, and how long it puts up with it.

mod address;
pub(super) mod h2;
mod pool;
mod tls;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use regex_lite::Regex;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::script::{Behaviour, Script};
use crate::documents;
use crate::gateway::config::Needs;
use crate::gateway::{Gateway, process};
use crate::outcome::Expected;
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::Answer;
use crate::world::Scene;
use address::Address;

/// The time that the head of an answer has, U1.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// Longer than the gateway's own 30 seconds.
const PATIENCE: Duration = Duration::from_secs(36);
/// What a kernel holds for a reader that does not read, at most: the namespace's `tcp_rmem` and what is on its way.
const IN_BUFFERS: usize = 3 << 20;
/// When a caller leaves that a vector does not say it of.
const LEAVES_AFTER: Duration = Duration::from_millis(500);
/// How long a gateway may take to see that its caller has left.
const NOTICED_WITHIN: Duration = Duration::from_secs(2);
/// How long the next call may take.
const NEXT_CALL: Duration = Duration::from_millis(50);

/// Runs a vector.
pub(super) async fn run(stage: &mut Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let words = vector.expect()["outcome"].as_str().ok_or_else(|| Unrun::words("expect", vector.expect()))?;
    let outcome = Expected::parse(words).map_err(Unrun::NotUnderstood)?;
    stage.world.set(Scene::default(), &[]).await?;
    let address = Address::open(vector, &stage.world).await?;
    let gateway = stage.gateway(&Needs::plain(), "").await?;
    gateway.call_healthy().await;
    let process = gateway.id().unwrap_or_default();
    let descriptors = process::descriptors(process).unwrap_or_default();
    let memory = process::memory(process, "VmRSS").unwrap_or_default();
    process::forget_peak(process);
    let payload = payload(vector, &address.url)?;
    let mut answers = Vec::new();
    for _ in 0..calls(vector) {
        answers.push(match leaves(vector)? {
            Some(after) => leave(&gateway, &payload, after, &address).await?,
            None => gateway.call(&payload, PATIENCE).await,
        });
    }
    let judged = if is_pool(vector) { answers.len() - 1 } else { 0 };
    let growth = process::memory(process, "VmHWM").unwrap_or_default().saturating_sub(memory) >> 10;
    let mut faults = Faults::default();
    faults.firm.extend(outcome.objection(&answers[judged]));
    if leaves(vector)?.is_some() {
        let open = address.connections();
        faults.unless(open == 0, || format!("{open} connections to the server are still open"));
    }
    for (name, expected) in vector.expect().as_object().into_iter().flatten() {
        member(
            name,
            expected,
            &Came { answers: &answers, judged, script: &address.script, growth },
            &mut faults,
        )?;
    }
    always(vector, &answers[judged], &address.script, &mut faults);
    afterwards(&gateway, descriptors, &mut faults).await;
    if !faults.firm.is_empty() {
        stage.forget(&gateway);
    }
    Ok(faults)
}

/// Returns whether the first call only opens a connection, and it is the last one that is judged.
fn is_pool(vector: &Vector) -> bool {
    vector.group == "pool"
}

/// Returns how many calls a vector makes, one after the other.
fn calls(vector: &Vector) -> u64 {
    let usual = if is_pool(vector) { pool::CALLS } else { 1 };
    vector.member("request")["repeat"].as_u64().unwrap_or(usual).max(1)
}

/// Returns whether a member of a request says when the caller leaves.
fn is_leaving(name: &str) -> bool {
    ["client", "abort", "cancel", "disconnect", "leave", "hang_up"].iter().any(|word| name.contains(word))
}

/// Returns after how long the caller leaves: `{"client_closes_after_ms": 500}`, `{"client": "leaves after 1 s"}`.
fn leaves(vector: &Vector) -> Result<Option<Duration>, Unrun> {
    let request = vector.member("request").as_object();
    let Some(said) = request.into_iter().flatten().find(|(name, _)| is_leaving(name)).map(|(_, said)| said)
    else {
        return Ok((vector.expect()["outcome"] == "client_gone").then_some(LEAVES_AFTER));
    };
    let time = Regex::new(r"(\d+) ?(ms|s\b)?").expect("cannot fail because it is a constant");
    let text = said.to_string();
    let Some(found) = time.captures(&text) else { return Ok(Some(LEAVES_AFTER)) };
    let number: u64 = found[1].parse().map_err(|_| Unrun::words("request", said))?;
    let unit = if found.get(2).is_some_and(|unit| unit.as_str() == "s") { 1000 } else { 1 };
    Ok(Some(Duration::from_millis(number * unit)))
}

/// Calls, leaves, and waits until the gateway leaves, too.
async fn leave(
    gateway: &Gateway,
    payload: &Value,
    after: Duration,
    address: &Address,
) -> Result<Answer, Unrun> {
    let begun = Instant::now();
    let body = payload.to_string();
    let request = crate::wire::request(&format!("POST {}", crate::gateway::PATH), &[], body.as_bytes());
    let mut stream = crate::wire::connect(gateway.address).await?;
    stream.write_all(&request).await?;
    tokio::time::sleep(after).await;
    drop(stream);
    let left = Instant::now();
    while address.connections() > 0 && left.elapsed() < NOTICED_WITHIN {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(Answer { trouble: Some("left".to_owned()), elapsed: begun.elapsed(), ..Answer::default() })
}

/// What came of a vector.
struct Came<'a> {
    answers: &'a [Answer],
    /// Which of them is judged.
    judged: usize,
    script: &'a Script,
    /// In MiB.
    growth: u64,
}

fn payload(vector: &Vector, url: &str) -> Result<Value, Unrun> {
    let mut arguments = "{}".to_owned();
    for (name, value) in vector.member("request").as_object().into_iter().flatten() {
        match (name.as_str(), value.as_u64().and_then(|number| usize::try_from(number).ok())) {
            ("arguments_bytes", Some(bytes)) => arguments = json!({ "text": "a".repeat(bytes) }).to_string(),
            ("repeat", Some(_)) => {}
            _ if is_leaving(name) => {}
            _ => return Err(Unrun::words("request", name)),
        }
    }
    Ok(documents::call(&documents::manifest("x", url), &arguments))
}

fn member(name: &str, expected: &Value, result: &Came<'_>, faults: &mut Faults) -> Result<(), Unrun> {
    let number = || expected.as_u64().ok_or_else(|| Unrun::words(name, expected));
    let answer = &result.answers[result.judged];
    let body = |answer: &Answer| String::from_utf8_lossy(&answer.body).into_owned();
    match name {
        // The outcome is judged before; a limit of requests with its default, after.
        "outcome" | "requests_max" | "note" | "pool_reuse" => {}
        "max_ms" => {
            let most = Duration::from_millis(number()?);
            faults.unless_in_time(answer.elapsed <= most, || {
                format!("took {:?}, at most {most:?}", answer.elapsed)
            });
        }
        "status" => faults.unless(u64::from(answer.status) == number()?, || {
            format!("status {}, expected {expected}", answer.status)
        }),
        "body" => faults.unless(Some(body(answer).as_str()) == expected.as_str(), || {
            format!("body {:?}, expected {expected}", body(answer))
        }),
        "next_call_body" => {
            let next = result.answers.get(1).map(body);
            faults.unless(next.as_deref() == expected.as_str(), || {
                format!("the next call got {next:?}, expected {expected}")
            });
        }
        "body_echo" => {
            let echoed = result
                .script
                .texts()
                .iter()
                .any(|text| text.len() > 3 && contains(&answer.body, text.trim_ascii()));
            faults.unless(!echoed, || "the answer holds what the server wrote".to_owned());
        }
        "forwarded_headers" => {
            let allowed: Vec<&str> =
                expected.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for header in ["set-cookie", "x-internal", "server", "x-powered-by"] {
                let forwarded = answer.header(header).is_some() && !allowed.contains(&header);
                faults.unless(!forwarded, || format!("the header {header} was forwarded"));
            }
        }
        "bytes_read_max" => {
            let written = result.script.runs.written.load(Ordering::SeqCst);
            let most = usize::try_from(number()?).unwrap_or(usize::MAX).saturating_add(IN_BUFFERS);
            faults.unless(written <= most, || format!("{written} bytes were taken, at most {most}"));
        }
        "max_rss_growth_mb" => {
            let most = number()?;
            faults.unless_in_time(result.growth <= most, || {
                format!("grew by {} MiB, at most {most}", result.growth)
            });
        }
        "request_bytes_before_handshake" => {
            let early = result.script.runs.received.lock().is_ok_and(|received| !received.is_empty());
            let unspoken = matches!(result.script.tls, Some(Behaviour::Before(_)));
            faults.unless(!(early && unspoken), || "a request was sent before the handshake".to_owned());
        }
        // Judged for every caller that leaves.
        name if name.contains("clos") || name.contains("cancel") => {}
        _ => return Err(Unrun::words("expect", format!("{name}: {expected}"))),
    }
    Ok(())
}

/// What holds for every vector: the script ran, requests are not repeated, no time limit is shorter than it is said to
/// be, and the gateway's own errors hold nothing of the server's.
fn always(vector: &Vector, answer: &Answer, script: &Script, faults: &mut Faults) {
    let requests = script.runs.requests.load(Ordering::SeqCst);
    let most = vector.expect()["requests_max"].as_u64().unwrap_or_else(|| calls(vector));
    faults.unless(requests as u64 <= most, || format!("{requests} requests, at most {most}"));
    let listens = !script.steps.is_empty();
    faults.unless(!listens || requests > 0 || script.tls.is_some(), || "the script never ran".to_owned());
    let timed_out = vector.expect()["outcome"] == "gateway_timeout";
    let limit = vector.expect()["max_ms"].as_u64().unwrap_or_default();
    // The limits are 5, 10 and 30 seconds, and half a second or a whole one is allowed beside.
    let least = Duration::from_millis(limit.saturating_sub(1000) / 1000 * 1000)
        .min(Duration::from_millis(limit.saturating_sub(500)));
    // A server that is silent from the start is given up at the limit for heads, whatever may have made it silent.
    let least = least.min(HEAD_LIMIT).saturating_sub(Duration::from_millis(100));
    faults.unless(!timed_out || answer.elapsed >= least, || {
        format!("gave up after {:?}, before {least:?}", answer.elapsed)
    });
}

async fn afterwards(gateway: &Arc<Gateway>, descriptors: usize, faults: &mut Faults) {
    let mut next = gateway.call_healthy().await;
    for _ in 0..2 {
        if next.status == 200 && next.elapsed < NEXT_CALL {
            break;
        }
        next = gateway.call_healthy().await;
    }
    faults.unless(next.status == 200, || format!("the next call got {}", next.summary()));
    faults.unless_in_time(next.elapsed < NEXT_CALL, || format!("the next call took {:?}", next.elapsed));
    let begun = Instant::now();
    let process = gateway.id().unwrap_or_default();
    let open = || process::descriptors(process).unwrap_or_default();
    while open() > descriptors + 2 && begun.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    faults.unless(open() <= descriptors + 2, || format!("{} descriptors, {descriptors} before", open()));
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len().max(1)).any(|window| window == needle)
}
