//! The healthy call beside a vector: whether others suffer.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::Gateway;

/// How often the probe calls.
const EVERY: Duration = Duration::from_millis(20);

/// Calls a healthy plugin again and again until it is [stopped](Self::stop).
pub(crate) struct Probe {
    calls: JoinHandle<()>,
    times: Arc<std::sync::Mutex<Vec<Duration>>>,
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
        let times = Arc::default();
        let calls = tokio::spawn(call(Arc::clone(gateway), Arc::clone(&times)));
        Self { calls, times }
    }

    /// Ends the calls and tells of them. A call that failed counts as one that took for ever.
    pub(crate) fn stop(self) -> Health {
        self.calls.abort();
        let mut times = self.times.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        times.sort_unstable();
        let rank = (times.len() * 99).div_ceil(100).saturating_sub(1);
        Health { p99: times.get(rank).copied().unwrap_or_default(), calls: times.len() }
    }
}

async fn call(gateway: Arc<Gateway>, times: Arc<std::sync::Mutex<Vec<Duration>>>) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        let (gateway, times) = (Arc::clone(&gateway), Arc::clone(&times));
        // Each on its own: one that waits must not keep the next from noticing.
        tokio::spawn(async move {
            let answer = gateway.call_healthy().await;
            let time = if answer.status == 200 { answer.elapsed } else { Duration::MAX };
            times.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(time);
        });
    }
}
