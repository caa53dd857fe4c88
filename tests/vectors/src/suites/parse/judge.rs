//! What is expected of a vector about reading, member by member, and what is expected of all of them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Result;
use super::place::Request;
use crate::gateway::{Gateway, SETTINGS, process};
use crate::suites::hits;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::Answer;

/// No error needs more.
const ERROR_BODY: usize = 16 << 10;
/// A healthy call beside a vector takes no longer.
const HEALTHY: Duration = Duration::from_millis(50);
/// What an answer to a stranger must not hold.
const INSIDES: [&str; 5] = ["stack backtrace", ".rs:", "    at ", "/src/", "node:internal"];
/// The headers that a plugin's request may have.
const HEADERS: [&str; 9] = [
    "host",
    "content-type",
    "content-length",
    "accept",
    "accept-encoding",
    "user-agent",
    "connection",
    "transfer-encoding",
    "x-lobe-plugin-settings",
];

/// Judges what came of a vector.
pub(super) async fn judge(
    vector: &Vector,
    request: &Request,
    result: &Result,
    gateway: &Arc<Gateway>,
) -> std::result::Result<Faults, Unrun> {
    let mut faults = Faults::default();
    faults.firm.extend(request.outcome.objection(&result.answer));
    let unchanged =
        vector.expect()["outcome"].as_str().is_some_and(|words| words.starts_with("pass_unchanged"));
    if unchanged && result.answer.status == 200 {
        let arrived = result.seen.requests.last().map(|received| received.message.body.as_slice());
        faults.unless(arrived == Some(&request.arguments[..]), || {
            "the arguments did not arrive byte for byte".into()
        });
    }
    for (name, expected) in vector.expect().as_object().into_iter().flatten() {
        member(name, expected, result, &mut faults)?;
    }
    insides(&result.answer, &mut faults);
    if let Some(health) = &result.health {
        faults.unless_in_time(health.p99 < HEALTHY || health.calls == 0, || {
            if health.p99 == Duration::MAX {
                return "a healthy call beside it failed".to_owned();
            }
            format!("healthy calls beside it took {:?} (p99 of {})", health.p99, health.calls)
        });
    }
    faults.unless(!result.log.contains("panicked at"), || "it panicked".to_owned());
    let after = gateway.call_healthy().await;
    faults.unless(after.status == 200, || format!("the next call got {}", after.summary()));
    let started = process::children(gateway.id().unwrap_or_default());
    faults.unless(started == 0, || format!("{started} processes were started"));
    Ok(faults)
}

fn member(
    name: &str,
    expected: &Value,
    result: &Result,
    faults: &mut Faults,
) -> std::result::Result<(), Unrun> {
    let number = || expected.as_u64().ok_or_else(|| Unrun::words(name, expected));
    let answer = &result.answer;
    match name {
        // Judged for every vector: the outcome, the next call, the processes; and the type of settings' keys by it.
        "outcome" | "alive_after" | "processes_started" | "settings_lookup" | "note" => {}
        "files_opened" => {
            faults.unless(!text(answer).contains("root:"), || "a file of the machine was read".into())
        }
        "max_ms" => {
            let most = Duration::from_millis(number()?);
            faults.unless_in_time(answer.elapsed <= most, || {
                format!("took {:?}, at most {most:?}", answer.elapsed)
            });
        }
        "max_rss_growth_mb" => {
            let most = number()?;
            faults.unless_in_time(result.growth <= most, || {
                format!("grew by {} MiB, at most {most}", result.growth)
            });
        }
        "response_max_bytes" => {
            let most = number()?;
            faults.unless(answer.body.len() as u64 <= most, || {
                format!("{} bytes of answer, at most {most}", answer.body.len())
            });
        }
        "wire" => wire(expected.as_str().unwrap_or_default(), result, faults)?,
        "log_lines" => log_lines(expected.as_str().unwrap_or_default(), &result.log, faults)?,
        "called" => {
            let url = expected.as_str().unwrap_or_default();
            let called = result
                .seen
                .requests
                .last()
                .map(|received| format!("https://{}{}", received.host(), received.target()));
            faults.unless(called.as_deref() == Some(url), || format!("called {called:?}, expected {url}"));
        }
        "responses_max" => {
            let answers = result.conversation.as_ref().map_or(1, |conversation| conversation.answers);
            faults.unless(answers as u64 <= number()?, || format!("{answers} answers"));
            let closed = result.conversation.as_ref().is_none_or(|conversation| conversation.closed);
            faults.unless(closed, || "the connection was not closed".to_owned());
        }
        "upgraded" => {
            let upgraded = result.conversation.as_ref().is_some_and(|conversation| conversation.upgraded);
            faults.unless(Some(upgraded) == expected.as_bool(), || format!("upgraded: {upgraded}"));
        }
        // Others than that of the call itself.
        "connections" => {
            let own = usize::from(answer.status == 200);
            let others = result.seen.connections.len().saturating_sub(own);
            faults
                .unless(others as u64 == number()?, || format!("{others} connections, expected {expected}"));
        }
        // The fixture's own count is not kept for canaries; the growth tells.
        "bytes_read_max" => faults.unless(result.growth <= 16, || format!("grew by {} MiB", result.growth)),
        name if hits::is_member(name) => hits::judge(name, expected, &result.seen, faults)?,
        _ => return Err(Unrun::words("expect", format!("{name}: {expected}"))),
    }
    Ok(())
}

/// `exactly one settings header, no other header created`.
fn wire(words: &str, result: &Result, faults: &mut Faults) -> std::result::Result<(), Unrun> {
    if words != "exactly one settings header, no other header created" {
        return Err(Unrun::words("wire", words));
    }
    for received in &result.seen.requests {
        let headers = &received.message.headers;
        let settings = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(SETTINGS)).count();
        faults.unless(settings <= 1, || format!("{settings} settings headers"));
        let strange = headers.iter().find(|(name, _)| !HEADERS.contains(&name.to_ascii_lowercase().as_str()));
        faults.unless(strange.is_none(), || {
            format!("a header `{}` was created", strange.map_or("", |(name, _)| name))
        });
    }
    Ok(())
}

/// `exactly one line for the call; control characters escaped`.
fn log_lines(words: &str, log: &str, faults: &mut Faults) -> std::result::Result<(), Unrun> {
    if !words.starts_with("exactly one line") {
        return Err(Unrun::words("log_lines", words));
    }
    let lines = log.lines().filter(|line| !line.trim().is_empty()).count();
    faults.unless(lines == 1, || format!("{lines} lines in the log"));
    let control = log.chars().find(|character| character.is_control() && *character != '\n');
    faults.unless(control.is_none(), || format!("{control:?} in the log"));
    Ok(())
}

fn insides(answer: &Answer, faults: &mut Faults) {
    if answer.status < 400 {
        return;
    }
    faults.unless(answer.body.len() <= ERROR_BODY, || format!("an error of {} bytes", answer.body.len()));
    let body = text(answer);
    let found = INSIDES.iter().find(|inside| body.contains(**inside));
    faults.unless(found.is_none(), || format!("{found:?} in the answer"));
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}
