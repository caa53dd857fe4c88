//! The trace context that travels on to a plugin's server: W3C Trace Context, and LobeChat's own.
//!
//! Only what is well-formed does, so that nothing else leaves under these names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use crate::telemetry;

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");
/// LobeChat's: Base64 of a JSON object.
const LOBE_TRACE: HeaderName = HeaderName::from_static("x-lobe-trace");
/// The most bytes of each; W3C asks for 512 of `tracestate`.
const MAX_LENGTH: usize = 512;

/// Copies the trace context of a request that came to one that goes.
pub(crate) fn hand_on(came: &HeaderMap, goes: &mut HeaderMap) {
    if let Some(parent) = take(came, &TRACE_PARENT, is_trace_parent) {
        goes.insert(TRACE_PARENT, parent);
        if let Some(state) = take(came, &TRACE_STATE, |state| !state.is_empty()) {
            goes.insert(TRACE_STATE, state);
        }
    }
    if let Some(trace) = take(came, &LOBE_TRACE, is_lobe_trace) {
        goes.insert(LOBE_TRACE, trace);
    }
    telemetry::hand_on(goes);
}

fn take(headers: &HeaderMap, name: &HeaderName, is_fine: impl Fn(&str) -> bool) -> Option<HeaderValue> {
    let value = headers.get(name)?;
    let text = value.to_str().ok().filter(|text| text.len() <= MAX_LENGTH)?;
    is_fine(text).then(|| value.clone())
}

/// Tells whether a text is a `traceparent`: <https://www.w3.org/TR/trace-context/#traceparent-header>.
fn is_trace_parent(text: &str) -> bool {
    let hexadecimal = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<_> = text.split('-').collect();
    parts.iter().map(|part| part.len()).take(4).eq([2, 32, 16, 2])
        && parts.iter().take(4).all(|part| hexadecimal(part))
}

fn is_lobe_trace(text: &str) -> bool {
    STANDARD.decode(text).is_ok_and(|json| serde_json::from_slice::<Map<String, Value>>(&json).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_well_formed_travels() {
        let check = |came: &[(&'static str, &'static str)], expected: &[&str]| {
            let came =
                came.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
            let mut goes = HeaderMap::new();
            hand_on(&came.collect(), &mut goes);
            assert_eq!(goes.keys().map(HeaderName::as_str).collect::<Vec<_>>(), expected);
        };
        let parent = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        check(&[parent, ("tracestate", "a=b")], &["traceparent", "tracestate"]);
        check(&[("x-lobe-trace", "eyJlbmFibGVkIjpmYWxzZX0=")], &["x-lobe-trace"]);
        check(&[("x-lobe-trace", "t"), ("traceparent", "key"), ("tracestate", "a=b")], &[]);
        check(&[("x-lobe-trace", "MQ=="), ("traceparent", "00-XX-b7ad6b7169203331-01")], &[]);
        check(&[("authorization", "Bearer k"), ("cookie", "a=b"), ("x-lobe-chat-auth", "t")], &[]);
    }
}
