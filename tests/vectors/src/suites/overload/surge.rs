//! Three times as many calls as can be served: how many are served all the same, how the others are turned away, and how
//! long a surge is felt after it.
//!
//! What cannot do more is the plugin, which serves as many calls at a time as the gateway lets through to one; so the
//! figures say little about the machine. The rate is held whatever comes of the calls.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Measures, crowd};
use crate::gateway::Gateway;
use crate::verdict::Unrun;
use crate::wire::{self, Answer};
use crate::world::canary;

/// How many calls the plugin serves at a time: the gateway's limit for one plugin.
const AT_A_TIME: usize = 128;
/// How long each takes it.
const EACH: Duration = Duration::from_millis(200);
/// Where it is.
const PORT: u16 = 19_003;
/// How long the peak is measured, and what follows a surge.
const SPAN: Duration = Duration::from_secs(4);
/// How long a surge lasts, unless the run is a long one.
const SHORT: Duration = Duration::from_secs(6);

/// `{"rate_multiple_of_capacity": 3, "duration_s": 60}`, and what the rate goes back to: `"then": "back to 0.5"`.
pub(super) async fn load(
    gateway: &Arc<Gateway>,
    load: &Value,
    long: bool,
    measures: &mut Measures,
) -> Result<(), Unrun> {
    let factor = load["rate_multiple_of_capacity"].as_f64().ok_or_else(|| Unrun::words("rate", load))?;
    let then = load.get("then").map(back).transpose()?;
    let span = load["duration_s"].as_u64().filter(|_| long).map_or(SHORT, Duration::from_secs);
    let plugin = tokio::spawn(busy_plugin(canary::listen(canary::wildcard(PORT))?));
    let peak = at_capacity(gateway).await?;
    let capacity = peak.goodput(SPAN);
    let surge = at_a_rate(gateway, capacity * factor, span);
    let (surge, after) = match then {
        None => (surge.await?, None),
        Some(then) => {
            // What comes after does not wait for what the surge left behind.
            let after = async {
                tokio::time::sleep(span).await;
                at_a_rate(gateway, capacity * then, SPAN).await
            };
            let (surge, after) = tokio::join!(surge, after);
            (surge?, Some(after?))
        }
    };
    measures.set("goodput_of_peak_min", surge.goodput(span) / capacity);
    measures.set("rejected_within_ms", surge.p99(503) * 1000.0);
    measures.set("accepted_p99_of_knee_max", surge.p99(200) / peak.p99(200));
    if let Some(after) = after {
        measures.set("recovers_within_s", after.recovered(2.0 * peak.p99(200)));
    }
    plugin.abort();
    Ok(())
}

/// `back to 0.5`.
fn back(words: &Value) -> Result<f64, Unrun> {
    let factor = words.as_str().and_then(|words| words.strip_prefix("back to ")?.parse().ok());
    factor.ok_or_else(|| Unrun::words("then", words))
}

/// Serves some calls at a time; the others wait, as before a server that has so many threads.
async fn busy_plugin(listener: tokio::net::TcpListener) -> std::io::Result<()> {
    let threads = Arc::new(Semaphore::new(AT_A_TIME));
    loop {
        let (mut stream, _) = listener.accept().await?;
        let threads = Arc::clone(&threads);
        tokio::spawn(async move {
            let _one = threads.acquire().await;
            let _ = stream.read(&mut [0; 8192]).await;
            tokio::time::sleep(EACH).await;
            stream.write_all(&wire::response(200, &[], b"{}")).await
        });
    }
}

/// What came of many calls: when each began, in seconds, and its answer.
struct Came(Vec<(f64, Answer)>);

impl Came {
    /// # Errors
    ///
    /// When a call was neither served nor turned away as one too many.
    fn new(calls: Vec<(f64, Answer)>) -> Result<Self, Unrun> {
        match calls.iter().find(|(_, answer)| ![200, 503].contains(&answer.status)) {
            Some((_, answer)) => Err(anyhow::anyhow!("a call of a surge got {}", answer.summary()).into()),
            None => Ok(Self(calls)),
        }
    }

    fn times(&self, status: u16) -> Vec<f64> {
        let of_it = self.0.iter().filter(|(_, answer)| answer.status == status);
        of_it.map(|(_, answer)| answer.elapsed.as_secs_f64()).collect()
    }

    /// Returns how many were served in a second.
    fn goodput(&self, span: Duration) -> f64 {
        f64::from(u32::try_from(self.times(200).len()).unwrap_or(u32::MAX)) / span.as_secs_f64()
    }

    /// Returns how long 99 of 100 with that status took at most, in seconds: for ever, if there are none.
    fn p99(&self, status: u16) -> f64 {
        let mut times = self.times(status);
        times.sort_by(f64::total_cmp);
        times.get((times.len() * 99).div_ceil(100).saturating_sub(1)).copied().unwrap_or(f64::MAX)
    }

    /// Returns when the last call began that was not served in time, in seconds.
    fn recovered(&self, in_time: f64) -> f64 {
        let is_well = |answer: &Answer| answer.status == 200 && answer.elapsed.as_secs_f64() <= in_time;
        let ill = self.0.iter().filter(|(_, answer)| !is_well(answer)).map(|(begun, _)| *begun);
        ill.fold(0.0, f64::max)
    }
}

/// As many callers as are served at a time, each of whom calls again when he has his answer.
async fn at_capacity(gateway: &Arc<Gateway>) -> Result<Came, Unrun> {
    let begun = Instant::now();
    let mut lanes = JoinSet::new();
    for caller in 0..AT_A_TIME {
        let gateway = Arc::clone(gateway);
        lanes.spawn(async move {
            let mut came = Vec::new();
            while begun.elapsed() < SPAN {
                let at = begun.elapsed().as_secs_f64();
                came.push((at, call(&gateway, caller).await));
            }
            came
        });
    }
    Came::new(lanes.join_all().await.concat())
}

/// So many calls a second, whatever comes of them.
async fn at_a_rate(gateway: &Arc<Gateway>, rate: f64, span: Duration) -> Result<Came, Unrun> {
    let begun = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate.max(1.0)));
    let mut calls = JoinSet::new();
    while begun.elapsed() < span {
        ticks.tick().await;
        let (gateway, caller) = (Arc::clone(gateway), calls.len());
        calls.spawn(async move { (begun.elapsed().as_secs_f64(), call(&gateway, caller).await) });
    }
    Came::new(calls.join_all().await)
}

async fn call(gateway: &Arc<Gateway>, caller: usize) -> Answer {
    let call = crowd::call(gateway, caller, 0, "busy", PORT);
    call.await.unwrap_or_default()
}
