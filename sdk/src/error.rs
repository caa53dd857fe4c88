//! What a plugin's function may fail with: one message for the caller, another one for the log.
//!
//! Not here: the wire ([`crate::protocol::ErrorBody`] is made by [`PluginError::to_wire`], sent by the doors).

use std::borrow::Cow;
use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::protocol::{ErrorBody, ErrorType};
use crate::schema::Schema;

/// What the caller reads when the cause is nobody's business but the operator's.
const INTERNAL: &str = "the plugin failed; the reason is in its log";

/// How many faults the message names; `error` beside it lists more of them.
const NAMED_FAULTS: usize = 5;

/// How many faults an error has at most, and how many letters of a place.
pub(crate) const MOST_FAULTS: usize = 16;
const LONGEST_PATH: usize = 100;

/// Tells a caller that a call failed, and the operator why.
///
/// The constructors say meaning: [`not_found`](Self::not_found), [`unauthorized`](Self::unauthorized) and so on. Their
/// message is **public**: the caller, and most likely a language model, reads it. What is only for the log is added
/// with [`caused_by`](Self::caused_by) and never leaves the process.
///
/// `?` turns any other error into [`internal`](Self::internal): status 500, a constant text for the caller, the error
/// itself in the log.
///
/// ```
/// use lobe_plugin_sdk::PluginError;
///
/// fn shelf(number: &str) -> Result<u8, PluginError> {
///     let number: u8 = number.parse()?; // a caller sees a constant text, the log the ParseIntError
///     if number > 9 {
///         return Err(PluginError::not_found(format!("there is no shelf {number}")));
///     }
///     Ok(number)
/// }
///
/// assert_eq!(shelf("12").unwrap_err().status(), 404);
/// assert_eq!(shelf("x").unwrap_err().status(), 500);
/// ```
///
/// It does not implement [`std::error::Error`], because then `?` could not take every error.
pub struct PluginError(Box<Inner>);

struct Inner {
    error_type: ErrorType,
    message: Cow<'static, str>,
    faults: Vec<ArgumentFault>,
    /// Whether the message is what a server behind the plugin answered, word for word.
    relayed: bool,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

/// Says what is wrong with one argument: where, what was expected, and what came.
///
/// `received` is a JSON type and never the value itself, so that no secret comes back in an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ArgumentFault {
    /// JSON Pointer (RFC 6901) to the place in the arguments; empty means the arguments as a whole. In an error it has at most
    /// 100 letters, and ends with `…` where it had more.
    pub path: String,
    /// What would have been right, in words.
    pub expected: String,
    /// What stood there: a JSON type, or `nothing`.
    pub received: Cow<'static, str>,
    /// Whether the operation's schema knows better what was expected: it says what the model was told.
    #[serde(skip)]
    schema_knows: bool,
}

impl ArgumentFault {
    /// Describes a fault.
    pub fn new(
        path: impl Into<String>,
        expected: impl Into<String>,
        received: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { path: path.into(), expected: expected.into(), received: received.into(), schema_knows: false }
    }

    /// Leaves it to the operation's schema to say what was expected; `expected` stands in where that says nothing.
    pub(crate) fn by_schema(mut self) -> Self {
        self.schema_knows = true;
        self
    }
}

impl ArgumentFault {
    /// Cuts a place that the caller named at length: an error is to be shorter than what it is about.
    fn shorten(&mut self) {
        if let Some((end, _)) = self.path.char_indices().nth(LONGEST_PATH) {
            self.path.truncate(end);
            self.path.push('…');
        }
    }
}

impl fmt::Display for ArgumentFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.is_empty() { "the arguments" } else { &self.path };
        write!(formatter, "{place}: expected {}, got {}", self.expected, self.received)
    }
}

impl PluginError {
    /// Makes an error of any type; the named constructors are nearly always what you want.
    pub fn new(error_type: ErrorType, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self(Box::new(Inner { error_type, message, faults: Vec::new(), relayed: false, cause: None }))
    }

    /// Says that the request makes no sense. 400.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::BadRequest, message)
    }

    /// Says that the caller is not known. 401; LobeHub's gateway makes a settings error of it for OpenAPI plugins.
    pub fn unauthorized(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::Unauthorized, message)
    }

    /// Says that the caller may not do this. 403.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::Forbidden, message)
    }

    /// Says that the caller lacks a scope. 403.
    pub(crate) fn insufficient_scope(scopes: &[Cow<'static, str>]) -> Self {
        Self::forbidden(format!("this is for callers with the scope `{}`", scopes.join(" ")))
    }

    /// Says that what was asked for does not exist. 404.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::ContentNotFound, message)
    }

    /// Says that the caller asks too often. 429.
    pub fn too_many_requests(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::TooManyRequests, message)
    }

    /// Says that arguments which have the right types still make no sense. `PluginApiParamsError`, 422.
    pub fn bad_arguments(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::PluginApiParamsError, message)
    }

    /// Says which arguments are wrong, and how. `PluginApiParamsError`, 422. Of more than 16 faults the first ones are kept.
    pub fn argument_faults(mut faults: Vec<ArgumentFault>) -> Self {
        faults.truncate(MOST_FAULTS);
        faults.iter_mut().for_each(ArgumentFault::shorten);
        let message = match &faults[..] {
            [] => "the arguments do not fit".to_owned(),
            faults => {
                faults.iter().take(NAMED_FAULTS).map(ToString::to_string).collect::<Vec<_>>().join("; ")
            }
        };
        let mut error = Self::new(ErrorType::PluginApiParamsError, message);
        error.0.faults = faults;
        error
    }

    /// Completes the faults by what the operation's schema expects where they are.
    pub(crate) fn with_expectations(self, schema: &Schema) -> Self {
        if !self.faults().iter().any(|fault| fault.schema_knows) {
            return self;
        }
        let complete = |mut fault: ArgumentFault| {
            let known = schema.expectation(&fault.path).filter(|_| std::mem::take(&mut fault.schema_knows));
            fault.expected = known.unwrap_or(fault.expected);
            fault
        };
        let cause = self.0.cause;
        let faults = self.0.faults.into_iter().map(complete).collect();
        let mut error = Self::argument_faults(faults);
        error.0.cause = cause;
        error
    }

    /// Says that the user's settings are missing or wrong. `PluginSettingsInvalid`, 422.
    pub fn settings_invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::PluginSettingsInvalid, message)
    }

    /// Says that the plugin has no such operation. `PluginApiNotFound`, 404.
    pub fn operation_not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::PluginApiNotFound, message)
    }

    /// Says that the plugin itself failed and why, in words the caller may read. `PluginServerError`, 500.
    pub fn server(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::PluginServerError, message)
    }

    /// Says that a service behind the plugin answered nonsense. 502.
    pub fn bad_gateway(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::BadGateway, message)
    }

    /// Says that the plugin cannot work right now. 503.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::ServiceUnavailable, message)
    }

    /// Says that the answer did not come in time. 504.
    pub fn timed_out(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorType::GatewayTimeout, message)
    }

    /// Hands on what a server behind the plugin answered instead of success: its status and its text, as they are.
    pub fn relayed(status: u16, text: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(ErrorType::from_status(status), text);
        error.0.relayed = true;
        error
    }

    /// Hides `cause` from the caller, who gets a constant text, and keeps it for the log. 500.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorType::InternalServerError, INTERNAL).caused_by(cause)
    }

    /// Adds what the log shall say about it. The caller never sees it.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Returns what kind of error it is.
    #[must_use]
    pub fn error_type(&self) -> ErrorType {
        self.0.error_type
    }

    /// Returns the HTTP status it is answered with.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.error_type.status()
    }

    /// Returns what the caller reads.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the single faults of the arguments, when that is what went wrong.
    #[must_use]
    pub fn faults(&self) -> &[ArgumentFault] {
        &self.0.faults
    }

    /// Returns the cause that is only for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.cause.as_deref()
    }

    /// Returns the error as it stands on the wire: public parts only.
    #[must_use]
    pub fn to_wire(&self) -> ErrorBody {
        if self.0.relayed {
            return ErrorBody { body: Some(self.message().into()), error_type: self.0.error_type };
        }
        let mut body = Map::new();
        if !self.0.faults.is_empty() {
            let faults = self.0.faults.iter().map(|fault| serde_json::json!(fault)).collect();
            body.insert("error".into(), Value::Array(faults));
        }
        body.insert("message".into(), self.message().into());
        ErrorBody { body: Some(Value::Object(body)), error_type: self.0.error_type }
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for PluginError {
    fn from(cause: E) -> Self {
        Self::internal(cause)
    }
}

impl fmt::Debug for PluginError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PluginError")
            .field("error_type", &self.0.error_type)
            .field("message", &self.0.message)
            .field("faults", &self.0.faults)
            .field("cause", &self.0.cause)
            .finish()
    }
}

impl fmt::Display for PluginError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.0.error_type, self.0.message)
    }
}

/// Turns what a function fails with into a [`PluginError`].
///
/// Functions may return any error type: one that implements this trait decides what the caller reads; every other
/// one that can become a boxed [`std::error::Error`] (`std::io::Error`, `anyhow::Error`, `String`) is
/// [`internal`](PluginError::internal).
///
/// ```
/// use lobe_plugin_sdk::{IntoPluginError, PluginError};
///
/// enum ShelfError {
///     Empty(u8),
/// }
///
/// impl IntoPluginError for ShelfError {
///     fn into_plugin_error(self) -> PluginError {
///         match self {
///             Self::Empty(number) => PluginError::not_found(format!("shelf {number} is empty")),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a plugin function",
    label = "this error says nothing to a caller",
    note = "return `PluginError`, any `std::error::Error`, or implement `IntoPluginError` for `{Self}`"
)]
pub trait IntoPluginError {
    /// Says what the caller reads, and what the log.
    fn into_plugin_error(self) -> PluginError;
}

impl IntoPluginError for PluginError {
    fn into_plugin_error(self) -> PluginError {
        self
    }
}

impl IntoPluginError for Infallible {
    fn into_plugin_error(self) -> PluginError {
        match self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_stays_inside() {
        let error = PluginError::internal("marked-secret in a connection string");
        let wire = serde_json::to_string(&error.to_wire()).unwrap();
        assert_eq!(wire, format!(r#"{{"body":{{"message":"{INTERNAL}"}},"errorType":500}}"#));
        assert!(format!("{error:?}").contains("marked-secret"), "the log must say why");
    }

    #[test]
    fn an_error_is_short_however_long_the_arguments_are() {
        let fault = ArgumentFault::new(format!("/{}", "🧥".repeat(10_000)), "nothing", "a name");
        let error = PluginError::argument_faults(vec![fault; 10_000]);
        assert_eq!(error.faults().len(), MOST_FAULTS);
        assert!(error.faults()[0].path.ends_with("🧥…"), "{error}");
        assert!(error.message().len() < 16 << 10, "{}", error.message().len());
        let body = serde_json::to_string(error.faults()).unwrap();
        assert!(body.len() < 16 << 10, "{}", body.len());
    }

    #[test]
    fn faults_say_where_and_what() {
        let fault = ArgumentFault::new("/limit", "an integer from 0 to 255", "string");
        let error = PluginError::argument_faults(vec![fault]);
        assert_eq!(error.message(), "/limit: expected an integer from 0 to 255, got string");
        assert_eq!(
            serde_json::to_value(error.to_wire()).unwrap(),
            serde_json::json!({
                "body": {
                    "error": [{"path": "/limit", "expected": "an integer from 0 to 255", "received": "string"}],
                    "message": "/limit: expected an integer from 0 to 255, got string",
                },
                "errorType": "PluginApiParamsError",
            })
        );
    }
}
