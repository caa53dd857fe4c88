//! What a running function says to whoever called it, before it answers: how far it is, what happened, what it has to know.
//!
//! Most doors have nobody who would listen. One that has lends the call a [`Client`].

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use crate::error::PluginError;

/// What a client answered.
pub(crate) type ClientFuture<'a> = Pin<Box<dyn Future<Output = Result<Value, PluginError>> + Send + 'a>>;

/// Listens to a running function, and is asked by it.
pub(crate) trait Client: fmt::Debug + Send + Sync {
    /// Is told how far the call is.
    fn progress(&self, progress: &Progress);

    /// Is told what happened.
    fn log(&self, level: LogLevel, message: &Value);

    /// Says whether it can do something, by the name of its capability: `elicitation`, `sampling`, `roots`.
    fn can(&self, capability: &str) -> bool;

    /// Is asked something. `key` tells the questions of one call apart, also when the function is run again.
    fn request<'a>(&'a self, key: &'a str, method: &'a str, params: Value) -> ClientFuture<'a>;
}

/// Says how far a call is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub(crate) done: f64,
    pub(crate) total: Option<f64>,
    pub(crate) message: Option<String>,
}

impl Progress {
    /// Says how much of how much is done, in any unit.
    #[must_use]
    pub const fn of(done: f64, total: f64) -> Self {
        Self { done, total: Some(total), message: None }
    }

    /// Says how much is done, where nobody knows of how much.
    #[must_use]
    pub const fn so_far(done: f64) -> Self {
        Self { done, total: None, message: None }
    }

    /// Adds what is being done, in words for people.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

/// Says how much a line of a call's log matters: the severities of RFC 5424, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "their names say it, and RFC 5424 more")]
pub enum LogLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

impl LogLevel {
    const ALL: [Self; 8] = [
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];

    /// Returns its name: `warning`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }

    /// Finds it by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}
