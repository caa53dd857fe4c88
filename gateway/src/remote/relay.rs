//! From what a plugin's server answered to the reply of a call: success is its text, anything else its status and text.
//!
//! An answer is handed on when it is whole, so that one which breaks off is an error and never half a success. Only one
//! that says that it flows (`text/event-stream`, or `X-Accel-Buffering: no`, the word that nginx knows) is handed on
//! chunk by chunk; there, an error after the first byte breaks the connection to the caller off.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::{HeaderMap, StatusCode, header};
use lobe_plugin_sdk::{PluginError, Reply, TextStream};

use crate::lent::Lent;
use crate::outbound::{Answer, OutboundError, UpstreamFault, call_failed};

/// The most bytes of a failing server's text that are handed on.
const MAX_ERROR: usize = 64 << 10;
const TOO_LONG: &str = "[gateway] the server failed, and said too much about it";
const BUFFERING: &str = "x-accel-buffering";

/// Hands on an answer.
pub(crate) async fn answer(answer: Answer, lent: Option<Lent>) -> Result<Reply, PluginError> {
    if !answer.status.is_success() {
        return Err(refusal(answer, lent).await);
    }
    if flows(&answer.headers) {
        return Ok(Reply::text_stream(TextStream::new(answer.body.map_err(call_failed))));
    }
    let body = answer.whole(usize::MAX).await.map_err(call_failed)?;
    Ok(Reply::text(text(body)))
}

/// Hands on a failure: the status, and the text less what the operator lent.
async fn refusal(answer: Answer, lent: Option<Lent>) -> PluginError {
    let status = answer.status.as_u16();
    if answer.status == StatusCode::NOT_MODIFIED {
        // Nobody asked whether anything was modified, and such an answer cannot have a body.
        return call_failed(UpstreamFault::Status.into());
    }
    match answer.whole(MAX_ERROR).await.map(text) {
        Ok(text) => PluginError::relayed(status, lent.map(|lent| lent.mask(&text)).unwrap_or(text)),
        Err(OutboundError::Upstream(UpstreamFault::TooLarge)) => PluginError::relayed(status, TOO_LONG),
        Err(error) => call_failed(error),
    }
}

fn flows(headers: &HeaderMap) -> bool {
    let says = |name: &str, word: &str| {
        let beginning = headers.get(name).and_then(|value| value.as_bytes().get(..word.len()));
        beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(word.as_bytes()))
    };
    says(BUFFERING, "no") || says(header::CONTENT_TYPE.as_str(), "text/event-stream")
}

/// Reads a body as `Response.text()` does: as UTF-8, whatever it was declared to be, less a byte order mark.
fn text(body: Bytes) -> String {
    let body = if body.starts_with(b"\xEF\xBB\xBF") { body.slice(3..) } else { body };
    match String::from_utf8(body.into()) {
        Ok(text) => text,
        Err(invalid) => String::from_utf8_lossy(invalid.as_bytes()).into_owned(),
    }
}
