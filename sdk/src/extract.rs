//! What a function may ask for besides its arguments, in the axum spelling: `State(db): State<Db>`.
//!
//! One trait reads a value from a [`Call`] and says what the operation needs for it, so that what is served and what
//! is documented cannot drift apart.

use std::any::TypeId;
use std::future::Future;

use schemars::JsonSchema;

use crate::arguments::{self, Argument};
use crate::call::Call;
use crate::caller::CallerIdentity;
use crate::context::CallContext;
use crate::error::PluginError;
use crate::schema::Schema;

/// Reads a value from a call, for a parameter that is written as a pattern.
///
/// Implement it for types of your own:
///
/// ```
/// use lobe_plugin_sdk::{Call, FromCall, PluginError};
///
/// struct Tenant(String);
///
/// impl FromCall for Tenant {
///     async fn from_call(call: &Call) -> Result<Self, PluginError> {
///         let header = call.headers().get("x-tenant").and_then(|value| value.to_str().ok());
///         header.map(|name| Self(name.to_owned())).ok_or_else(|| PluginError::unauthorized("which tenant?"))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be injected into a plugin function",
    label = "this type does not say how it is read from a call",
    note = "a parameter written as a pattern is injected, as in `State(db): State<Db>`; give it a plain name to make it an argument",
    note = "or implement `FromCall` for `{Self}`"
)]
pub trait FromCall: Sized + Send {
    /// Says whether this reads the arguments as a whole, so that there can be no others beside it.
    const READS_ARGUMENTS: bool = false;

    /// Says what the operation needs for it.
    fn describe(needs: &mut Needs) {
        let _ = needs;
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// Whatever keeps the function from being called; the caller gets it as it is.
    fn from_call(call: &Call) -> impl Future<Output = Result<Self, PluginError>> + Send;
}

/// Collects what the injected parameters of an operation need.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    pub(crate) arguments: Option<Schema>,
    pub(crate) settings: Option<Schema>,
    pub(crate) states: Vec<NeededState>,
    pub(crate) context: bool,
}

/// Names a state that an operation needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NeededState {
    pub(crate) type_id: TypeId,
    pub(crate) type_name: &'static str,
}

impl Needs {
    /// Says that all arguments together are one `T`.
    pub fn arguments<T: JsonSchema>(&mut self) {
        self.arguments = Some(Schema::input_of::<T>());
    }

    /// Says that the plugin must have a state of type `S`.
    pub fn state<S: 'static>(&mut self) {
        self.states.push(NeededState { type_id: TypeId::of::<S>(), type_name: std::any::type_name::<S>() });
    }

    /// Says that the running call has to be watched, for [`Call::context`].
    pub fn context(&mut self) {
        self.context = true;
    }

    /// Says that the user has to enter settings that are a `T`.
    pub fn settings<T: JsonSchema>(&mut self) {
        self.settings = Some(Schema::input_of::<T>());
    }
}

/// Hands a clone of what the plugin was given by [`Plugin::with_state`](crate::Plugin::with_state) to a function.
///
/// Keep large states behind an [`Arc`](std::sync::Arc).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State<S>(pub S);

impl<S: Clone + Send + Sync + 'static> FromCall for State<S> {
    fn describe(needs: &mut Needs) {
        needs.state::<S>();
    }

    async fn from_call(call: &Call) -> Result<Self, PluginError> {
        call.state().map(Self)
    }
}

/// Reads all arguments of a call as one struct, instead of one parameter each.
///
/// What serde says of the struct holds: unknown members are ignored unless it says `deny_unknown_fields`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Args<T>(pub T);

impl<T: Argument + Send> FromCall for Args<T> {
    const READS_ARGUMENTS: bool = true;

    fn describe(needs: &mut Needs) {
        needs.arguments::<T>();
    }

    async fn from_call(call: &Call) -> Result<Self, PluginError> {
        arguments::decode_all(call.arguments()).map(Self)
    }
}

/// Hands what the user entered in the plugin's settings form to a function, checked and typed.
///
/// The manifest shows the form, made of the schema of every `T` that the plugin's functions ask for. Settings that are
/// missing or wrong are answered with `PluginSettingsInvalid`, on which LobeChat opens the form. Keys belong into a
/// [`Secret`](crate::Secret).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings<T>(pub T);

impl<T: Argument + Send> FromCall for Settings<T> {
    fn describe(needs: &mut Needs) {
        needs.settings::<T>();
    }

    async fn from_call(call: &Call) -> Result<Self, PluginError> {
        arguments::decode_settings(call.settings()).map(Self)
    }
}

/// Hands a function what may be known of its call while it runs: how long it may take, and whether anybody still waits.
#[derive(Clone, Debug)]
pub struct Context(pub CallContext);

impl FromCall for Context {
    fn describe(needs: &mut Needs) {
        needs.context();
    }

    async fn from_call(call: &Call) -> Result<Self, PluginError> {
        call.context().map(Self)
    }
}

/// Hands a function who calls it, as whoever authenticated them knows; anonymous when nobody did.
///
/// ```
/// use lobe_plugin_sdk::{Caller, PluginError, lobe_plugin};
///
/// /// Empty a shelf.
/// #[lobe_plugin]
/// fn empty(number: u8, Caller(caller): Caller) -> Result<String, PluginError> {
///     if !caller.has_scope("shelves.write") {
///         return Err(PluginError::forbidden("you may look, but not touch"));
///     }
///     Ok(format!("shelf {number} is empty"))
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller(pub CallerIdentity);

impl FromCall for Caller {
    async fn from_call(call: &Call) -> Result<Self, PluginError> {
        Ok(Self(call.caller()))
    }
}
