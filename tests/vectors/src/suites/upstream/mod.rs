//! What the gateway does when a plugin's server misbehaves at any stage, and how long it puts up with it.

mod address;
pub(super) mod h2;
mod pool;
mod tls;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

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
        answers.push(gateway.call(&payload, PATIENCE).await);
    }
    let judged = if is_pool(vector) { answers.len() - 1 } else { 0 };
    let growth = process::memory(process, "VmHWM").unwrap_or_default().saturating_sub(memory) >> 10;
    let mut faults = Faults::default();
    faults.firm.extend(outcome.objection(&answers[judged]));
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
