//! What the gateway gives away: planted secrets, and every place where they must not turn up.

mod case;
mod fixture;
mod in_process;
mod isolation;
mod oracle;
mod plan;
mod sinks;

use std::time::Duration;

use serde_json::Value;

use crate::outcome::Expected;
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::Answer;
use crate::world::journal::Seen;
use plan::Plan;
use sinks::Sinks;

const PATIENCE: Duration = Duration::from_secs(35);
/// The operator's secret that the vectors plant.
const OPERATOR: &str = "OPERATOR-SECRET-7f3a";
/// The caller's.
const USER: &str = "USER-SECRET-19c2";
/// What a model put into arguments.
const ARGUMENT: &str = "PRIVATE-ARG-55d0";
/// A key of the gateway.
const KEY: &str = "lgw_k1_9wqT4m2ZbE7xUuVQe0r3sYcPfHnAaKdL";

/// Runs a vector.
pub(super) async fn run(stage: &mut Stage, vector: &Vector) -> Result<Faults, Unrun> {
    if vector.member("setup").get("callers").is_some() {
        return isolation::run(stage, vector).await;
    }
    let setup = vector.member("setup");
    let says = |member: &str, word: &str| setup[member].as_str().is_some_and(|text| text.contains(word));
    if says("plugin", "in-process") || says("case", "panic") {
        return in_process::run(stage, vector).await;
    }
    if oracle::is_asked(vector) {
        return oracle::run(stage, vector).await;
    }
    let plan = Plan::of(vector)?;
    stage.world.set(plan.scene.clone(), &vector.ports()).await?;
    let mut gateway = stage.fresh(&plan.needs).await?;
    let mut answers = Vec::new();
    let mut whole = Seen::default();
    for call in &plan.calls {
        // What an earlier call caused is not the last one's doing.
        stage.world.journal.clear();
        answers.push(gateway.post(&call.headers, &call.body, PATIENCE).await);
        whole.requests.extend(stage.world.journal.seen().requests);
    }
    plan::many_strangers(&gateway, plan.strangers).await;
    let mut faults = Faults::default();
    faults.unless(gateway.is_alive(), || "the process has ended".to_owned());
    let last = answers.last().cloned().unwrap_or_default();
    let sinks = Sinks::gather(&gateway, stage, &last).await;
    judge(vector, &last, &sinks, &whole, &mut faults)?;
    Ok(faults)
}

fn judge(
    vector: &Vector,
    last: &Answer,
    sinks: &Sinks,
    whole: &Seen,
    faults: &mut Faults,
) -> Result<(), Unrun> {
    for (name, expected) in vector.expect().as_object().into_iter().flatten() {
        match name.as_str() {
            "must_not_contain" => sinks.judge(expected, false, faults)?,
            "must_contain" => sinks.judge(expected, true, faults)?,
            "outcome" => {
                let outcome =
                    Expected::parse(expected.as_str().unwrap_or_default()).map_err(Unrun::NotUnderstood)?;
                faults.firm.extend(outcome.objection(last));
            }
            "series_max" => sinks.judge_series(expected, faults)?,
            "requests" => requests(expected, whole, faults)?,
            "wire" => wire(expected.as_str().unwrap_or_default(), vector, sinks, faults)?,
            "reference" | "note" => {}
            name if oracle::is_member(name) => {}
            _ => return Err(Unrun::words("expect", format!("{name}: {expected}"))),
        }
    }
    Ok(())
}

/// `{"good": 1}`: how often the vector's document was fetched from a host.
fn requests(expected: &Value, whole: &Seen, faults: &mut Faults) -> Result<(), Unrun> {
    for (host, times) in expected.as_object().into_iter().flatten() {
        let times = times.as_u64().ok_or_else(|| Unrun::words("requests", expected))?;
        let host = format!("{host}.vec.test");
        let fetched = whole
            .requests
            .iter()
            .filter(|request| request.host() == host && request.target().contains("index.json"));
        let fetched = fetched.count() as u64;
        faults.unless(fetched == times, || {
            format!("the index was fetched {fetched} times from {host}, expected {times}")
        });
    }
    Ok(())
}

/// `header is exactly the caller's object`.
fn wire(words: &str, vector: &Vector, sinks: &Sinks, faults: &mut Faults) -> Result<(), Unrun> {
    if words != "header is exactly the caller's object" {
        return Err(Unrun::words("wire", words));
    }
    let own = vector.member("call")["headers"][crate::gateway::SETTINGS].as_str().unwrap_or_default();
    let own: Value = serde_json::from_str(own).unwrap_or_default();
    let sent = sinks.settings_sent();
    faults.unless(sent.as_ref() == Some(&own), || {
        "the plugin was not sent exactly the caller's settings".to_owned()
    });
    Ok(())
}
