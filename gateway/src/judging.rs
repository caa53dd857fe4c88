//! Where values are held against schemas: at once where that is little work, and otherwise beside the event loop, a few at a
//! time, so that a costly schema delays nobody but who sent it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

use crate::admission::Busy;
use crate::target::Judge;
use crate::validate::{BUDGET, CheckError, SchemaLimits};

/// What is judged at once, in units of the budget: less than a millisecond. Judgements of real plugins take a tenth.
const LITTLE: u64 = 10_000;
/// How long a judgement waits for its place.
const PATIENCE: Duration = Duration::from_secs(2);
/// What takes longer is told to the operator.
const LONG: Duration = Duration::from_millis(200);

/// Holds values against schemas. Clones share their places.
#[derive(Clone, Debug)]
pub(crate) struct Judging {
    /// Bounds the schemas of strangers.
    limits: SchemaLimits,
    places: Arc<Semaphore>,
}

impl Default for Judging {
    fn default() -> Self {
        Self::new(SchemaLimits::default())
    }
}

impl Judging {
    pub(crate) fn new(limits: SchemaLimits) -> Self {
        // Half of the machine, so that the other half answers everybody else.
        let places = std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
        Self { limits, places: Arc::new(Semaphore::new(places)) }
    }

    /// Holds a value against a schema, which is compiled before if it was not.
    pub(crate) async fn judge(&self, judge: &Judge, value: &Value) -> Result<Result<(), CheckError>, Busy> {
        match judge.ready().map(|validator| validator?.check_within(LITTLE, value)) {
            None | Some(Err(CheckError::TooCostly)) => {
                self.beside(|| judge.validator(&self.limits)?.check_within(BUDGET, value)).await
            }
            Some(verdict) => Ok(verdict),
        }
    }

    /// Does something long beside the event loop.
    pub(crate) async fn beside<T>(&self, work: impl FnOnce() -> T) -> Result<T, Busy> {
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await;
        // The semaphore is never closed.
        let Ok(Ok(_place)) = place else { return Err(Busy) };
        let begun = Instant::now();
        let done = match Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
            // There is one thread, and nothing beside it.
            _ => work(),
        };
        let took = begun.elapsed();
        if took > LONG {
            tracing::warn!(ms = took.as_secs_f64() * 1e3, "a schema was costly to judge by");
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn schemas_of_strangers_are_bounded_and_ours_are_not() {
        let judging = Judging::new(SchemaLimits { nodes: 2, ..SchemaLimits::default() });
        let schema = json!({ "properties": { "a": { "type": "string" }, "b": true } });
        let value = json!({ "a": "x" });
        assert_eq!(judging.judge(&Judge::own(schema.clone()), &value).await, Ok(Ok(())));
        let Ok(Err(CheckError::Broken(finding))) = judging.judge(&Judge::of_stranger(schema), &value).await
        else {
            panic!("it was judged by");
        };
        assert_eq!(finding.error, "The schema has more than 2 schemas within it.");
    }

    #[tokio::test]
    async fn what_takes_more_than_a_little_is_judged_to_its_end() {
        let judging = Judging::default();
        let judge = Judge::of_stranger(json!({ "items": { "type": "string" } }));
        let mut many = vec![json!("x"); 20_000];
        assert_eq!(judging.judge(&judge, &json!(many)).await, Ok(Ok(())));
        assert_eq!(judging.judge(&judge, &json!(many)).await, Ok(Ok(())), "beside the loop");
        many.push(json!(1));
        assert!(matches!(judging.judge(&judge, &json!(many)).await, Ok(Err(CheckError::Invalid(_)))));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn long_work_keeps_nobody_waiting_and_is_done_a_few_at_a_time() {
        let judging = Judging::default();
        let (begun, begins) = std::sync::mpsc::channel();
        let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
        let long = judging.clone();
        let long = tokio::spawn(async move {
            // As many places as there are, but for one.
            let _others =
                long.places.acquire_many(u32::try_from(long.places.available_permits() - 1).unwrap()).await;
            let waits = move || (begun.send(()).unwrap(), goes_on.recv().unwrap());
            long.beside(waits).await.map(drop)
        });
        // The only worker is the one that waits there, and yet this goes on.
        tokio::task::spawn_blocking(move || begins.recv().unwrap()).await.unwrap();
        assert_eq!(judging.beside(|| ()).await, Err(Busy), "there is no place left");
        go_on.send(()).unwrap();
        assert_eq!(long.await.unwrap(), Ok(()));
        assert_eq!(judging.beside(|| ()).await, Ok(()));
    }
}
