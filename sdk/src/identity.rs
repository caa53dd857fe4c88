//! Who a plugin is: what people and documents call it. Data only.

use std::borrow::Cow;

use crate::protocol::{PluginType, Ui};

type Text = Cow<'static, str>;

/// Says who a plugin is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Identity {
    /// Its name towards machines.
    pub identifier: Text,
    /// Its name towards people; the identifier when nobody said otherwise.
    pub title: Option<Text>,
    /// What it is for; may be empty.
    pub description: Text,
    /// An emoji or the URL of a picture.
    pub avatar: Option<Text>,
    /// Words to find it by.
    pub tags: Vec<Text>,
    /// Who wrote it.
    pub author: Option<Text>,
    /// A page about it.
    pub homepage: Option<Text>,
    /// Its version.
    pub version: Text,
    /// Its licence, as an SPDX expression.
    pub license: Option<Text>,
    /// When it was made.
    pub created_at: Option<Text>,
    /// What LobeChat does with its answers.
    pub kind: Option<PluginType>,
    /// What the model is told about using it.
    pub system_role: Option<Text>,
    /// The page that shows its answers.
    pub ui: Option<Ui>,
    /// Where the JSON Schema of its manifest stands.
    pub schema: Option<Text>,
}

impl Identity {
    pub(crate) fn new(identifier: Text) -> Self {
        Self {
            identifier,
            title: None,
            description: Cow::Borrowed(""),
            avatar: None,
            tags: Vec::new(),
            author: None,
            homepage: None,
            version: Cow::Borrowed("0.1.0"),
            license: None,
            created_at: None,
            kind: None,
            system_role: None,
            ui: None,
            schema: None,
        }
    }

    /// Returns the name people see.
    #[must_use]
    pub fn shown_title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.identifier)
    }
}
