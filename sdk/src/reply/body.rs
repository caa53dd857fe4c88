//! The bytes of a reply on their way to a door: all of them, or one chunk after another.

use std::borrow::Cow;
use std::fmt;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{BoxStream, Stream, StreamExt, TryStreamExt};

use crate::error::PluginError;

/// Chunks of an answer as they come. After an error there are no more.
///
/// An error in it is told to nobody but the log: the answer has begun, so all that a door can do is to break it off.
pub type Chunks = BoxStream<'static, Result<Bytes, PluginError>>;

/// Holds a reply's bytes, for whoever sends them.
pub enum Body {
    /// They are all there.
    Whole(Bytes),
    /// They come when they come.
    Stream(Chunks),
}

/// Says how much there is, and not what.
impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(formatter, "Body({} bytes)", bytes.len()),
            Self::Stream(_) => formatter.write_str("Body(a stream)"),
        }
    }
}

/// Is what a stream may be made of: text or bytes, or a `Result` of these.
///
/// As its error stands everything that `?` makes a [`PluginError`] of: any [`std::error::Error`], whose text goes to the
/// log only, or a [`PluginError`] itself. For an error with
/// [`IntoPluginError`](crate::IntoPluginError), write `stream.map_err(IntoPluginError::into_plugin_error)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a chunk of a streamed answer",
    label = "a stream of these is made of neither text nor bytes",
    note = "let its items be `String`, `&'static str`, `Bytes` or `Vec<u8>`, or a `Result` of one of them whose error is a `PluginError` or any `std::error::Error`"
)]
pub trait IntoChunk {
    /// Takes the bytes out.
    ///
    /// # Errors
    ///
    /// What the item itself says.
    fn into_chunk(self) -> Result<Bytes, PluginError>;
}

macro_rules! chunks {
    ($($ty:ty),*) => {
        $(impl IntoChunk for $ty {
            fn into_chunk(self) -> Result<Bytes, PluginError> {
                Ok(self.into())
            }
        })*
    };
}

chunks!(String, &'static str, Bytes, Vec<u8>, &'static [u8]);

impl IntoChunk for Cow<'static, str> {
    fn into_chunk(self) -> Result<Bytes, PluginError> {
        match self {
            Cow::Borrowed(text) => text.into_chunk(),
            Cow::Owned(text) => text.into_chunk(),
        }
    }
}

impl<T: IntoChunk, E: Into<PluginError>> IntoChunk for Result<T, E> {
    fn into_chunk(self) -> Result<Bytes, PluginError> {
        self.map_err(Into::into)?.into_chunk()
    }
}

/// Makes one kind of stream of them all.
pub(super) fn chunks<S>(stream: S) -> Chunks
where
    S: Stream<Item: IntoChunk> + Send + 'static,
{
    stream.map(IntoChunk::into_chunk).boxed()
}

/// Waits for all of it.
pub(super) async fn collect(chunks: Chunks) -> Result<Bytes, PluginError> {
    let join = async |mut all: BytesMut, chunk: Bytes| {
        all.extend_from_slice(&chunk);
        Ok(all)
    };
    chunks.try_fold(BytesMut::new(), join).await.map(BytesMut::freeze)
}
