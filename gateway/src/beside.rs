//! Work that takes more than a moment, done beside the event loop, a few at a time: what one caller sends to be judged or
//! read delays nobody else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

use crate::admission::Busy;

/// How long work waits for its place.
const PATIENCE: Duration = Duration::from_secs(2);
/// What takes longer is told to the operator.
const LONG: Duration = Duration::from_millis(200);
/// Texts of as many bytes are read at once: YAML takes two milliseconds for them, JSON a tenth. Manifests of real plugins
/// have a few thousand.
const SHORT: usize = 8 << 10;

/// The places for such work. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Beside(Arc<Semaphore>);

impl Default for Beside {
    fn default() -> Self {
        // Half of the machine, so that the other half answers everybody else.
        let places = std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
        Self(Arc::new(Semaphore::new(places)))
    }
}

impl Beside {
    /// Does something long; `what` it is stands in the log when it was very long.
    pub(crate) async fn run<T>(&self, what: &'static str, work: impl FnOnce() -> T) -> Result<T, Busy> {
        let place = tokio::time::timeout(PATIENCE, self.0.acquire()).await;
        // The semaphore is never closed.
        let Ok(Ok(_place)) = place else {
            tracing::warn!("there was no place for {what}");
            return Err(Busy);
        };
        let begun = Instant::now();
        let done = match Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
            // There is one thread, and nothing beside it.
            _ => work(),
        };
        let took = begun.elapsed();
        if took > LONG {
            tracing::warn!(ms = took.as_millis(), "{what} was costly");
        }
        Ok(done)
    }

    /// Reads a text of so many bytes: at once where it is short.
    pub(crate) async fn read<T>(&self, bytes: usize, read: impl FnOnce() -> T) -> Result<T, Busy> {
        if bytes <= SHORT {
            return Ok(read());
        }
        self.run("a document to read", read).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn long_work_keeps_nobody_waiting_and_is_done_a_few_at_a_time() {
        let beside = Beside::default();
        let (begun, begins) = std::sync::mpsc::channel();
        let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
        let long = beside.clone();
        let long = tokio::spawn(async move {
            // As many places as there are, but for one.
            let _others = long.0.acquire_many(u32::try_from(long.0.available_permits() - 1).unwrap()).await;
            let waits = move || (begun.send(()).unwrap(), goes_on.recv().unwrap());
            long.read(SHORT + 1, waits).await.map(drop)
        });
        // The only worker is the one that waits there, and yet this goes on.
        tokio::task::spawn_blocking(move || begins.recv().unwrap()).await.unwrap();
        assert_eq!(beside.run("work", || ()).await, Err(Busy), "there is no place left");
        assert_eq!(beside.read(SHORT, || ()).await, Ok(()), "what is short needs none");
        go_on.send(()).unwrap();
        assert_eq!(long.await.unwrap(), Ok(()));
        assert_eq!(beside.run("work", || ()).await, Ok(()));
    }
}
