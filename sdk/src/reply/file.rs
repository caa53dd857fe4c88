//! A file to keep as an answer.

use std::borrow::Cow;

use bytes::Bytes;

use super::markdown;
use super::media::Media;

/// Answers with a file to keep.
///
/// A chat, which reads only text, gets it as a Markdown link with a `data:` URL; the plugin's own door sends the bytes, as
/// an attachment of that name.
///
/// ```
/// use lobe_plugin_sdk::{File, lobe_plugin};
///
/// /// Export all shelves.
/// #[lobe_plugin]
/// fn export() -> File {
///     File::new("shelves.csv", "text/csv; charset=utf-8", "shelf,things\n1,7\n")
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    name: Cow<'static, str>,
    pub(super) media: Media,
}

impl File {
    /// Takes a file. What is no media type fails when it is answered.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        media_type: impl Into<Cow<'static, str>>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        Self { name: name.into(), media: Media::new(media_type, bytes) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn in_chat(&self) -> String {
        self.in_chat_at(&self.media.data_url())
    }

    pub(super) fn in_chat_at(&self, url: &str) -> String {
        markdown::link(&self.name, url)
    }
}
