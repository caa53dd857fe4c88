//! The healthy call beside a vector: whether others suffer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::Gateway;
use crate::wire::Answer;

/// How often the probe calls.
const EVERY: Duration = Duration::from_millis(20);

/// Calls a healthy plugin again and again until it is [stopped](Self::stop).
pub(crate) struct Probe {
    calls: JoinHandle<Vec<Duration>>,
    stop: oneshot::Sender<()>,
}

/// What the probe saw.
#[derive(Debug)]
pub(crate) struct Health {
    pub(crate) p99: Duration,
    pub(crate) calls: usize,
}

impl Probe {
    /// Begins to call.
    pub(crate) fn begin(gateway: &Arc<Gateway>) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { calls: tokio::spawn(call_until(stopped, Arc::clone(gateway))), stop }
    }

    /// Begins no more calls, waits for those under way, so that none is left beside what comes next, and tells of all.
    pub(crate) async fn stop(self) -> Health {
        drop(self.stop);
        let mut times = self.calls.await.unwrap_or_else(|_| vec![Duration::MAX]);
        times.sort_unstable();
        let rank = (times.len() * 99).div_ceil(100).saturating_sub(1);
        Health { p99: times.get(rank).copied().unwrap_or_default(), calls: times.len() }
    }
}

async fn call_until(mut stopped: oneshot::Receiver<()>, gateway: Arc<Gateway>) -> Vec<Duration> {
    let (mut ticks, mut calls) = (tokio::time::interval(EVERY), JoinSet::new());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = &mut stopped => return calls.join_all().await,
        }
        // Each on its own: one that waits must not keep the next from noticing.
        let gateway = Arc::clone(&gateway);
        calls.spawn(async move { time(&gateway.call_healthy().await) });
    }
}

/// A call that failed counts as one that took for ever.
fn time(answer: &Answer) -> Duration {
    if answer.status == 200 { answer.elapsed } else { Duration::MAX }
}
