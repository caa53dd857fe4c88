//! The same words in a program that was built without OpenTelemetry.

use http::HeaderMap;
use tracing::Span;

pub(crate) fn continues(_span: &Span, _came: &HeaderMap) {}

pub(crate) fn failed(_span: &Span) {}

pub(crate) fn hand_on(_goes: &mut HeaderMap) {}

/// Is never made.
#[cfg(feature = "cli")]
pub(crate) enum Traces {}

#[cfg(feature = "cli")]
impl Traces {
    pub(crate) fn to(&self) -> &str {
        match *self {}
    }

    pub(crate) fn layer<S: tracing::Subscriber>(&self) -> impl tracing_subscriber::Layer<S> + use<S> {
        match *self {}
        // What the type is that it never returns.
        #[expect(unreachable_code, reason = "nobody gets here")]
        tracing_subscriber::layer::Identity::new()
    }

    pub(crate) fn end(self) {
        match self {}
    }

    /// Tells whoever expects an export that there is none.
    pub(crate) fn open(
        _outbound: &crate::outbound::Outbound,
        _runtime: &tokio::runtime::Handle,
    ) -> Result<Option<Self>, super::Wrong> {
        let Some((variable, _)) = super::endpoint() else { return Ok(None) };
        let message = "this program was built without the feature `opentelemetry`: nothing can be exported";
        Err(super::Wrong { variable, message: message.to_owned() })
    }
}
