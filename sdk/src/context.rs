//! What a function may know of its call while it runs: how long it may take, and whether anybody still waits.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, LogLevel, Progress};
use crate::error::PluginError;
use crate::schema::{Profile, Schema};

/// Tells a running function about its call: what [`Context`](crate::Context) hands to it.
///
/// Clones are cheap, and mean the same call: give them to tasks and threads that work for it.
///
/// The call is cancelled when its caller goes away before the answer is whole, or when its time is over. The function
/// itself is then dropped, if it is `async`; what it spawned is not, and asks here. A call that ended by itself, well or
/// with an error, is not cancelled any more.
///
/// ```
/// use lobe_plugin_sdk::{Context, PluginError, lobe_plugin};
///
/// /// Count to a million, on a thread of its own.
/// #[lobe_plugin]
/// async fn count(Context(context): Context) -> Result<u32, PluginError> {
///     let work = tokio::task::spawn_blocking(move || (0..1_000_000).take_while(|_| !context.is_cancelled()).last());
///     Ok(work.await?.unwrap_or_default())
/// }
/// ```
#[derive(Clone)]
pub struct CallContext(Arc<Inner>);

struct Inner {
    deadline: Option<Instant>,
    cancellation: CancellationToken,
    ended: AtomicBool,
    client: Option<Arc<dyn Client>>,
}

impl CallContext {
    /// Begins a call that has to end by then, for a client that listens while it runs.
    pub(crate) fn new(deadline: Option<Instant>, client: Option<Arc<dyn Client>>) -> Self {
        let cancellation = CancellationToken::new();
        Self(Arc::new(Inner { deadline, cancellation, ended: AtomicBool::new(false), client }))
    }

    /// Returns when the call's time is over; `None` when it may take as long as it likes.
    #[must_use]
    pub fn deadline(&self) -> Option<std::time::Instant> {
        self.0.deadline.map(Instant::into_std)
    }

    /// Returns how much time is left, down to zero; `None` when it may take as long as it likes.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.0.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Returns whether the call was cancelled, or its time is over while the function still runs: a function that does
    /// not wait cannot be interrupted, and should ask from time to time.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let over = || self.time_left().is_some_and(|left| left.is_zero());
        self.0.cancellation.is_cancelled() || (!self.0.ended.load(Ordering::Relaxed) && over())
    }

    /// Tells the client how far the call is, where it asked for that: an MCP client that sent a progress token.
    ///
    /// ```
    /// use lobe_plugin_sdk::{Context, Progress, lobe_plugin};
    ///
    /// /// Read all pages.
    /// #[lobe_plugin]
    /// async fn read_all(Context(context): Context) -> u32 {
    ///     for page in 1..=3 {
    ///         context.progress(&Progress::of(f64::from(page), 3.0).saying(format!("page {page}")));
    ///     }
    ///     3
    /// }
    /// ```
    pub fn progress(&self, progress: &Progress) {
        if let Some(client) = &self.0.client {
            client.progress(progress);
        }
    }

    /// Tells the client what happened, where it wants to know: for people who look into what a tool did. What the operator
    /// should know goes to `tracing`.
    pub fn log(&self, level: LogLevel, message: impl Into<Value>) {
        if let Some(client) = &self.0.client {
            client.log(level, &message.into());
        }
    }

    /// Returns whether the client has an MCP capability: `elicitation` (people can be asked), `sampling`, `roots`.
    #[must_use]
    pub fn client_can(&self, capability: &str) -> bool {
        self.0.client.as_ref().is_some_and(|client| client.can(capability))
    }

    /// Asks the user, by a form that is made of `T`: a struct of texts, numbers, booleans and enums without fields.
    ///
    /// Most clients cannot be asked, LobeHub among them, so a tool should be able to do without: by an optional argument, for
    /// one. `key` tells the questions of one call apart. In the protocol's newer era the function is dropped here and run
    /// again from its start when the answer is there, so what stands before a question should be safe to repeat.
    ///
    /// ```
    /// use lobe_plugin_sdk::{Context, PluginError, lobe_plugin};
    /// use schemars::JsonSchema;
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize, JsonSchema)]
    /// struct Consent {
    ///     /// Whether it is really to be emptied.
    ///     sure: bool,
    /// }
    ///
    /// /// Empty a shelf.
    /// #[lobe_plugin]
    /// async fn empty(number: u8, Context(context): Context) -> Result<String, PluginError> {
    ///     let consent: Consent = context.ask("consent", "Are you sure?").await?;
    ///     Ok(format!("shelf {number} is {}", if consent.sure { "empty" } else { "as it was" }))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// When the client cannot be asked, the user declines, or the answer is none of that form.
    pub async fn ask<T: DeserializeOwned + JsonSchema>(
        &self,
        key: &str,
        message: &str,
    ) -> Result<T, PluginError> {
        let form = Schema::input_of::<T>().in_profile(Profile::Portable);
        let params = json!({ "message": message, "requestedSchema": form });
        let mut answer = self.request(key, "elicitation/create", params).await?;
        if answer.get("action").is_none_or(|action| action != "accept") {
            return Err(PluginError::bad_request(format!("the user did not answer the question: {message}")));
        }
        let content = answer.get_mut("content").map(Value::take).unwrap_or_default();
        serde_json::from_value(content)
            .map_err(|_| PluginError::bad_request(format!("the answer does not fit the question: {message}")))
    }

    /// Sends a request of MCP to the client, as it is: `elicitation/create` with a form of one's own,
    /// `sampling/createMessage`, `roots/list`. What was said of [`ask`](Self::ask) holds here, too.
    ///
    /// # Errors
    ///
    /// When the client cannot answer such a request, or refuses it.
    pub async fn request(&self, key: &str, method: &str, params: Value) -> Result<Value, PluginError> {
        match &self.0.client {
            Some(client) => client.request(key, method, params).await,
            None => Err(PluginError::bad_request(
                "this needs an answer of the caller's, and whoever calls cannot be asked: give what is missing as an argument",
            )),
        }
    }

    /// Completes when the call is cancelled; never, when it ends by itself.
    pub async fn cancelled(&self) {
        self.0.cancellation.cancelled().await;
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CallContext")
            .field("time_left", &self.time_left())
            .field("is_cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

/// Is kept by whoever runs the call: dropped before it is said to have ended, it cancels.
#[derive(Debug, Default)]
pub(crate) struct Ending(Option<CallContext>);

impl Ending {
    pub(crate) fn of(context: Option<CallContext>) -> Self {
        Self(context)
    }

    /// Says that the call ended by itself.
    pub(crate) fn reached(&mut self) {
        if let Some(context) = self.0.take() {
            context.0.ended.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(context) = self.0.take() {
            context.0.cancellation.cancel();
        }
    }
}
