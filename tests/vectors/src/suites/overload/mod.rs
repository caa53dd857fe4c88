//! What the gateway does when there is too much of something, and how it ends.

mod connections;
mod crowd;
mod h2;
mod in_process;
mod reload;
mod sessions;
mod shutdown;
mod surge;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::gateway::config::Needs;
use crate::gateway::probe::Probe;
use crate::gateway::{Gateway, process};
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::world::Scene;

/// How long the machine is looked at before a load.
const QUIET: Duration = Duration::from_secs(1);
/// The most that is taken for the machine's.
const MACHINE: Duration = Duration::from_millis(500);

/// What a load measured, by the names that expectations have for it.
#[derive(Debug, Default)]
pub(super) struct Measures(BTreeMap<&'static str, f64>);

impl Measures {
    /// Notes a figure.
    fn set(&mut self, name: &'static str, figure: f64) {
        self.0.insert(name, figure);
    }

    /// Takes from every time what is the machine's.
    fn rebase(&mut self, machine: Duration) {
        let times = self.0.iter_mut().filter(|(name, _)| name.ends_with("_ms"));
        times.for_each(|(_, figure)| *figure = (*figure - machine.as_secs_f64() * 1000.0).max(0.0));
    }
}

/// Runs a vector.
pub(super) async fn run(stage: &mut Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let load = vector.member("load");
    let none = serde_json::Map::new();
    let members = match load {
        Value::Object(members) => members,
        Value::String(_) if ["h2", "in-process"].contains(&&*vector.group) => &none,
        _ => return Err(Unrun::words("load", load)),
    };
    if members.contains_key("hours") {
        return Err(Unrun::Waiting("hours of load, which `lobe-bench soak` makes".to_owned()));
    }
    stage.world.set(Scene::default(), &[]).await?;
    if vector.group == "in-process" {
        return in_process::run(stage, vector).await;
    }
    if vector.group == "reload" {
        return reload::run(stage, vector).await;
    }
    if members.contains_key("signal") {
        return shutdown::run(stage, vector).await;
    }
    let idle = members.contains_key(sessions::MANY).then(|| sessions::IDLE.to_owned());
    let gateway = Arc::new(stage.fresh(&Needs { sessions: idle, ..Needs::plain() }).await?);
    gateway.call_healthy().await;
    let quiet = Probe::begin(&gateway);
    tokio::time::sleep(QUIET).await;
    let quiet = quiet.stop().await;
    let before = Levels::of(&gateway);
    process::forget_peak(gateway.id().unwrap_or_default());
    let probe = Probe::begin(&gateway);
    let mut measures = Measures::default();
    match load.as_str() {
        Some(words) => h2::load(&gateway, words, &mut measures).await?,
        None => load_with(stage, &gateway, load, &mut measures).await?,
    }
    let health = probe.stop().await;
    measures.set("healthy_p99_ms", health.p99.as_secs_f64() * 1000.0);
    // What a call takes with nothing beside it is the machine's; the figures are to be re-based on that.
    measures.rebase(quiet.p99.min(MACHINE));
    before.growth(&gateway, &mut measures);
    let mut faults = Faults::default();
    for (name, expected) in vector.expect().as_object().into_iter().flatten() {
        judge(name, expected, &measures, &mut faults)?;
    }
    afterwards(&gateway, &before, &mut faults).await;
    Ok(faults)
}

/// The table from a load's words to what is done.
async fn load_with(
    stage: &Stage,
    gateway: &Arc<Gateway>,
    load: &Value,
    measures: &mut Measures,
) -> Result<(), Unrun> {
    let number = |name: &str| load[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let first = load.as_object().and_then(|members| members.keys().find(|name| *name != "rps")).cloned();
    match first.as_deref().unwrap_or_default() {
        "connect_only" => {
            connections::silent(gateway, number("connect_only").unwrap_or_default(), measures).await
        }
        "per_ip" | "limit_per_ip" => {
            connections::from_one_address(
                gateway,
                number("per_ip").unwrap_or_default(),
                number("limit_per_ip").unwrap_or(256),
                measures,
            )
            .await
        }
        "slow_headers" => {
            connections::dripping(gateway, &load["slow_headers"], connections::HEAD, measures).await
        }
        "slow_body" => connections::dripping(gateway, &load["slow_body"], connections::BODY, measures).await,
        name @ ("uri_bytes" | "header_bytes" | "headers") => {
            let count = number(name).unwrap_or_default();
            let request = match name {
                "uri_bytes" => connections::long_target(count),
                "header_bytes" => connections::long_header(count),
                _ => connections::many_headers(count),
            };
            connections::one(gateway, &request, measures).await;
        }
        "in_flight" | "per_plugin" | "per_host" => {
            crowd::one_too_many(stage, gateway, load, measures).await?
        }
        "rate_multiple_of_capacity" => surge::load(gateway, load, stage.long, measures).await?,
        "validators" => crowd::validators(gateway, load, measures).await?,
        "resolver" => crowd::dead_resolver(stage, gateway, load, measures).await?,
        "upstream" => crowd::refusing_upstream(gateway, load, measures).await?,
        sessions::MANY => {
            let count = number(sessions::MANY).unwrap_or_default();
            // Twice as many as are kept show that they are bounded.
            let most = if stage.known_bad { 4_000 } else { 20_000 };
            sessions::begin(stage, gateway, if stage.long { count } else { count.min(most) }, measures)
                .await?;
        }
        "cgroup_memory_mb" => {
            let most = number("cgroup_memory_mb").unwrap_or_default();
            crowd::within_memory(gateway, load, most, measures).await?;
        }
        "distinct_identifiers" => {
            let count = number("distinct_identifiers").unwrap_or_default();
            // A million calls take minutes; what grows with each shows with less, and in a bad gateway with little.
            let most = if stage.known_bad { 4_000 } else { 50_000 };
            crowd::strangers(gateway, if stage.long { count } else { count.min(most) }, measures).await;
        }
        _ => return Err(Unrun::words("load", load)),
    }
    Ok(())
}

/// Judges a member of an expectation by the figure that the load measured under its name.
fn judge(name: &str, expected: &Value, measures: &Measures, faults: &mut Faults) -> Result<(), Unrun> {
    match (name, expected.as_str()) {
        ("rest", Some("closed at once")) => {
            return judge("rest_closed_at_once", &Value::from(1), measures, faults);
        }
        ("goaway", Some("two-step")) => {
            return judge("goaway_in_two_steps", &Value::from(1), measures, faults);
        }
        _ => {}
    }
    let figure =
        *measures.0.get(name).ok_or_else(|| Unrun::words("expect", format!("{name}: {expected}")))?;
    let (wanted, exact) = match expected {
        Value::Number(number) => (number.as_f64().unwrap_or_default(), is_exact(name)),
        Value::Bool(flag) => (f64::from(u8::from(*flag)), true),
        _ => return Err(Unrun::words("expect", format!("{name}: {expected}"))),
    };
    let holds = match exact {
        true => (figure - wanted).abs() < f64::EPSILON,
        false if name.ends_with("_min") => figure >= wanted,
        false => figure <= wanted,
    };
    let fault = || format!("{name} {figure:.1}, expected {expected}");
    // A status does not depend on how busy the machine is.
    if exact {
        faults.unless(holds, fault)
    } else {
        faults.unless_in_time(holds, fault)
    }
    Ok(())
}

fn is_exact(name: &str) -> bool {
    matches!(
        name,
        "status"
            | "status_last"
            | "errorType"
            | "rest_closed_at_once"
            | "goaway_in_two_steps"
            | "completed"
            | "exit_code"
            | "failed_calls"
            | "idle_timeout_s"
            | "closed_with_event"
            | "oom_kill"
            | "tasks_left"
    )
}

/// What a process has, to be the same again after a load.
struct Levels {
    descriptors: usize,
    threads: usize,
    memory: u64,
}

impl Levels {
    fn of(gateway: &Gateway) -> Self {
        let process = gateway.id().unwrap_or_default();
        Self {
            descriptors: process::descriptors(process).unwrap_or_default(),
            threads: process::threads(process).unwrap_or_default(),
            memory: process::memory(process, "VmRSS").unwrap_or_default(),
        }
    }

    fn growth(&self, gateway: &Gateway, measures: &mut Measures) {
        let now = Self::of(gateway);
        let peak = process::memory(gateway.id().unwrap_or_default(), "VmHWM").unwrap_or_default();
        let mib = |kib: u64| f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0;
        measures.set("rss_growth_mb_max", mib(peak.saturating_sub(self.memory)));
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        measures.set("threads_growth_max", count(now.threads.saturating_sub(self.threads)));
        measures.set("fd_growth_max", count(now.descriptors.saturating_sub(self.descriptors)));
    }
}

/// The process lives, and what it took it gives back within ten seconds.
async fn afterwards(gateway: &Arc<Gateway>, before: &Levels, faults: &mut Faults) {
    let answer = gateway.call_healthy().await;
    faults.unless(answer.status == 200, || format!("the next call got {}", answer.summary()));
    for _ in 0..100 {
        if Levels::of(gateway).descriptors <= before.descriptors + 8 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    faults.firm.push(format!(
        "{} descriptors, {} before",
        Levels::of(gateway).descriptors,
        before.descriptors
    ));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(name: &'static str, figure: f64, expected: &Value, good: bool) {
        let mut measures = Measures::default();
        measures.set(name, figure);
        let mut faults = Faults::default();
        judge(name, expected, &measures, &mut faults).unwrap();
        assert_eq!(faults.firm.is_empty() && faults.timing.is_empty(), good, "{name} {figure} {expected}");
    }

    #[test]
    fn figures_are_held_against_expectations() {
        check("healthy_p99_ms", 49.0, &json!(50), true);
        check("healthy_p99_ms", 51.0, &json!(50), false);
        check("status", 408.0, &json!(408), true);
        check("status", 200.0, &json!(408), false);
        check("retry_after", 0.0, &json!(true), false);
    }

    #[test]
    fn what_was_not_measured_is_not_understood() {
        assert!(judge("mood", &json!(1), &Measures::default(), &mut Faults::default()).is_err());
    }
}
