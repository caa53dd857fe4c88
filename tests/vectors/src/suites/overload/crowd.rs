//! Calls that are many: more than are let in, more than can be judged, and to where nobody answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::Measures;
use crate::documents;
use crate::gateway::{Gateway, PATH, process};
use crate::payload;
use crate::stage::Stage;
use crate::verdict::Unrun;
use crate::wire::{self, Answer};
use crate::world::zone::Zone;
use crate::world::{Scene, canary};

const PATIENCE: Duration = Duration::from_secs(35);
/// How far apart the calls of a crowd begin.
const APART: Duration = Duration::from_millis(2);
/// How long a load of so many calls a second goes on.
const LOAD: Duration = Duration::from_secs(3);

/// Fills a limit with calls that do not end, and makes one more: `{"in_flight": 1025, "limit": 1024}`.
pub(super) async fn one_too_many(
    stage: &Stage,
    gateway: &Arc<Gateway>,
    load: &Value,
    measures: &mut Measures,
) -> Result<(), Unrun> {
    let (name, total) = ["in_flight", "per_plugin", "per_host"]
        .iter()
        .find_map(|name| Some((*name, usize::try_from(load[*name].as_u64()?).ok()?)))
        .ok_or_else(|| Unrun::words("load", load))?;
    // Under one name all count for one plugin and one host; for the limit over all, no other may be reached.
    let spread = |number: usize| if name == "in_flight" { number % 16 } else { 0 };
    stage.world.set(Scene::default(), &[]).await?;
    let server = Silent::open(19_001).await?;
    let mut calls: Vec<JoinHandle<Answer>> = Vec::new();
    for number in 0..total - 1 {
        calls.push(call(gateway, number, spread(number), "slow", 19_001));
        // One after the other: a burst of lookups would be lost at the runner's own resolver.
        tokio::time::sleep(APART).await;
    }
    server.wait_for(total - 1).await;
    let last = call(gateway, total - 1, spread(total - 1), "slow", 19_001).await?;
    measures.set("status_last", f64::from(last.status));
    measures.set("status", f64::from(last.status));
    let named = last.error_type().and_then(|name| name.as_f64()).unwrap_or_default();
    measures.set("errorType", named);
    measures.set("within_ms", last.elapsed.as_secs_f64() * 1000.0);
    measures.set("retry_after", f64::from(u8::from(last.header("retry-after").is_some())));
    calls.iter().for_each(JoinHandle::abort);
    Ok(())
}

/// Calls a plugin at `host` as one of many callers.
pub(super) fn call(
    gateway: &Arc<Gateway>,
    caller: usize,
    plugin: usize,
    host: &str,
    port: u16,
) -> JoinHandle<Answer> {
    let url = format!("http://{host}{plugin}.vec.test:{port}/x");
    let payload = documents::call(&documents::manifest(&format!("x{plugin}"), &url), "{}");
    let address = gateway.address;
    tokio::spawn(async move {
        let request = wire::request(&format!("POST {PATH}"), &[], payload.to_string().as_bytes());
        wire::exchange_as(caller, address, &request, PATIENCE).await
    })
}

/// A server that accepts and says nothing.
struct Silent {
    accepted: Arc<std::sync::atomic::AtomicUsize>,
    task: JoinHandle<()>,
}

impl Silent {
    async fn open(port: u16) -> anyhow::Result<Self> {
        let listener = canary::listen(canary::wildcard(port))?;
        let accepted = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = Arc::clone(&accepted);
        let task = tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                kept.push(stream);
            }
        });
        Ok(Self { accepted, task })
    }

    /// Waits until so many have come, or nobody comes any more.
    async fn wait_for(&self, count: usize) {
        for _ in 0..600 {
            if self.accepted.load(std::sync::atomic::Ordering::SeqCst) >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `64 calls with the worst schema of parse.json`: a chain that doubles at every link.
pub(super) async fn validators(
    gateway: &Arc<Gateway>,
    load: &Value,
    measures: &mut Measures,
) -> Result<(), Unrun> {
    let words = load["validators"].as_str().unwrap_or_default();
    let count: u32 = words
        .split(' ')
        .next()
        .and_then(|count| count.parse().ok())
        .ok_or_else(|| Unrun::words("load", words))?;
    let link = json!({ "anyOf": [{ "$ref": "#/$defs/d{i+1}" }, { "$ref": "#/$defs/d{i+1}" }] });
    let schema = json!({
        "type": "object", "properties": {}, "$ref": "#/$defs/d0",
        "$defs": { "gen_chain": { "n": 30, "each": link, "last": { "type": "string" } } }
    });
    let mut manifest = documents::manifest("x", "http://public.vec.test:18080/x");
    manifest["api"][0]["parameters"] = payload::json(&schema).map_err(Unrun::NotUnderstood)?;
    let before = processor_time(gateway);
    let calls: Vec<_> = (0..count)
        .map(|_| {
            let (gateway, payload) = (Arc::clone(gateway), documents::call(&manifest, "{}"));
            tokio::spawn(async move { gateway.call(&payload, PATIENCE).await })
        })
        .collect();
    for call in calls {
        call.await?;
    }
    measures.set("cpu_s_per_call_max", (processor_time(gateway) - before) / f64::from(count));
    Ok(())
}

/// Returns the processor time of the gateway in seconds: fields 14 and 15 of its `stat`, in hundredths.
fn processor_time(gateway: &Gateway) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", gateway.id().unwrap_or_default()))
        .unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>()
        / 100.0
}

/// A resolver that never answers: `{"resolver": "dead", "rps": 200}`.
pub(super) async fn dead_resolver(
    stage: &Stage,
    gateway: &Arc<Gateway>,
    load: &Value,
    measures: &mut Measures,
) -> Result<(), Unrun> {
    if load["resolver"] != "dead" {
        return Err(Unrun::words("load", load));
    }
    let dns = json!([{ "name": "dead0.vec.test", "answers": ["no answer for any query"] }]);
    let zone = Zone::parse(&dns).map_err(Unrun::NotUnderstood)?;
    stage.world.set(Scene { zone, ..Scene::default() }, &[]).await?;
    let answers = at_a_rate(gateway, load, "dead", 18_080).await?;
    figures(&answers, 403, measures);
    Ok(())
}

/// A small container: `{"cgroup_memory_mb": 128, "rps": 200}`. What the process held at most is what the kernel would have
/// counted against it.
pub(super) async fn within_memory(
    gateway: &Arc<Gateway>,
    load: &Value,
    most: usize,
    measures: &mut Measures,
) -> Result<(), Unrun> {
    let answers = at_a_rate(gateway, load, "public", 18_080).await?;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    // Of a slow machine some are more than there may be at a time: those are turned away, as they should.
    if count(200) == 0 || count(200) + count(503) < answers.len() {
        return Err(anyhow::anyhow!("{} of {} calls came through", count(200), answers.len()).into());
    }
    let held = process::memory(gateway.id().unwrap_or_default(), "VmHWM").unwrap_or(u64::MAX) / 1024;
    measures.set("oom_kill", f64::from(u8::from(held > most as u64)));
    Ok(())
}

/// Plugins' servers that refuse: `{"upstream": "all refuse", "rps": 2000}`.
pub(super) async fn refusing_upstream(
    gateway: &Arc<Gateway>,
    load: &Value,
    measures: &mut Measures,
) -> Result<(), Unrun> {
    if load["upstream"] != "all refuse" {
        return Err(Unrun::words("load", load));
    }
    let answers = at_a_rate(gateway, load, "nobody", 19_999).await?;
    figures(&answers, 502, measures);
    Ok(())
}

async fn at_a_rate(
    gateway: &Arc<Gateway>,
    load: &Value,
    host: &str,
    port: u16,
) -> Result<Vec<Answer>, Unrun> {
    let rate = load["rps"]
        .as_u64()
        .and_then(|rate| u32::try_from(rate).ok())
        .ok_or_else(|| Unrun::words("rps", load))?;
    let begun = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate.max(1));
    let mut calls = Vec::new();
    while begun.elapsed() < LOAD {
        ticks.tick().await;
        calls.push(call(gateway, calls.len(), 0, host, port));
    }
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await?);
    }
    Ok(answers)
}

fn figures(answers: &[Answer], usual: u16, measures: &mut Measures) {
    // Beyond the limit for one host the refusal is for that; it is as good an answer, and as quick a one.
    let other = answers.iter().map(|answer| answer.status).find(|status| ![usual, 503].contains(status));
    measures.set("status", f64::from(other.unwrap_or(usual)));
    let mut times: Vec<f64> = answers.iter().map(|answer| answer.elapsed.as_secs_f64() * 1000.0).collect();
    times.sort_by(f64::total_cmp);
    measures.set("within_ms", times.last().copied().unwrap_or(f64::MAX));
    measures.set(
        "p99_ms",
        times.get((times.len() * 99).div_ceil(100).saturating_sub(1)).copied().unwrap_or(f64::MAX),
    );
}

/// Calls of plugins that nobody knows.
pub(super) async fn strangers(gateway: &Arc<Gateway>, count: usize, measures: &mut Measures) {
    let lanes: Vec<_> = (0..32)
        .map(|lane| {
            let gateway = Arc::clone(gateway);
            tokio::spawn(async move {
                for number in (lane..count).step_by(32) {
                    let payload = json!({ "identifier": format!("stranger-{number}"), "apiName": "a", "arguments": "{}" });
                    gateway.call(&payload, PATIENCE).await;
                }
            })
        })
        .collect();
    for lane in lanes {
        // What is looked at are the counters, not the calls.
        let _ = lane.await;
    }
    let text = String::from_utf8_lossy(&gateway.metrics().await).into_owned();
    let series = text.lines().filter(|line| !line.starts_with('#') && line.contains(' ')).count();
    measures.set("series_max", f64::from(u32::try_from(series).unwrap_or(u32::MAX)));
}
