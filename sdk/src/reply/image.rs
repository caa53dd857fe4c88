//! A picture as an answer.

use std::borrow::Cow;

use bytes::Bytes;

use super::markdown;
use super::media::Media;

/// Answers with a picture.
///
/// A chat, which reads only text, gets it as a Markdown image with a `data:` URL; the plugin's own door sends the bytes.
/// Such a URL is a third longer than the picture, and a model reads every letter of it: keep pictures small, or answer
/// with a [`Link`](crate::Link); MCP clients can be given links to them instead of bytes, by
/// [`McpServer::files`](crate::mcp::McpServer::files).
///
/// ```
/// use lobe_plugin_sdk::{Image, lobe_plugin};
///
/// /// Draw a dot.
/// #[lobe_plugin]
/// fn dot() -> Image {
///     Image::svg(r#"<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>"#).alt("a dot")
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub(super) media: Media,
    alt: Cow<'static, str>,
}

impl Image {
    /// Takes a picture of any media type, such as `image/avif`. What is no media type fails when it is answered.
    pub fn new(media_type: impl Into<Cow<'static, str>>, bytes: impl Into<Bytes>) -> Self {
        Self { media: Media::new(media_type, bytes), alt: Cow::Borrowed("") }
    }

    /// Takes a PNG.
    pub fn png(bytes: impl Into<Bytes>) -> Self {
        Self::new("image/png", bytes)
    }

    /// Takes a JPEG.
    pub fn jpeg(bytes: impl Into<Bytes>) -> Self {
        Self::new("image/jpeg", bytes)
    }

    /// Takes a GIF.
    pub fn gif(bytes: impl Into<Bytes>) -> Self {
        Self::new("image/gif", bytes)
    }

    /// Takes a WebP.
    pub fn webp(bytes: impl Into<Bytes>) -> Self {
        Self::new("image/webp", bytes)
    }

    /// Takes an SVG document.
    pub fn svg(document: impl Into<Bytes>) -> Self {
        Self::new("image/svg+xml", document)
    }

    /// Says in words what there is to see, for whoever cannot.
    #[must_use]
    pub fn alt(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.alt = text.into();
        self
    }

    pub(super) fn in_chat(&self) -> String {
        self.in_chat_at(&self.media.data_url())
    }

    pub(super) fn in_chat_at(&self, url: &str) -> String {
        markdown::image(&self.alt, url)
    }
}
