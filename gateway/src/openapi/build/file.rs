//! Bytes in JSON: a `data:` URL (RFC 2397), or Base64.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use serde_json::Value;

use super::scalar;

/// The shortest text that is taken for Base64: shorter ones are often words.
const SHORTEST_BASE64: usize = 16;

/// A file that stands in an argument.
#[derive(Debug)]
pub(super) struct File {
    pub(super) media_type: String,
    pub(super) bytes: Bytes,
}

/// Reads a file: a `data:` URL, or Base64. Any other text is none.
pub(super) fn read(text: &str) -> Option<File> {
    if let Some(rest) = text.strip_prefix("data:") {
        let (head, data) = rest.split_once(',')?;
        let (media_type, is_base64) = match head.strip_suffix(";base64") {
            Some(media_type) => (media_type, true),
            None => (head, false),
        };
        let plain: Vec<u8> = percent_encoding::percent_decode_str(data).collect();
        let bytes = if is_base64 { STANDARD_NO_PAD.decode(trim_padding(&plain)).ok()? } else { plain };
        let media_type = if media_type.is_empty() { "text/plain;charset=US-ASCII" } else { media_type };
        return Some(File { media_type: media_type.to_owned(), bytes: bytes.into() });
    }
    if text.len() < SHORTEST_BASE64 {
        return None;
    }
    let bytes = STANDARD.decode(text).ok()?;
    Some(File { media_type: "application/octet-stream".to_owned(), bytes: bytes.into() })
}

fn trim_padding(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    &text[..end]
}

/// Returns the bytes of a body that is nothing else.
pub(super) fn bytes(value: &Value) -> Bytes {
    match value.as_str().and_then(read) {
        Some(file) => file.bytes,
        None => scalar::text(value).into_owned().into(),
    }
}
