//! Several things as one answer.

use super::{IntoReply, Reply};
use crate::error::PluginError;

/// Answers with several things in their order: text, pictures, files, links.
///
/// A chat reads them as Markdown, one below the other; an MCP client gets each as what it is.
///
/// ```
/// use lobe_plugin_sdk::{Image, Parts, lobe_plugin};
///
/// /// Draw a dot.
/// #[lobe_plugin]
/// fn dot() -> Parts {
///     let picture = r#"<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>"#;
///     Parts::new().and("A dot:".to_owned()).and(Image::svg(picture).alt("a dot"))
/// }
/// ```
#[derive(Debug, Default)]
pub struct Parts(Vec<Result<Reply, PluginError>>);

impl Parts {
    /// Starts with nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds whatever a function may answer with, but no stream: what cannot be made fails when it is answered.
    #[must_use]
    pub fn and(mut self, part: impl IntoReply) -> Self {
        self.0.push(part.into_reply().and_then(|reply| {
            if reply.is_stream() {
                return Err(PluginError::internal("a stream cannot be a part of an answer"));
            }
            Ok(reply)
        }));
        self
    }

    pub(super) fn into_replies(self) -> Result<Vec<Reply>, PluginError> {
        self.0.into_iter().collect()
    }
}
