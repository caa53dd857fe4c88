//! A call's span within a trace: <https://www.w3.org/TR/trace-context/>.

use http::{HeaderMap, HeaderName};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");

/// Makes a span a part of the caller's trace, if there is one.
pub(crate) fn continues(span: &Span, came: &HeaderMap) {
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(came));
    // A span that nobody exports has no parent.
    let _ = span.set_parent(parent);
}

/// Marks a span whose call failed, and not by its caller's fault.
pub(crate) fn failed(span: &Span) {
    span.set_status(Status::error(""));
}

/// Lets what the plugin's server does be a part of the call's span, in the place of the caller's, when it is exported.
pub(crate) fn hand_on(goes: &mut HeaderMap) {
    let context = Span::current().context();
    if !context.span().span_context().is_valid() {
        return;
    }
    TraceContextPropagator::new().inject_context(&context, &mut HeaderInjector(goes));
    if goes.get(TRACE_STATE).is_some_and(|state| state.is_empty()) {
        goes.remove(TRACE_STATE);
    }
}
