//! One answer on its way out: text, something that a chat can only be shown, or a stream of either.
//!
//! Not here: which headers a door puts around it.

mod binary;
mod body;
mod file;
mod image;
mod into_reply;
mod link;
mod markdown;
mod media;
mod page;
mod parts;
mod rich;
mod stream;

use std::borrow::Cow;
use std::fmt;

#[cfg(feature = "mcp")]
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt as _};
use serde::Serialize;

pub use self::binary::Binary;
pub use self::body::{Body, Chunks, IntoChunk};
pub use self::file::File;
pub use self::image::Image;
pub use self::into_reply::{IntoReply, Markdown, ReplyDescription};
pub use self::link::Link;
use self::page::List;
pub use self::page::Page;
pub use self::parts::Parts;
use self::rich::{Rich, Thing};
pub use self::stream::{MarkdownStream, TextStream};
use crate::error::PluginError;

/// Carries what an operation answered.
pub struct Reply {
    kind: ReplyKind,
    content: Content,
}

enum Content {
    Text(String),
    // Boxed, so that nearly all answers, which are text, are not moved about with room for these.
    Rich(Box<Rich>),
    Stream(Box<Streamed>),
}

struct Streamed {
    media_type: Cow<'static, str>,
    chunks: Chunks,
}

/// Says what a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplyKind {
    /// A JSON value.
    Json,
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// A picture.
    Image,
    /// A file to keep.
    File,
    /// A link, written as Markdown.
    Link,
    /// Bytes of any kind.
    Binary,
}

impl ReplyKind {
    /// Returns the media type it is sent as over HTTP, or the range that its media type is in.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
            Self::Markdown | Self::Link => "text/markdown; charset=utf-8",
            Self::Image => "image/*",
            Self::File | Self::Binary => "*/*",
        }
    }
}

impl Reply {
    /// Serialises a value as JSON.
    ///
    /// # Errors
    ///
    /// A value that JSON cannot express, such as a map whose keys are no strings: an internal error.
    pub fn json(value: &impl Serialize) -> Result<Self, PluginError> {
        let text = serde_json::to_string(value).map_err(|cause| {
            PluginError::internal(format!("the answer cannot be written as JSON: {cause}"))
        })?;
        Ok(Self { kind: ReplyKind::Json, content: Content::Text(text) })
    }

    /// Answers with plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { kind: ReplyKind::Text, content: Content::Text(text.into()) }
    }

    /// Answers with Markdown.
    pub fn markdown(text: impl Into<String>) -> Self {
        Self { kind: ReplyKind::Markdown, content: Content::Text(text.into()) }
    }

    /// Answers with a picture.
    ///
    /// # Errors
    ///
    /// When its media type is none: an internal error.
    pub fn image(image: Image) -> Result<Self, PluginError> {
        image.media.check()?;
        Ok(Self::rich(Thing::Image(image)))
    }

    /// Answers with a file to keep.
    ///
    /// # Errors
    ///
    /// When its media type is none: an internal error.
    pub fn file(file: File) -> Result<Self, PluginError> {
        file.media.check()?;
        Ok(Self::rich(Thing::File(file)))
    }

    /// Answers with bytes as they are.
    ///
    /// # Errors
    ///
    /// When their media type is none: an internal error.
    pub fn binary(binary: Binary) -> Result<Self, PluginError> {
        binary.media.check()?;
        Ok(Self::rich(Thing::Binary(binary)))
    }

    /// Answers with a link.
    #[must_use]
    pub fn link(link: Link) -> Self {
        Self::rich(Thing::Link(link))
    }

    /// Answers with several things, in their order.
    ///
    /// # Errors
    ///
    /// What one of them could not be made by.
    pub fn parts(parts: Parts) -> Result<Self, PluginError> {
        parts.into_replies().map(|parts| Self::rich(Thing::Parts(parts)))
    }

    fn list(list: List) -> Self {
        Self::rich(Thing::List(list))
    }

    /// Shows of a list the page that begins after so many items; any other reply is whole.
    pub(crate) fn page(self, start: usize) -> Result<Self, PluginError> {
        let Content::Rich(rich) = &self.content else { return Ok(self) };
        let Some(list) = rich.list() else { return Ok(self) };
        list.page(start).map(|text| Self { kind: ReplyKind::Json, content: Content::Text(text) })
    }

    /// Takes the things apart that it is made of: one, mostly.
    #[must_use]
    pub fn into_parts(self) -> Vec<Self> {
        match self.content {
            Content::Rich(rich) if rich.is_made_of_parts() => rich.into_parts(),
            content @ (Content::Text(_) | Content::Rich(_) | Content::Stream(_)) => {
                vec![Self { content, ..self }]
            }
        }
    }

    fn rich(thing: Thing) -> Self {
        let rich = Rich::new(thing);
        Self { kind: rich.kind(), content: Content::Rich(Box::new(rich)) }
    }

    /// Answers with plain text that comes piece by piece.
    #[must_use]
    pub fn text_stream(TextStream(chunks): TextStream) -> Self {
        Self::stream(ReplyKind::Text, ReplyKind::Text.media_type(), chunks)
    }

    /// Answers with Markdown that comes piece by piece.
    #[must_use]
    pub fn markdown_stream(MarkdownStream(chunks): MarkdownStream) -> Self {
        Self::stream(ReplyKind::Markdown, ReplyKind::Markdown.media_type(), chunks)
    }

    /// Answers with bytes of any kind that come piece by piece, and are passed on as they are.
    ///
    /// # Errors
    ///
    /// When the media type is none: an internal error.
    pub fn binary_stream<S>(media_type: impl Into<Cow<'static, str>>, stream: S) -> Result<Self, PluginError>
    where
        S: Stream<Item: IntoChunk> + Send + 'static,
    {
        let media_type = media_type.into();
        media::check_media_type(&media_type)?;
        Ok(Self::stream(ReplyKind::Binary, media_type, body::chunks(stream)))
    }

    fn stream(kind: ReplyKind, media_type: impl Into<Cow<'static, str>>, chunks: Chunks) -> Self {
        let media_type = media_type.into();
        Self { kind, content: Content::Stream(Box::new(Streamed { media_type, chunks })) }
    }

    /// Returns what it is.
    #[must_use]
    pub fn kind(&self) -> ReplyKind {
        self.kind
    }

    /// Returns the media type of what [`into_body`](Self::into_body) takes out.
    #[must_use]
    pub fn media_type(&self) -> &str {
        match &self.content {
            Content::Text(_) => self.kind.media_type(),
            Content::Rich(rich) => rich.media_type(),
            Content::Stream(stream) => &stream.media_type,
        }
    }

    /// Returns the name of a file.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        match &self.content {
            Content::Rich(rich) => rich.file_name(),
            Content::Text(_) | Content::Stream(_) => None,
        }
    }

    /// Returns the bytes of what is sent as bytes.
    #[cfg(feature = "mcp")]
    pub(crate) fn bytes(&self) -> Option<Bytes> {
        match &self.content {
            Content::Rich(rich) => rich.bytes(),
            Content::Text(_) | Content::Stream(_) => None,
        }
    }

    /// Returns the URL and the title of a link.
    #[cfg(feature = "mcp")]
    pub(crate) fn link_target(&self) -> Option<(&str, &str)> {
        match &self.content {
            Content::Rich(rich) => rich.link_target(),
            Content::Text(_) | Content::Stream(_) => None,
        }
    }

    /// Writes what a chat can read, with a URL that leads to the bytes in place of one that holds them.
    #[cfg(feature = "mcp")]
    pub(crate) fn in_chat_at(&self, url: &str) -> String {
        match &self.content {
            Content::Rich(rich) => rich.in_chat_at(url),
            Content::Text(text) => text.clone(),
            Content::Stream(_) => String::new(),
        }
    }

    /// Returns the text: what LobeChat shows to the model. A picture, file or link is Markdown there; bytes are read as
    /// UTF-8, with U+FFFD for what is none.
    ///
    /// Empty for a stream that nobody has [collected](Self::collect).
    #[must_use]
    pub fn as_text(&self) -> &str {
        match &self.content {
            Content::Text(text) => text,
            Content::Rich(rich) => rich.as_text(),
            Content::Stream(_) => "",
        }
    }

    /// Takes the text out, as [`as_text`](Self::as_text) has it.
    #[must_use]
    pub fn into_text(self) -> String {
        match self.content {
            Content::Text(text) => text,
            Content::Rich(rich) => rich.into_text(),
            Content::Stream(_) => String::new(),
        }
    }

    /// Takes the bytes out: those of a picture or a file themselves, of a link the Markdown.
    #[must_use]
    pub fn into_body(self) -> Body {
        match self.content {
            Content::Text(text) => Body::Whole(text.into()),
            Content::Rich(rich) => Body::Whole(rich.into_bytes()),
            Content::Stream(stream) => Body::Stream(stream.chunks),
        }
    }

    /// Puts it in the shape that a chat can read: a picture, file or link becomes its Markdown. All else stays.
    #[must_use]
    pub fn for_chat(self) -> Self {
        match self.kind {
            ReplyKind::Image | ReplyKind::File | ReplyKind::Link => Self::markdown(self.into_text()),
            ReplyKind::Json | ReplyKind::Text | ReplyKind::Markdown | ReplyKind::Binary => self,
        }
    }

    /// Returns whether it comes piece by piece.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        matches!(self.content, Content::Stream(_))
    }

    /// Waits until all of a stream is there; any other reply is there already.
    ///
    /// # Errors
    ///
    /// What the stream fails with.
    pub async fn collect(self) -> Result<Self, PluginError> {
        let Content::Stream(stream) = self.content else { return Ok(self) };
        let Streamed { media_type, chunks } = *stream;
        let bytes = body::collect(chunks).await?;
        if self.kind == ReplyKind::Binary {
            return Self::binary(Binary::new(media_type, bytes));
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Self { kind: self.kind, content: Content::Text(text) })
    }

    /// Keeps `held` until a stream has ended or was given up; any other reply is whole, and drops it at once.
    #[must_use]
    pub fn holding<T: Send + 'static>(self, held: T) -> Self {
        let Content::Stream(stream) = self.content else { return self };
        let Streamed { media_type, chunks } = *stream;
        let holding = chunks.inspect(move |_| {
            let _still_here = &held;
        });
        Self::stream(self.kind, media_type, holding.boxed())
    }

    /// Exchanges the chunks of a stream, for others or for an error.
    pub(crate) async fn exchange_stream<F>(
        self,
        exchange: impl FnOnce(Chunks) -> F,
    ) -> Result<Self, PluginError>
    where
        F: Future<Output = Result<Chunks, PluginError>>,
    {
        let Content::Stream(stream) = self.content else { return Ok(self) };
        let Streamed { media_type, chunks } = *stream;
        Ok(Self::stream(self.kind, media_type, exchange(chunks).await?))
    }
}

/// Shows a text, and of bytes how many there are.
impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_tuple("Reply");
        shown.field(&self.kind);
        match &self.content {
            Content::Text(text) => shown.field(text),
            Content::Rich(rich) => shown.field(rich),
            Content::Stream(_) => shown.field(&format_args!("a stream")),
        };
        shown.finish()
    }
}
