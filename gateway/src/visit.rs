//! What one request is accounted for, from the moment its body is here to the last byte of its answer: its place among
//! the calls in flight, its line in the log, its counters.
//!
//! The log gets names and numbers. Arguments, settings and whatever else a caller sent are in no line.

use std::time::Instant;

use lobe_plugin_sdk::protocol::ErrorType;

use crate::admission::{Admission, Busy, Permit};
use crate::counters::{Counters, OK};
use crate::error::Error;

/// The most bytes of a caller's text in a line of the log.
const LOGGED: usize = 256;

/// Accounts for one request.
#[derive(Debug)]
pub(crate) struct Visit {
    counters: Counters,
    admission: Admission,
    begun: Instant,
    permit: Option<Permit>,
    plugin: String,
    operation: String,
}

impl Visit {
    pub(crate) fn begin(counters: Counters, admission: Admission) -> Self {
        let begun = Instant::now();
        Self { counters, admission, begun, permit: None, plugin: String::new(), operation: String::new() }
    }

    /// Takes a place among the calls in flight, unless it has one.
    pub(crate) fn enter(&mut self) -> Result<(), Busy> {
        if self.permit.is_none() {
            self.permit = Some(self.admission.enter()?);
        }
        Ok(())
    }

    /// Takes a place at the plugin that was found, of which there may be fewer than at any.
    pub(crate) fn enter_plugin(&mut self, identifier: &str, most: Option<usize>) -> Result<(), Busy> {
        self.permit.as_mut().map_or(Ok(()), |permit| permit.narrow(identifier, most))
    }

    /// Notes what is asked, for the log, if there is one.
    pub(crate) fn asks(&mut self, plugin: &str, operation: &str) {
        if !tracing::enabled!(tracing::Level::INFO) {
            return;
        }
        self.plugin = shown(plugin);
        self.operation = shown(operation);
    }

    /// Logs and counts the answer. What is returned is the call's place, to be kept until the answer has been sent.
    pub(crate) fn answered<T>(self, answer: &Result<T, Error>) -> Option<Permit> {
        let Self { counters, begun, permit, plugin, operation, .. } = self;
        let took = begun.elapsed();
        let (outcome, status) = match answer {
            Ok(_) => (OK, 200),
            Err(error) if error.is_busy() => ("busy", 503),
            Err(error) => (outcome(error.error_type()), error.status()),
        };
        counters.answered(outcome, took);
        let ms = took.as_secs_f64() * 1e3;
        tracing::info!(plugin, operation, door = "gateway", outcome, status, ms, "call");
        permit
    }
}

/// Returns a word for an error from a small set, whatever status a plugin thought of.
fn outcome(error_type: ErrorType) -> &'static str {
    if let Some(name) = error_type.name() {
        return name;
    }
    match error_type.status() {
        400 => "bad_request",
        401 => "unauthorized",
        403 => "forbidden",
        405 => "method_not_allowed",
        408 => "request_timed_out",
        413 => "too_large",
        429 => "too_many_requests",
        402..=499 => "client_error",
        502 => "bad_gateway",
        503 => "unavailable",
        504 => "timed_out",
        _ => "server_error",
    }
}

/// Cuts a caller's text for the log, and takes away what would move a terminal's cursor or begin a new line.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        let before = shown.len();
        match letter {
            // Besides control characters, those that turn the direction of what follows.
            letter
                if letter.is_control()
                    || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}') =>
            {
                shown.extend(letter.escape_default());
            }
            letter => shown.push(letter),
        }
        if shown.len() > LOGGED {
            shown.truncate(before);
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_is_short_and_plain() {
        assert_eq!(shown("天气 \"x\""), "天气 \"x\"");
        assert_eq!(shown("a\nb\u{1b}[31m\u{202e}"), "a\\nb\\u{1b}[31m\\u{202e}");
        assert_eq!(shown(&"é".repeat(300)), "é".repeat(128));
        assert_eq!(shown(&"\n".repeat(300)).len(), 256);
    }

    #[test]
    fn outcomes_are_few() {
        let all: std::collections::BTreeSet<_> =
            (0..=u16::MAX).map(|status| outcome(ErrorType::Status(status))).collect();
        assert_eq!(all.len(), 12, "{all:?}");
    }
}
