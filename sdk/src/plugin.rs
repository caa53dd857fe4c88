//! A plugin, and the one narrow waist that every call passes through: [`Plugin::call`].
//!
//! Whatever door a call comes in by, and whatever kind of plugin answers, it is this function that finds the
//! operation, limits its time, survives its panics and logs its failure. There is no second way to a function.

use std::any::TypeId;
use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use serde_json::Value;

use crate::call::Call;
use crate::caller::Door;
use crate::context::{CallContext, Ending};
use crate::error::PluginError;
use crate::guard::{self, Deadline, Report};
use crate::identity::Identity;
use crate::name;
use crate::operation::{Answer, Function, Next, Operation};
use crate::operations::Operations;
use crate::protocol::{PluginType, Ui};
use crate::reply::Reply;
use crate::schema::Schema;
use crate::state::{Maker, StartError, States};
#[cfg(feature = "http")]
use crate::threads::Threads;

/// Holds an identity and the operations that can be called under it.
///
/// On a module, `#[lobe_plugin]` writes a function `plugin()` that makes one. The form underneath:
///
/// ```
/// use lobe_plugin_sdk::{Call, Plugin, lobe_plugin};
/// use serde_json::json;
///
/// /// Adds two numbers.
/// #[lobe_plugin]
/// fn add(left: i32, right: i32) -> i32 {
///     left + right
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let plugin = Plugin::new("calculator").with::<add>();
/// let reply = plugin.call(Call::new("add", json!({ "left": 1, "right": 2 }))).await.unwrap();
/// assert_eq!(reply.as_text(), "3");
/// assert_eq!(add(1, 2), 3); // the function stays a function
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Plugin {
    identity: Identity,
    settings: Option<Schema>,
    operations: Operations,
    states: Arc<States>,
    makers: Vec<Maker>,
    #[cfg(feature = "http")]
    threads: Option<Threads>,
}

impl Plugin {
    /// Starts a plugin that can do nothing yet.
    ///
    /// # Panics
    ///
    /// When `identifier` is not a name that every client accepts: 1 to 40 of `[a-zA-Z0-9_-]`, no `__`.
    #[must_use]
    #[track_caller]
    pub fn new(identifier: impl Into<Cow<'static, str>>) -> Self {
        let identifier = identifier.into();
        if let Some(fault) = name::fault(&identifier) {
            panic!("`{identifier}` cannot be a plugin's identifier: {fault}");
        }
        Self::foreign(identifier)
    }

    /// Starts a plugin whose names a stranger chose: one that stands in a manifest which was read at run time.
    ///
    /// Any identifier will do. What is not a legal name can be called, and a door that cannot show it leaves it out.
    #[must_use]
    pub fn foreign(identifier: impl Into<Cow<'static, str>>) -> Self {
        Self {
            identity: Identity::new(identifier.into()),
            settings: None,
            operations: Operations::default(),
            states: Arc::default(),
            makers: Vec::new(),
            #[cfg(feature = "http")]
            threads: None,
        }
    }

    /// Adds an operation whose name a stranger chose; of two of the same name the first one counts, as in LobeHub's
    /// gateway.
    #[must_use]
    pub fn foreign_operation(mut self, operation: Operation) -> Self {
        self.operations.add(operation);
        self
    }

    /// Leaves out the operations that `keep` refuses: they can neither be seen nor called.
    #[must_use]
    pub fn keeping(mut self, keep: impl Fn(&Operation) -> bool) -> Self {
        self.operations.retain(keep);
        self
    }

    /// Keeps all operations for callers who have these scopes, beside those that each has: see [`Operation::scopes`].
    #[must_use]
    pub fn scopes<T: Into<Cow<'static, str>>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        let scopes: Vec<Cow<'static, str>> = scopes.into_iter().map(Into::into).collect();
        let kept = |operation: Operation| operation.scopes(scopes.iter().cloned());
        self.operations = self.operations.map(kept);
        self
    }

    /// Lets `handler` answer all calls, in place of the operations' own functions. What documents say stays.
    ///
    /// It is how a plugin is put behind something: a gateway, a cache, a recorder. Arguments reach it as they came.
    #[must_use]
    pub fn handled_by<H, F>(mut self, handler: H) -> Self
    where
        H: Fn(Call) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Reply, PluginError>> + Send + 'static,
    {
        let handled = |operation: Operation| operation.handled_by(handler.clone());
        self.operations = self.operations.map(handled);
        self
    }

    /// Lets `guard` see every call before its function does, and every answer after it: to count, to log, to refuse, to
    /// remember. What documents say stays, and so does what functions need.
    ///
    /// ```
    /// use lobe_plugin_sdk::{Plugin, PluginError};
    ///
    /// let plugin = Plugin::new("clothes").guarded_by(|call, next| async move {
    ///     if call.caller().subject().is_none() {
    ///         return Err(PluginError::unauthorized("say who you are"));
    ///     }
    ///     next.run(call).await
    /// });
    /// ```
    #[must_use]
    pub fn guarded_by<G, F>(mut self, guard: G) -> Self
    where
        G: Fn(Call, Next) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Reply, PluginError>> + Send + 'static,
    {
        let guarded = |operation: Operation| operation.guarded_by(guard.clone());
        self.operations = self.operations.map(guarded);
        self
    }

    /// Adds an annotated function.
    ///
    /// # Panics
    ///
    /// As [`operation`](Self::operation).
    #[must_use]
    #[track_caller]
    pub fn with<F: Function>(self) -> Self {
        self.operation(F::operation())
    }

    /// Adds an operation.
    ///
    /// # Panics
    ///
    /// When its name is not one that every client accepts, is reserved, or is taken: also when it differs from
    /// another one by `-` and `_` only, because OpenAPI documents write both as `_`.
    #[must_use]
    #[track_caller]
    pub fn operation(mut self, operation: Operation) -> Self {
        let new = operation.name();
        if let Some(fault) = name::fault(new) {
            panic!("`{new}` cannot be an operation's name: {fault}");
        }
        assert!(
            !name::RESERVED_OPERATION_NAMES.contains(&new),
            "`{new}` is a name of the gateway's own routes"
        );
        let same_id = |other: &&Operation| name::operation_id(other.name()) == name::operation_id(new);
        if let Some(other) = self.operations().iter().find(same_id) {
            panic!("`{new}` and `{}` are one name in an OpenAPI document", other.name());
        }
        for needed in operation.needed_settings() {
            self.settings = Some(match self.settings {
                Some(known) => known.united_with(needed),
                None => needed.clone(),
            });
        }
        self.operations.add(operation);
        self
    }

    /// Adds a state for `State<S>` parameters; a second one of the same type replaces the first.
    #[must_use]
    pub fn with_state<S: Clone + Send + Sync + 'static>(mut self, state: S) -> Self {
        Arc::make_mut(&mut self.states).insert(state);
        self
    }

    /// Adds a state that is made when the plugin starts, and not before: so its documents can be written without a
    /// database or a key.
    ///
    /// [`run`](crate::run) starts it before it serves; whoever makes a router calls [`start`](Self::start).
    ///
    /// ```
    /// use lobe_plugin_sdk::{Plugin, State, lobe_plugin};
    ///
    /// #[derive(Clone)]
    /// struct Key(String);
    ///
    /// /// Show how long the key is.
    /// #[lobe_plugin]
    /// fn key_length(State(Key(key)): State<Key>) -> usize {
    ///     key.len()
    /// }
    ///
    /// let plugin = Plugin::new("keys")
    ///     .with_state_from(|| async { std::env::var("API_KEY").map(Key) })
    ///     .with::<key_length>();
    /// ```
    #[must_use]
    pub fn with_state_from<S, E, F>(mut self, make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        S: Clone + Send + Sync + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: Future<Output = Result<S, E>> + Send + 'static,
    {
        self.makers.push(Maker::new(make));
        self
    }

    /// Makes the states that were left for now.
    ///
    /// # Errors
    ///
    /// The first state that cannot be made.
    pub async fn start(mut self) -> Result<Self, StartError> {
        for maker in std::mem::take(&mut self.makers) {
            Arc::make_mut(&mut self.states).make(&maker).await?;
        }
        Ok(self)
    }

    /// Gives the plugin `count` threads of its own, at least one, on which all its functions run: right for functions
    /// that compute for long or block, and for plugins that are not trusted to do neither. Calls are then answered 504
    /// in time even when a function never awaits, and other plugins keep their pace. A function that never returns
    /// keeps its thread for ever.
    ///
    /// A call costs some 10 µs of CPU more. The threads start with the first call. What a function streams is asked for
    /// by the server's own threads.
    ///
    /// ```
    /// # use lobe_plugin_sdk::Plugin;
    /// let plugin = Plugin::new("prime-numbers").on_own_threads(2);
    /// ```
    #[cfg(feature = "http")]
    #[must_use]
    pub fn on_own_threads(mut self, count: usize) -> Self {
        self.threads = Some(Threads::new(&self.identity.identifier, count));
        self
    }

    /// Sets what the user has to enter before the plugin can be used, as a JSON Schema of an object.
    #[must_use]
    pub fn settings_schema(mut self, schema: Schema) -> Self {
        self.settings = Some(schema);
        self
    }

    /// Sets the name people see.
    #[must_use]
    pub fn title(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.identity.title = Some(title.into());
        self
    }

    /// Sets what it is for, in a sentence or two.
    #[must_use]
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.identity.description = description.into();
        self
    }

    /// Sets its picture: an emoji or a URL.
    #[must_use]
    pub fn avatar(mut self, avatar: impl Into<Cow<'static, str>>) -> Self {
        self.identity.avatar = Some(avatar.into());
        self
    }

    /// Adds words to find it by.
    #[must_use]
    pub fn tags<T: Into<Cow<'static, str>>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.identity.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Sets who wrote it.
    #[must_use]
    pub fn author(mut self, author: impl Into<Cow<'static, str>>) -> Self {
        self.identity.author = non_empty(author.into());
        self
    }

    /// Sets a page about it.
    #[must_use]
    pub fn homepage(mut self, homepage: impl Into<Cow<'static, str>>) -> Self {
        self.identity.homepage = non_empty(homepage.into());
        self
    }

    /// Sets its version, which OpenAPI documents show.
    #[must_use]
    pub fn version(mut self, version: impl Into<Cow<'static, str>>) -> Self {
        self.identity.version = version.into();
        self
    }

    /// Sets its licence as an SPDX expression, which OpenAPI documents show.
    #[must_use]
    pub fn license(mut self, license: impl Into<Cow<'static, str>>) -> Self {
        self.identity.license = non_empty(license.into());
        self
    }

    /// Sets when it was made, as a date such as `2026-01-31`.
    #[must_use]
    pub fn created_at(mut self, date: impl Into<Cow<'static, str>>) -> Self {
        self.identity.created_at = Some(date.into());
        self
    }

    /// Sets what LobeChat does with its answers.
    #[must_use]
    pub fn kind(mut self, kind: PluginType) -> Self {
        self.identity.kind = Some(kind);
        self
    }

    /// Sets what the model is told about using it.
    #[must_use]
    pub fn system_role(mut self, system_role: impl Into<Cow<'static, str>>) -> Self {
        self.identity.system_role = Some(system_role.into());
        self
    }

    /// Sets the page that shows its answers. A path such as `/ui` is completed by the public URL.
    #[must_use]
    pub fn ui(mut self, ui: Ui) -> Self {
        self.identity.ui = Some(ui);
        self
    }

    /// Sets where the JSON Schema of its manifest stands, for editors.
    #[must_use]
    pub fn manifest_schema(mut self, url: impl Into<Cow<'static, str>>) -> Self {
        self.identity.schema = Some(url.into());
        self
    }

    /// Returns who the plugin is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns what it can do, in the order it was told.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        self.operations.as_slice()
    }

    /// Returns what the user has to enter, unabridged.
    #[must_use]
    pub fn settings(&self) -> Option<&Schema> {
        self.settings.as_ref()
    }

    /// Finds an operation by its name, or by the spelling that OpenAPI documents have for it.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Operation> {
        let meant = || self.operations().iter().find(|operation| name::means(name, operation.name()));
        self.operations.get(name).or_else(meant)
    }

    /// Returns the states that functions ask for and nobody gave, as the names of their types.
    #[must_use]
    pub fn missing_states(&self) -> Vec<&'static str> {
        self.needed_states(|state| self.makers.iter().any(|maker| maker.type_id == state))
    }

    /// Returns the states that functions ask for and that are not there yet.
    #[cfg(feature = "http")]
    pub(crate) fn absent_states(&self) -> Vec<&'static str> {
        self.needed_states(|_| false)
    }

    fn needed_states(&self, promised: impl Fn(TypeId) -> bool) -> Vec<&'static str> {
        let needed = self.operations().iter().flat_map(Operation::needed_states);
        let missing = needed.filter(|state| !self.states.has(state.type_id) && !promised(state.type_id));
        let mut names: Vec<_> = missing.map(|state| state.type_name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Calls an operation. Every door, every test and the gateway come through here.
    ///
    /// An answer that streams has begun when this returns: what fails before its first chunk is an error here. Afterwards
    /// the chunks are watched in the same way, up to the last one; to drop them is to cancel the call.
    ///
    /// # Errors
    ///
    /// What the function failed with; [`PluginApiNotFound`](crate::ErrorType::PluginApiNotFound) for a name that is
    /// nobody's; 403 when the caller lacks a scope of the operation; 504 when the call's time is over; 500 with a constant text when the function panics. The cause of
    /// an internal error is in the log and nowhere else.
    pub async fn call(&self, call: Call) -> Result<Reply, PluginError> {
        let Some(operation) = self.find(call.operation()) else {
            return Err(self.unknown_operation(call.operation()));
        };
        if !operation.get_scopes().is_empty() && !call.has_scopes(operation.get_scopes()) {
            return Err(PluginError::insufficient_scope(operation.get_scopes()));
        }
        let door = call.door();
        let deadline = call.timeout().and_then(Deadline::after);
        let context = operation
            .is_watched()
            .then(|| CallContext::new(deadline.map(|deadline| deadline.at), call.client()));
        let mut ending = Ending::of(context.clone());
        let report = || self.report(operation, door);
        let call = call.lent(Arc::clone(&self.states), operation.rules(), context);
        let outcome = match guard::run(|| self.begin(operation, call), deadline, &mut ending).await {
            // Boxed, so that calls that do not stream need no room for it.
            Ok(reply) if reply.is_stream() => {
                Box::pin(guard::watch_stream(reply, deadline, ending, report())).await
            }
            outcome => outcome,
        };
        outcome.map_err(|error| {
            report().failed(&error);
            error.with_expectations(operation.get_parameters())
        })
    }

    /// Begins a call, on threads of the plugin's own where it has some.
    fn begin(&self, operation: &Operation, call: Call) -> Answer {
        #[cfg(feature = "http")]
        if let Some(threads) = &self.threads {
            return threads.run(operation.begin(call));
        }
        operation.begin(call)()
    }

    fn report(&self, operation: &Operation, door: Door) -> Report {
        Report { plugin: self.identity.identifier.clone(), operation: operation.shared_name(), door }
    }

    fn unknown_operation(&self, asked: &str) -> PluginError {
        let names = self.operations().iter().map(Operation::name);
        let asked: String = asked.chars().take(name::MAX_NAME_LENGTH).collect();
        let hint = match name::nearest(&asked, names) {
            Some(meant) => format!("; did you mean `{meant}`?"),
            None => String::new(),
        };
        let identifier = &self.identity.identifier;
        PluginError::operation_not_found(format!("`{identifier}` has no operation `{asked}`{hint}"))
    }
}

fn non_empty(text: Cow<'static, str>) -> Option<Cow<'static, str>> {
    (!text.is_empty()).then_some(text)
}

/// Lets a test say `plugin.ask("add", json!({..}))`.
impl Plugin {
    /// Calls an operation with these arguments and nothing else, and waits for all of the answer: what most unit tests
    /// want.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub async fn ask(&self, operation: &str, arguments: Value) -> Result<Reply, PluginError> {
        self.call(Call::new(operation.to_owned(), arguments)).await?.collect().await
    }
}
