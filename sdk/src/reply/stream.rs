//! Answers that are told while they are made.

use std::fmt;

use futures_util::stream::Stream;

use super::body::{self, Chunks, IntoChunk};

/// Answers with text that comes piece by piece, each sent on as soon as it is there.
///
/// It is made of any [`Stream`] of text, fallible or not. Until the first piece a failure is an ordinary one; afterwards
/// it breaks the answer off, so that nobody takes a half for the whole. The time that a call may take
/// ([`Limits::call_time`](crate::serve::Limits)) holds for the whole answer.
///
/// ```
/// use futures_util::stream;
/// use lobe_plugin_sdk::{TextStream, lobe_plugin};
///
/// /// Count down.
/// #[lobe_plugin]
/// fn count_down(from: u8) -> TextStream {
///     TextStream::new(stream::iter((0..=from).rev().map(|number| format!("{number}\n"))))
/// }
/// ```
pub struct TextStream(pub(super) Chunks);

impl TextStream {
    /// Takes a stream; see [`IntoChunk`] for what its items may be.
    pub fn new<S>(stream: S) -> Self
    where
        S: Stream<Item: IntoChunk> + Send + 'static,
    {
        Self(body::chunks(stream))
    }
}

/// Answers with Markdown that comes piece by piece, as [`TextStream`] does with text.
pub struct MarkdownStream(pub(super) Chunks);

impl MarkdownStream {
    /// Takes a stream; see [`IntoChunk`] for what its items may be.
    pub fn new<S>(stream: S) -> Self
    where
        S: Stream<Item: IntoChunk> + Send + 'static,
    {
        Self(body::chunks(stream))
    }
}

impl fmt::Debug for TextStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TextStream")
    }
}

impl fmt::Debug for MarkdownStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MarkdownStream")
    }
}
