//! What is more than text, and the text that stands for it in a chat.

use std::sync::OnceLock;

use bytes::Bytes;

use super::binary::Binary;
use super::file::File;
use super::image::Image;
use super::link::Link;
#[cfg(feature = "mcp")]
use super::markdown;
use super::media::Media;
use super::page::List;
use super::{Reply, ReplyKind};

/// An answer that is more than text.
#[derive(Debug)]
pub(super) struct Rich {
    thing: Thing,
    /// Written when somebody asks: a `data:` URL is longer than the picture in it.
    text: OnceLock<String>,
}

/// The things there are.
#[derive(Debug)]
pub(super) enum Thing {
    Image(Image),
    File(File),
    Link(Link),
    Binary(Binary),
    List(List),
    Parts(Vec<Reply>),
}

impl Rich {
    pub(super) fn new(thing: Thing) -> Self {
        Self { thing, text: OnceLock::new() }
    }

    pub(super) fn kind(&self) -> ReplyKind {
        match self.thing {
            Thing::Image(_) => ReplyKind::Image,
            Thing::File(_) => ReplyKind::File,
            Thing::Link(_) => ReplyKind::Link,
            Thing::Binary(_) => ReplyKind::Binary,
            Thing::List(_) => ReplyKind::Json,
            Thing::Parts(_) => ReplyKind::Markdown,
        }
    }

    pub(super) fn media_type(&self) -> &str {
        self.thing.media().map_or(self.kind().media_type(), |media| &media.media_type)
    }

    pub(super) fn file_name(&self) -> Option<&str> {
        match &self.thing {
            Thing::File(file) => Some(file.name()),
            Thing::Image(_) | Thing::Link(_) | Thing::Binary(_) | Thing::List(_) | Thing::Parts(_) => None,
        }
    }

    pub(super) fn as_text(&self) -> &str {
        self.text.get_or_init(|| self.thing.in_chat())
    }

    pub(super) fn into_text(self) -> String {
        self.text.into_inner().unwrap_or_else(|| self.thing.in_chat())
    }

    pub(super) fn into_bytes(self) -> Bytes {
        match self.thing {
            Thing::Image(Image { media, .. })
            | Thing::File(File { media, .. })
            | Thing::Binary(Binary { media }) => media.bytes,
            Thing::Link(link) => link.in_chat().into(),
            Thing::List(list) => list.whole().into(),
            Thing::Parts(parts) => in_chat(&parts).into(),
        }
    }

    #[cfg(feature = "mcp")]
    pub(super) fn bytes(&self) -> Option<Bytes> {
        self.thing.media().map(|media| media.bytes.clone())
    }

    #[cfg(feature = "mcp")]
    pub(super) fn link_target(&self) -> Option<(&str, &str)> {
        match &self.thing {
            Thing::Link(link) => Some(link.target()),
            Thing::Image(_) | Thing::File(_) | Thing::Binary(_) | Thing::List(_) | Thing::Parts(_) => None,
        }
    }

    /// Writes the thing with a URL that leads to it, where it would else be in the URL.
    #[cfg(feature = "mcp")]
    pub(super) fn in_chat_at(&self, url: &str) -> String {
        match &self.thing {
            Thing::Image(image) => image.in_chat_at(url),
            Thing::File(file) => file.in_chat_at(url),
            Thing::Binary(binary) => markdown::link(&binary.media.media_type, url),
            Thing::Link(_) | Thing::List(_) | Thing::Parts(_) => self.thing.in_chat(),
        }
    }

    pub(super) fn list(&self) -> Option<&List> {
        match &self.thing {
            Thing::List(list) => Some(list),
            Thing::Image(_) | Thing::File(_) | Thing::Link(_) | Thing::Binary(_) | Thing::Parts(_) => None,
        }
    }

    pub(super) fn is_made_of_parts(&self) -> bool {
        matches!(self.thing, Thing::Parts(_))
    }

    /// Takes the parts out; none of what is not made of any.
    pub(super) fn into_parts(self) -> Vec<Reply> {
        match self.thing {
            Thing::Parts(parts) => parts,
            Thing::Image(_) | Thing::File(_) | Thing::Link(_) | Thing::Binary(_) | Thing::List(_) => {
                Vec::new()
            }
        }
    }
}

impl Thing {
    fn media(&self) -> Option<&Media> {
        match self {
            Self::Image(Image { media, .. })
            | Self::File(File { media, .. })
            | Self::Binary(Binary { media }) => Some(media),
            Self::Link(_) | Self::List(_) | Self::Parts(_) => None,
        }
    }

    fn in_chat(&self) -> String {
        match self {
            Self::Image(image) => image.in_chat(),
            Self::File(file) => file.in_chat(),
            Self::Link(link) => link.in_chat(),
            Self::Binary(binary) => binary.as_text(),
            Self::List(list) => list.whole(),
            Self::Parts(parts) => in_chat(parts),
        }
    }
}

fn in_chat(parts: &[Reply]) -> String {
    parts.iter().map(Reply::as_text).collect::<Vec<_>>().join("\n\n")
}
