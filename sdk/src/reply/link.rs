//! A page elsewhere as an answer.

use std::borrow::Cow;

use super::markdown;

/// Answers with a link, which every door writes as Markdown: `[title](url)`, and the description below.
///
/// ```
/// # use lobe_plugin_sdk::{IntoReply, Link};
/// let link = Link::new("https://example.org/map").title("The map").description("Where everything is.");
/// let reply = link.into_reply().unwrap();
/// assert_eq!(reply.as_text(), "[The map](https://example.org/map)\n\nWhere everything is.");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    url: Cow<'static, str>,
    title: Option<Cow<'static, str>>,
    description: Option<Cow<'static, str>>,
}

impl Link {
    /// Links to a URL. It is not looked at, only kept from ending the Markdown around it.
    pub fn new(url: impl Into<Cow<'static, str>>) -> Self {
        Self { url: url.into(), title: None, description: None }
    }

    /// Sets the words to click; without them it is the URL.
    #[must_use]
    pub fn title(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets what stands below the link, as Markdown.
    #[must_use]
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Returns the URL, and the words to click.
    #[cfg(feature = "mcp")]
    pub(super) fn target(&self) -> (&str, &str) {
        (&self.url, self.title.as_ref().unwrap_or(&self.url))
    }

    pub(super) fn in_chat(&self) -> String {
        let link = markdown::link(self.title.as_ref().unwrap_or(&self.url), &self.url);
        match &self.description {
            Some(description) => format!("{link}\n\n{description}"),
            None => link,
        }
    }
}
