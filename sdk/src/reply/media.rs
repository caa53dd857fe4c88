//! Bytes and what they are: the ground that images, files and raw bytes stand on.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::error::PluginError;

/// Bytes of a media type.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Media {
    pub(super) media_type: Cow<'static, str>,
    pub(super) bytes: Bytes,
}

impl Media {
    pub(super) fn new(media_type: impl Into<Cow<'static, str>>, bytes: impl Into<Bytes>) -> Self {
        Self { media_type: media_type.into(), bytes: bytes.into() }
    }

    /// Refuses what is no media type: it becomes a header and a part of a URL, where nothing else may slip in.
    pub(super) fn check(&self) -> Result<(), PluginError> {
        check_media_type(&self.media_type)
    }

    /// Writes it as a `data:` URL (RFC 2397), which a page can show without asking anybody.
    pub(super) fn data_url(&self) -> String {
        let mut url = format!("data:{};base64,", url_safe(&self.media_type));
        STANDARD.encode_string(&self.bytes, &mut url);
        url
    }
}

/// Shows how many bytes there are, and not which.
impl fmt::Debug for Media {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({} bytes)", self.media_type, self.bytes.len())
    }
}

pub(super) fn check_media_type(text: &str) -> Result<(), PluginError> {
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let (kind, subtype) = essence.split_once('/').unwrap_or_default();
    let printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if is_token(kind) && is_token(subtype.trim_end()) && parameters.bytes().all(printable) {
        return Ok(());
    }
    Err(PluginError::internal(format!("{text:?} is not a media type: write one such as `image/png`")))
}

/// Tells a token of RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(token)
}

/// Leaves out the parameters where they have letters that would end the URL, or the Markdown around it.
fn url_safe(media_type: &str) -> Cow<'_, str> {
    let text: String = media_type.chars().filter(|letter| *letter != ' ').collect();
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_/;=".contains(&byte);
    if text.bytes().all(safe) {
        return text.into();
    }
    media_type.split(';').next().unwrap_or_default().trim_end().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_media_type() {
        for right in ["image/png", "text/plain; charset=utf-8", "application/vnd.a+json", "a/b ; c=\"d e\""] {
            assert!(check_media_type(right).is_ok(), "{right}");
        }
        for wrong in
            ["", "png", "image/", "/png", "image/png\r\nX: y", "text/plain;\n", "a b/c", "image/p)ng"]
        {
            assert!(check_media_type(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn data_urls() {
        let check = |media_type: &'static str, bytes: &'static [u8], url: &str| {
            assert_eq!(Media::new(media_type, bytes).data_url(), url);
        };
        check("image/png", b"\x89PNG", "data:image/png;base64,iVBORw==");
        check("text/plain; charset=utf-8", b"", "data:text/plain;charset=utf-8;base64,");
        check("text/plain; name=\"a)b\"", b"a", "data:text/plain;base64,YQ==");
    }
}
