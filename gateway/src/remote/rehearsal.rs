//! A call that is not made: what would be sent is written down, and is the answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};
use lobe_plugin_sdk::{Call, PluginError, Reply};
use serde_json::{Map, Value, json};

use crate::outbound::Outgoing;

/// Travels with a call that is not to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rehearsal;

/// Writes down what a call would send, if it is a rehearsal.
pub(super) fn of(call: &Call, outgoing: &Outgoing) -> Option<Result<Reply, PluginError>> {
    let Rehearsal = call.extensions().get()?;
    Some(Reply::json(&write_down(outgoing)))
}

/// Writes a request as JSON. A body that is no text is in Base64, and says so.
fn write_down(outgoing: &Outgoing) -> Value {
    let (method, url) = (outgoing.method.as_str(), outgoing.url.as_str());
    let mut request = json!({ "method": method, "url": url, "headers": headers(&outgoing.headers) });
    match std::str::from_utf8(&outgoing.body) {
        Ok("") => request["body"] = Value::Null,
        Ok(text) => request["body"] = text.into(),
        Err(_) => {
            request["body"] = STANDARD.encode(&outgoing.body).into();
            request["bodyEncoding"] = "base64".into();
        }
    }
    request
}

/// Writes headers by their names; those of one name are joined, as RFC 9110, section 5.3 has it.
fn headers(headers: &HeaderMap) -> Map<String, Value> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let joined = |name| headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(", ");
    headers.keys().map(|name| (name.to_string(), joined(name).into())).collect()
}
