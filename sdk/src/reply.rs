//! One answer on its way out, and how a function's return value becomes one.
//!
//! Not here: which headers a door puts around it.

use std::any::Any;
use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::PluginError;
use crate::schema::Schema;

/// Carries what an operation answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    kind: ReplyKind,
    text: String,
}

/// Says how a reply's text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplyKind {
    /// A JSON value.
    Json,
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
}

impl ReplyKind {
    /// Returns the media type it is sent as over HTTP.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
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
        Ok(Self { kind: ReplyKind::Json, text })
    }

    /// Answers with plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { kind: ReplyKind::Text, text: text.into() }
    }

    /// Answers with Markdown.
    pub fn markdown(text: impl Into<String>) -> Self {
        Self { kind: ReplyKind::Markdown, text: text.into() }
    }

    /// Returns how the text is to be read.
    #[must_use]
    pub fn kind(&self) -> ReplyKind {
        self.kind
    }

    /// Returns the text: what LobeChat shows to the model.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// Takes the text out.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }
}

/// Describes what an operation answers, for documents.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplyDescription {
    /// How the answer's text is to be read.
    pub kind: ReplyKind,
    /// What it looks like; absent when it may be anything.
    pub schema: Option<Schema>,
}

/// Turns a function's return value into a [`Reply`], and describes it.
///
/// Everything that is `Serialize + JsonSchema` is one, as JSON; [`String`] and `&'static str` are plain text;
/// [`Markdown`] is Markdown. `Result<T, E>` needs no implementation: the annotation looks inside.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the answer of a plugin function",
    label = "this type does not say how it is sent, or what it looks like",
    note = "add `#[derive(serde::Serialize, schemars::JsonSchema)]` to it, or return `String`, `Markdown` or `Reply`"
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
        let text = [
            std::any::TypeId::of::<String>(),
            std::any::TypeId::of::<&'static str>(),
            std::any::TypeId::of::<Cow<'static, str>>(),
        ];
        let kind =
            if text.contains(&std::any::TypeId::of::<T>()) { ReplyKind::Text } else { ReplyKind::Json };
        ReplyDescription { kind, schema: Some(Schema::output_of::<T>()) }
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
        ReplyDescription { kind: ReplyKind::Text, schema: None }
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
        ReplyDescription { kind: ReplyKind::Markdown, schema: Some(Schema::output_of::<String>()) }
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
