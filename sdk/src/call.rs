//! One call on its way in: what every door hands to [`Plugin::call`](crate::Plugin::call).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Extensions, HeaderMap};
use serde::Serialize;

use crate::caller::{CallerIdentity, Door};
use crate::client::Client;
use crate::context::CallContext;
use crate::error::PluginError;
use crate::protocol::UserSettings;
use crate::rules::{RuleBook, Rules};
use crate::state::States;

/// Asks a plugin for one operation.
///
/// Doors make calls, and so do unit tests:
///
/// ```
/// # use lobe_plugin_sdk::Call;
/// # use serde_json::json;
/// let call = Call::new("recommend_clothes", json!({ "mood": "happy", "gender": "man" }));
/// assert_eq!(call.operation(), "recommend_clothes");
/// ```
#[derive(Debug)]
pub struct Call(
    // Boxed, because a call is moved from hand to hand a dozen times on its way to the function.
    Box<Parts>,
);

#[derive(Debug)]
struct Parts {
    operation: Cow<'static, str>,
    arguments: Arguments,
    settings: UserSettings,
    door: Door,
    caller: Option<CallerIdentity>,
    timeout: Option<Duration>,
    headers: HeaderMap,
    extensions: Extensions,
    /// Who listens while it runs.
    client: Option<Arc<dyn Client>>,
    /// What the plugin lends the call on its way to the function.
    lent: Option<Lent>,
}

#[derive(Debug)]
struct Lent {
    states: Arc<States>,
    rules: Arc<RuleBook>,
    context: Option<CallContext>,
}

impl Call {
    /// Makes a call with these arguments, which should serialise to a JSON object.
    pub fn new(operation: impl Into<Cow<'static, str>>, arguments: impl Into<Arguments>) -> Self {
        Self(Box::new(Parts {
            operation: operation.into(),
            arguments: arguments.into(),
            settings: UserSettings::default(),
            door: Door::default(),
            caller: None,
            timeout: None,
            headers: HeaderMap::new(),
            extensions: Extensions::new(),
            client: None,
            lent: None,
        }))
    }

    /// Lends it the plugin's states, the rules of the operation's arguments, and what a function that asks for it may
    /// know of the running call.
    pub(crate) fn lent(
        mut self,
        states: Arc<States>,
        rules: Arc<RuleBook>,
        context: Option<CallContext>,
    ) -> Self {
        self.0.lent = Some(Lent { states, rules, context });
        self
    }

    /// Returns the rules of the operation's arguments.
    pub(crate) fn rules(&self) -> &[(&'static str, Rules)] {
        self.0.lent.as_ref().map_or(&[], |lent| &lent.rules)
    }

    /// Adds the user's settings.
    #[must_use]
    pub fn with_settings(mut self, settings: UserSettings) -> Self {
        self.0.settings = settings;
        self
    }

    /// Says which door it came in by.
    #[must_use]
    pub fn through(mut self, door: Door) -> Self {
        self.0.door = door;
        self
    }

    /// Says who calls, as whoever authenticated them knows. It wins over what a middleware left with the request.
    #[must_use]
    pub fn by(mut self, caller: CallerIdentity) -> Self {
        self.0.caller = Some(caller);
        self
    }

    /// Limits how long the function may take, and the stream that it may answer with; afterwards the call is dropped and
    /// answered with 504, or its answer breaks off.
    ///
    /// Needs a tokio runtime with its timer on.
    #[must_use]
    pub fn within(mut self, timeout: Duration) -> Self {
        self.0.timeout = Some(timeout);
        self
    }

    /// Adds the headers of the request that carried the call.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.0.headers = headers;
        self
    }

    /// Adds what a middleware left with the request that carried the call.
    #[must_use]
    pub fn with_extensions(mut self, extensions: Extensions) -> Self {
        self.0.extensions = extensions;
        self
    }

    /// Exchanges the arguments.
    pub(crate) fn with_arguments(mut self, arguments: Arguments) -> Self {
        self.0.arguments = arguments;
        self
    }

    /// Lets somebody listen while it runs.
    #[cfg(feature = "mcp")]
    pub(crate) fn heard_by(mut self, client: Arc<dyn Client>) -> Self {
        self.0.client = Some(client);
        self
    }

    /// Returns who listens while it runs.
    pub(crate) fn client(&self) -> Option<Arc<dyn Client>> {
        self.0.client.clone()
    }

    /// Returns the operation's name as the caller wrote it.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// Returns the arguments as they came.
    #[must_use]
    pub fn arguments(&self) -> &Arguments {
        &self.0.arguments
    }

    /// Returns the user's settings.
    #[must_use]
    pub fn settings(&self) -> &UserSettings {
        &self.0.settings
    }

    /// Returns the door it came in by.
    #[must_use]
    pub fn door(&self) -> Door {
        self.0.door
    }

    /// Returns who calls: as [`by`](Self::by) said, or else the [`CallerIdentity`] that a middleware left with the
    /// request; anonymous when nobody did.
    #[must_use]
    pub fn caller(&self) -> CallerIdentity {
        let left = || self.0.extensions.get::<CallerIdentity>();
        self.0.caller.as_ref().or_else(left).cloned().unwrap_or_default().through(self.0.door)
    }

    /// Returns whether its caller may do all of these. The program's own code names no caller, and needs no scope.
    pub(crate) fn has_scopes(&self, scopes: &[Cow<'static, str>]) -> bool {
        let caller = self.caller();
        caller.has_scopes(scopes) || (caller.door() == Door::Direct && caller.subject().is_none())
    }

    /// Returns how long the function may take.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.0.timeout
    }

    /// Returns the headers of the request that carried the call; empty where there was none.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Returns what a middleware left with the request that carried the call.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// Returns the plugin's state of type `S`: what [`State`](crate::State) hands to functions.
    ///
    /// # Errors
    ///
    /// When the plugin was given no such state: the author's mistake, so the caller reads a constant text.
    pub fn state<S: Clone + Send + Sync + 'static>(&self) -> Result<S, PluginError> {
        self.0.lent.as_ref().and_then(|lent| lent.states.get::<S>()).ok_or_else(|| {
            let wanted = std::any::type_name::<S>();
            PluginError::internal(format!("no state of type `{wanted}`: add `.with_state(..)` to the plugin"))
        })
    }

    /// Returns what may be known of the running call: what [`Context`](crate::Context) hands to functions.
    ///
    /// # Errors
    ///
    /// When the operation did not say that it needs it: the author's mistake, so the caller reads a constant text.
    pub fn context(&self) -> Result<CallContext, PluginError> {
        self.0.lent.as_ref().and_then(|lent| lent.context.clone()).ok_or_else(|| {
            PluginError::internal("nobody watches this call: add `.extracts::<Context>()` to the operation")
        })
    }
}

/// Holds a call's arguments as the very JSON text that came, so that it can be forwarded byte for byte.
#[derive(Clone, Default)]
pub struct Arguments(Option<Bytes>);

impl Arguments {
    /// Takes a JSON text as it came; what stands in it is judged when it is read.
    pub fn from_text(text: impl Into<Bytes>) -> Self {
        Self(Some(text.into()))
    }

    /// Serialises a value.
    ///
    /// # Errors
    ///
    /// What the value's own `Serialize` reports.
    pub fn from_value(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_vec(value).map(Self::from_text)
    }

    /// Returns the JSON text; empty when the caller sent none.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Returns whether the caller sent none at all, not even an empty text.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

impl From<serde_json::Value> for Arguments {
    fn from(value: serde_json::Value) -> Self {
        Self::from_text(value.to_string())
    }
}

/// Shows the length only: arguments are the user's own, and logs are read by others.
impl fmt::Debug for Arguments {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Arguments({} bytes)", self.text().len())
    }
}
