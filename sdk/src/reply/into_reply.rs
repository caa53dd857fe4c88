//! How a function's return value becomes a reply, and what documents say of it.

use std::any::{Any, TypeId};
use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Binary, File, Image, Link, MarkdownStream, Parts, Reply, ReplyKind, TextStream};
use crate::error::PluginError;
use crate::schema::Schema;

/// Describes what an operation answers, for documents.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplyDescription {
    /// How the answer's text is to be read.
    pub kind: ReplyKind,
    /// What it looks like; absent when it may be anything.
    pub schema: Option<Schema>,
    /// Whether it is a list of which an answer holds one page: a [`Page`](crate::Page).
    pub is_paged: bool,
}

/// Turns a function's return value into a [`Reply`], and describes it.
///
/// Everything that is `Serialize + JsonSchema` is one, as JSON; [`String`] and `&'static str` are plain text;
/// [`Markdown`] is Markdown. [`Image`], [`File`], [`Link`] and [`Binary`] are what they say, [`TextStream`] and
/// [`MarkdownStream`] come piece by piece, a [`Page`](crate::Page) is one of many. `Result<T, E>` needs no implementation: the annotation looks inside.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the answer of a plugin function",
    label = "this type does not say how it is sent, or what it looks like",
    note = "add `#[derive(serde::Serialize, schemars::JsonSchema)]` to it, or return `String`, `Markdown` or `Reply`",
    note = "a picture, file or link is an `Image`, `File` or `Link`; a stream goes into a `TextStream`"
)]
pub trait IntoReply: Sized {
    /// Makes the reply.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as what it claims to be.
    fn into_reply(self) -> Result<Reply, PluginError>;

    /// Describes every reply of this type.
    fn describe() -> ReplyDescription;
}

// One implementation for all, because Rust has no way yet to say "every type but String": so the two texts are told
// apart by looking at the value. The compiler knows the type and removes the question.
#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema + 'static> IntoReply for T {
    fn into_reply(self) -> Result<Reply, PluginError> {
        let value: &dyn Any = &self;
        match plain_text(value) {
            Some(text) => Ok(Reply::text(text)),
            None => Reply::json(&self),
        }
    }

    fn describe() -> ReplyDescription {
        let text = [TypeId::of::<String>(), TypeId::of::<&'static str>(), TypeId::of::<Cow<'static, str>>()];
        let kind = if text.contains(&TypeId::of::<T>()) { ReplyKind::Text } else { ReplyKind::Json };
        ReplyDescription { kind, schema: Some(Schema::output_of::<T>()), is_paged: false }
    }
}

fn plain_text(value: &dyn Any) -> Option<String> {
    if let Some(text) = value.downcast_ref::<String>() {
        return Some(text.clone());
    }
    if let Some(text) = value.downcast_ref::<&'static str>() {
        return Some((*text).to_owned());
    }
    value.downcast_ref::<Cow<'static, str>>().map(|text| text.clone().into_owned())
}

impl IntoReply for Reply {
    fn into_reply(self) -> Result<Self, PluginError> {
        Ok(self)
    }

    fn describe() -> ReplyDescription {
        ReplyDescription { kind: ReplyKind::Text, schema: None, is_paged: false }
    }
}

/// Marks an answer as Markdown, which LobeChat renders for plugins of type `markdown`.
///
/// ```
/// # use lobe_plugin_sdk::{IntoReply, Markdown};
/// let reply = Markdown("- a **red** scarf".to_owned()).into_reply().unwrap();
/// assert_eq!(reply.as_text(), "- a **red** scarf");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markdown(pub String);

impl IntoReply for Markdown {
    fn into_reply(self) -> Result<Reply, PluginError> {
        Ok(Reply::markdown(self.0))
    }

    fn describe() -> ReplyDescription {
        text(ReplyKind::Markdown)
    }
}

/// Describes answers of bytes: OpenAPI 3.1 shows no schema for what is not JSON, XML or text.
const fn bytes(kind: ReplyKind) -> ReplyDescription {
    ReplyDescription { kind, schema: None, is_paged: false }
}

fn text(kind: ReplyKind) -> ReplyDescription {
    ReplyDescription { kind, schema: Some(Schema::output_of::<String>()), is_paged: false }
}

impl IntoReply for Image {
    fn into_reply(self) -> Result<Reply, PluginError> {
        Reply::image(self)
    }

    fn describe() -> ReplyDescription {
        bytes(ReplyKind::Image)
    }
}

impl IntoReply for File {
    fn into_reply(self) -> Result<Reply, PluginError> {
        Reply::file(self)
    }

    fn describe() -> ReplyDescription {
        bytes(ReplyKind::File)
    }
}

impl IntoReply for Binary {
    fn into_reply(self) -> Result<Reply, PluginError> {
        Reply::binary(self)
    }

    fn describe() -> ReplyDescription {
        bytes(ReplyKind::Binary)
    }
}

impl IntoReply for Link {
    fn into_reply(self) -> Result<Reply, PluginError> {
        Ok(Reply::link(self))
    }

    fn describe() -> ReplyDescription {
        text(ReplyKind::Link)
    }
}

impl IntoReply for Parts {
    fn into_reply(self) -> Result<Reply, PluginError> {
        Reply::parts(self)
    }

    fn describe() -> ReplyDescription {
        text(ReplyKind::Markdown)
    }
}

impl IntoReply for TextStream {
    fn into_reply(self) -> Result<Reply, PluginError> {
        Ok(Reply::text_stream(self))
    }

    fn describe() -> ReplyDescription {
        text(ReplyKind::Text)
    }
}

impl IntoReply for MarkdownStream {
    fn into_reply(self) -> Result<Reply, PluginError> {
        Ok(Reply::markdown_stream(self))
    }

    fn describe() -> ReplyDescription {
        text(ReplyKind::Markdown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_texts_and_all_else_is_json() {
        let check = |reply: Result<Reply, PluginError>, kind, text: &str| {
            let reply = reply.unwrap();
            assert_eq!((reply.kind(), reply.as_text()), (kind, text));
        };
        check("hi".into_reply(), ReplyKind::Text, "hi");
        check(String::from("hi").into_reply(), ReplyKind::Text, "hi");
        check(Cow::from("hi").into_reply(), ReplyKind::Text, "hi");
        check(vec!["hi"].into_reply(), ReplyKind::Json, r#"["hi"]"#);
        check(3.into_reply(), ReplyKind::Json, "3");
        check(().into_reply(), ReplyKind::Json, "null");
        check(Markdown("# hi".into()).into_reply(), ReplyKind::Markdown, "# hi");
    }
}
