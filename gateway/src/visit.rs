//! What one request is accounted for, from the moment its body is here to the last byte of its answer: its place among
//! the calls in flight, its span and its line in the log, its line of the audit stream, its counters.
//!
//! The log gets names and numbers. Arguments, settings and whatever else a caller sent are in no line.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use http::{Extensions, HeaderMap};
use lobe_plugin_sdk::CallerIdentity;
use lobe_plugin_sdk::protocol::ErrorType;
use lobe_plugin_sdk::serve::{Digest, Peer, RequestId};
use tracing::Span;
use tracing::field::Empty;

use crate::admission::{Admission, Busy, Permit};
use crate::audit::{Audit, Entry, milliseconds};
use crate::counters::{Counters, OK};
use crate::error::Error;
use crate::telemetry;

/// The most bytes of a caller's text in a line of the log.
const LOGGED: usize = 256;

/// Accounts for one request.
#[derive(Debug)]
pub(crate) struct Visit {
    counters: Counters,
    admission: Admission,
    audit: Option<Audit>,
    begun: Instant,
    permit: Option<Permit>,
    span: Span,
    who: Who,
    door: &'static str,
    caller: Option<String>,
    plugin: String,
    operation: String,
    arguments: Option<Digest>,
    /// Who answers for the plugin that was found.
    origin: Option<&'static str>,
    request_bytes: usize,
    /// How long the plugin itself took.
    called: Option<Duration>,
}

/// Says which request it is, and from where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Who {
    request: Option<RequestId>,
    client: Option<IpAddr>,
}

impl Who {
    /// Reads what the listener left with a request.
    pub(crate) fn of(request: &Extensions) -> Self {
        let client = request.get().map(|Peer(address)| address.to_canonical());
        Self { request: request.get().copied(), client }
    }
}

impl Visit {
    pub(crate) fn begin(counters: Counters, admission: Admission, audit: Option<Audit>) -> Self {
        Self {
            counters,
            admission,
            audit,
            begun: Instant::now(),
            permit: None,
            span: Span::none(),
            who: Who::default(),
            door: "gateway",
            caller: None,
            plugin: String::new(),
            operation: String::new(),
            arguments: None,
            origin: None,
            request_bytes: 0,
            called: None,
        }
    }

    /// Says whose call it is and by which door it came, and opens its span: what is logged on the way stands in it, and it
    /// is a part of the trace that the headers name.
    pub(crate) fn of(mut self, who: Who, door: &'static str, headers: &HeaderMap) -> Self {
        (self.who, self.door) = (who, door);
        self.span = tracing::info_span!(
            telemetry::CALL,
            request = self.who.request.map(tracing::field::display),
            door,
            plugin = Empty,
            operation = Empty,
            caller = Empty,
            origin = Empty,
            outcome = Empty,
            status = Empty,
            request_bytes = Empty,
            ms = Empty,
            plugin_ms = Empty,
        );
        telemetry::continues(&self.span, headers);
        self
    }

    /// Returns the span, for what is done for the request.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Notes who was let in, and how large the body is.
    pub(crate) fn admitted(&mut self, caller: &CallerIdentity, request_bytes: usize) {
        self.caller = caller.subject().map(shown);
        self.request_bytes = request_bytes;
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

    /// Notes what is asked, for whoever reads it.
    pub(crate) fn asks(&mut self, plugin: &str, operation: &str, arguments: Option<&str>) {
        if self.audit.is_none() && !self.is_told() {
            return;
        }
        self.plugin = shown(plugin);
        self.operation = shown(operation);
        self.span.record("plugin", &*self.plugin).record("operation", &*self.operation);
        if self.audit.is_some() {
            self.arguments = arguments.map(Digest::of);
        }
    }

    /// Notes who answers for the plugin that was found.
    pub(crate) fn found(&mut self, origin: &'static str) {
        self.origin = Some(origin);
    }

    /// Notes how long the plugin took.
    pub(crate) fn called(&mut self, begun: Instant) {
        self.called = Some(begun.elapsed());
    }

    /// Logs and counts the answer. What is returned is the call's place, to be kept until the answer has been sent.
    pub(crate) fn answered<T>(mut self, answer: &Result<T, Error>) -> Option<Permit> {
        let took = self.begun.elapsed();
        let (outcome, status) = match answer {
            Ok(_) => (OK, 200),
            Err(error) if error.is_busy() => ("busy", 503),
            Err(error) => (outcome(error.error_type()), error.status()),
        };
        self.counters.answered(outcome, took);
        self.log(outcome, status, took);
        if let Some(audit) = &self.audit {
            let Who { request, client } = &self.who;
            audit.note(&Entry {
                request: request.map(|request| request.to_string()),
                client: *client,
                caller: self.caller.as_deref(),
                door: self.door,
                plugin: &self.plugin,
                operation: &self.operation,
                arguments: self.arguments,
                outcome,
                status,
                took,
            });
        }
        self.permit.take()
    }

    /// Tells whether anybody reads the span or the line.
    fn is_told(&self) -> bool {
        !self.span.is_disabled() || tracing::enabled!(tracing::Level::INFO)
    }

    /// Writes the line of a call, and completes its span with the same.
    fn log(&self, outcome: &'static str, status: u16, took: Duration) {
        if !self.is_told() {
            return;
        }
        let Self { span, who, door, caller, plugin, operation, origin, request_bytes, called, .. } = self;
        let (caller, ms, plugin_ms) = (caller.as_deref(), milliseconds(took), called.map(milliseconds));
        let request_bytes = u64::try_from(*request_bytes).unwrap_or(u64::MAX);
        span.record("caller", caller).record("origin", origin).record("outcome", outcome);
        span.record("status", status).record("request_bytes", request_bytes).record("ms", ms);
        span.record("plugin_ms", plugin_ms);
        if status >= 500 {
            telemetry::failed(span);
        }
        let request = who.request.map(tracing::field::display);
        tracing::info!(
            request,
            plugin,
            operation,
            door,
            caller,
            origin,
            outcome,
            status,
            ms,
            plugin_ms,
            request_bytes,
            "call"
        );
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
