//! Functions in the gateway's own process that never come back.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{MACHINE, Measures, QUIET, judge};
use crate::gateway::Gateway;
use crate::gateway::config::Needs;
use crate::gateway::probe::Probe;
use crate::mounted::{KEEPS, WAITS};
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};

/// Longer than any call may take.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long a call may take, unless the run is a long one; and how much sooner than the gateway's own 30 s that is.
const SHORT: &str = "3s";
const SOONER: f64 = 27.0;
/// What the README says of what cannot be contained.
const README: &str = include_str!("../../../../../README.md");
const SAID: &str = "shares its memory, and may end it";

/// Runs a vector.
pub(super) async fn run(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let words = vector.text("load").ok_or_else(|| Unrun::words("load", vector.member("load")))?;
    let mut faults = Faults::default();
    if vector.expect().get("documented").is_some() {
        faults
            .unless(README.contains(SAID), || "the README does not say that it is not contained".to_owned());
        return Ok(faults);
    }
    let mut limits = Map::new();
    if !stage.long {
        limits.insert("call_time".to_owned(), SHORT.into());
    }
    let gateway = Arc::new(stage.fresh(&Needs { mounted: true, limits, ..Needs::plain() }).await?);
    gateway.call_healthy().await;
    let quiet = Probe::begin(&gateway);
    tokio::time::sleep(QUIET).await;
    let quiet = quiet.stop().await;
    let probe = Probe::begin(&gateway);
    let mut measures = Measures::default();
    run_function(&gateway, words, &mut measures).await?;
    let health = probe.stop().await;
    measures.set("healthy_p99_ms", health.p99.as_secs_f64() * 1000.0);
    measures.rebase(quiet.p99.min(MACHINE));
    for (name, expected) in vector.expect().as_object().into_iter().flatten() {
        match (name.as_str(), expected) {
            ("note", _) => {}
            ("other_calls", Value::Object(others)) => {
                for (name, expected) in others {
                    judge(name, expected, &measures, &mut faults)?;
                }
            }
            ("within_s", Value::Number(seconds)) if !stage.long => {
                let seconds = seconds.as_f64().unwrap_or_default() - SOONER;
                judge(name, &json!(seconds), &measures, &mut faults)?;
            }
            _ => judge(name, expected, &measures, &mut faults)?,
        }
    }
    let after = gateway.call_healthy().await;
    faults.unless(after.status == 200, || format!("the next call got {}", after.summary()));
    Ok(faults)
}

async fn run_function(gateway: &Gateway, words: &str, measures: &mut Measures) -> Result<(), Unrun> {
    let (plugin, function) = if words.contains("await)") || words.contains("never finishes") {
        (WAITS, "never")
    } else if words.contains("spins") {
        (KEEPS, "spins")
    } else if words.contains("blocks") {
        (KEEPS, "blocks")
    } else if words.contains("panic") {
        (WAITS, "panics")
    } else if words.contains("tasks") {
        (WAITS, "begins_a_task")
    } else {
        return Err(Unrun::words("load", words));
    };
    let answer = gateway.call(&call(plugin, function), PATIENCE).await;
    measures.set("status", f64::from(answer.status));
    measures.set("within_s", answer.elapsed.as_secs_f64());
    // What hears of the end has a moment to act on it.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let left = gateway.call(&call(WAITS, "tasks_left"), PATIENCE).await;
    let left = String::from_utf8_lossy(&left.body).trim().parse();
    measures.set("tasks_left", left.unwrap_or(f64::MAX));
    Ok(())
}

fn call(plugin: &str, function: &str) -> Value {
    json!({ "identifier": plugin, "apiName": function, "arguments": "{}" })
}
