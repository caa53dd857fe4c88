//! From what a plugin's server answered to the reply of a call: success is its text, anything else its status and text.
//!
//! An answer is handed on when it is whole, so that one which breaks off is an error and never half a success. Only one
//! that says that it flows (`text/event-stream`, or `X-Accel-Buffering: no`, the word that nginx knows) is handed on
//! chunk by chunk; there, an error after the first byte breaks the connection to the caller off.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::{HeaderMap, StatusCode, header};
use lobe_plugin_sdk::{Binary, PluginError, Reply, TextStream, UserSettings};

use crate::lent::{Lent, mask};
use crate::outbound::{Answer, OutboundError, UpstreamFault, call_failed};

/// The most bytes of a failing server's text that are handed on.
const MAX_ERROR: usize = 64 << 10;
const TOO_LONG: &str = "[gateway] the server failed, and said too much about it";
const BYTES: &str = "application/octet-stream";
const BUFFERING: &str = "x-accel-buffering";

/// Hands on an answer.
pub(crate) async fn answer(answer: Answer, lent: Option<Lent>) -> Result<Reply, PluginError> {
    if !answer.status.is_success() {
        // Boxed, like `fault`: every call would carry the room for its failure with it otherwise.
        return Err(Box::pin(refusal(answer, lent)).await);
    }
    if flows(&answer.headers) {
        return Ok(Reply::text_stream(TextStream::new(answer.body.map_err(call_failed))));
    }
    let body = answer.whole(usize::MAX).await.map_err(call_failed)?;
    Ok(Reply::text(text(body)))
}

/// Hands on what a service answered that an OpenAPI document describes: text where its media type says so, and bytes as
/// they are where it does not.
pub(crate) async fn service(
    answer: Answer,
    settings: &UserSettings,
    lent: Option<Lent>,
) -> Result<Reply, PluginError> {
    let status = answer.status;
    if status == StatusCode::UNAUTHORIZED {
        // LobeHub's gateway says no more than that it is the settings.
        return Err(PluginError::settings_invalid(""));
    }
    if !status.is_success() {
        return Err(Box::pin(fault(answer, settings)).await);
    }
    let media_type = answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.map(str::to_ascii_lowercase);
    let is_text = |name: &String| ["json", "xml", "yaml", "text"].iter().any(|word| name.contains(word));
    if media_type.as_ref().is_some_and(is_text) {
        return self::answer(answer, lent).await;
    }
    let body = answer.whole(usize::MAX).await.map_err(call_failed)?;
    if body.is_empty() {
        return Ok(Reply::text(""));
    }
    let bytes = |name: &str| Reply::binary(Binary::new(name.to_owned(), body.clone()));
    media_type.as_deref().and_then(|name| bytes(name).ok()).map_or_else(|| bytes(BYTES), Ok)
}

/// Says what a service answered that is no success: its status, and its text less the settings of the call.
async fn fault(answer: Answer, settings: &UserSettings) -> PluginError {
    let status = answer.status.as_u16();
    let text = match answer.whole(MAX_ERROR).await.map(text) {
        Ok(text) => mask(settings, &text),
        Err(OutboundError::Upstream(UpstreamFault::TooLarge)) => TOO_LONG.to_owned(),
        Err(error) => return call_failed(error),
    };
    PluginError::server(format!("[plugin] the server answered {status}: {text}"))
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
