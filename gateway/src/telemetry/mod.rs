//! What of a call's span is OpenTelemetry's: the caller's trace that it is a part of, whether it failed, and the way to a
//! collector. The only room that names OpenTelemetry's crates; without the feature `opentelemetry` its words mean nothing.

#[cfg(not(feature = "opentelemetry"))]
mod absent;
#[cfg(feature = "opentelemetry")]
mod export;
#[cfg(feature = "opentelemetry")]
mod span;

#[cfg(not(feature = "opentelemetry"))]
pub(crate) use absent::*;
#[cfg(feature = "opentelemetry")]
pub(crate) use export::Traces;
#[cfg(feature = "opentelemetry")]
pub(crate) use span::{continues, failed, hand_on};

/// The name of the span of a call.
pub(crate) const CALL: &str = "call";

/// Says which of OpenTelemetry's variables is wrong, and what was expected.
#[cfg(feature = "cli")]
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) variable: &'static str,
    pub(crate) message: String,
}

/// Returns the variable that names a collector, and what it says. Nothing is exported without.
#[cfg(feature = "cli")]
fn endpoint() -> Option<(&'static str, String)> {
    let says = |variable: &str, word: &str| {
        std::env::var(variable).is_ok_and(|value| value.eq_ignore_ascii_case(word))
    };
    if says("OTEL_SDK_DISABLED", "true") || says("OTEL_TRACES_EXPORTER", "none") {
        return None;
    }
    first_of(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
}

/// Returns the first of some variables that says something: the one for traces alone goes before the one for all.
#[cfg(feature = "cli")]
fn first_of(variables: [&'static str; 2]) -> Option<(&'static str, String)> {
    let said = |variable: &'static str| Some((variable, std::env::var(variable).ok()?));
    variables.into_iter().filter_map(said).find(|(_, value)| !value.is_empty())
}
