//! Threads of a plugin's own, for functions that compute for long or block: they then keep nobody waiting but the calls
//! of the same plugin.
//!
//! An async function that never awaits cannot be stopped; what can be had is that its caller is told in time, and that
//! other calls have threads that are free.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::{Arc, OnceLock};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::error::PluginError;
use crate::operation::Answer;
use crate::reply::Reply;

/// Holds how many threads there are to be, and from the first call on the threads. Documents can so be written without
/// any.
#[derive(Clone)]
pub(crate) struct Threads(Arc<Inner>);

struct Inner {
    name: String,
    count: usize,
    runtime: OnceLock<Result<Runtime, String>>,
}

impl Threads {
    pub(crate) fn new(name: &str, count: usize) -> Self {
        Self(Arc::new(Inner { name: name.to_owned(), count: count.max(1), runtime: OnceLock::new() }))
    }

    /// Runs a call there. Its panic is resumed here, where it is waited for.
    pub(crate) fn run(&self, begin: impl FnOnce() -> Answer + Send + 'static) -> Answer {
        let threads = self.clone();
        Box::pin(async move {
            let runtime = threads.0.runtime.get_or_init(|| threads.start()).as_ref();
            let runtime = runtime.map_err(|error| PluginError::internal(error.clone()))?;
            let mut running = Running(runtime.spawn(async move { begin().await }));
            match (&mut running.0).await {
                Ok(outcome) => outcome,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    Err(error) => Err(PluginError::internal(error)),
                },
            }
        })
    }

    fn start(&self) -> Result<Runtime, String> {
        let Inner { name, count, .. } = &*self.0;
        let mut builder = Builder::new_multi_thread();
        let built = builder.worker_threads(*count).thread_name(name).enable_all().build();
        built.map_err(|error| format!("the plugin's own threads cannot start: {error}"))
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Threads").field(&self.0.count).finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // To wait for functions that may never end is what the threads are there to avoid.
        if let Some(Ok(runtime)) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A call whose caller may go away: the function is then dropped where it next awaits.
struct Running(JoinHandle<Result<Reply, PluginError>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}
