//! Raw bytes as an answer.

use std::borrow::Cow;

use bytes::Bytes;

use super::media::Media;

/// Answers with bytes of any kind, which every door passes on as they are, under their own media type.
///
/// LobeChat reads every answer as text: for what it is to show, [`Image`](crate::Image) and [`File`](crate::File) are
/// better.
///
/// ```
/// # use lobe_plugin_sdk::{Binary, IntoReply};
/// let reply = Binary::new("application/x-shelf", vec![1, 2, 3]).into_reply().unwrap();
/// assert_eq!(reply.media_type(), "application/x-shelf");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    pub(super) media: Media,
}

impl Binary {
    /// Takes bytes. What is no media type fails when it is answered.
    pub fn new(media_type: impl Into<Cow<'static, str>>, bytes: impl Into<Bytes>) -> Self {
        Self { media: Media::new(media_type, bytes) }
    }

    pub(super) fn as_text(&self) -> String {
        String::from_utf8_lossy(&self.media.bytes).into_owned()
    }
}
