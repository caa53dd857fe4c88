//! What came of a call, as MCP shows it: content for the model, JSON for programs, and errors that a model can repair.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rmcp::model::{ContentBlock, Resource, ResourceContents};
use serde::Serialize;
use serde_json::value::RawValue;

use super::files::{SignedFiles, StoredFile};
use super::shorten;
use super::tools::Tool;
use crate::error::PluginError;
use crate::protocol::ErrorType;
use crate::reply::{Reply, ReplyKind};

/// The result of `tools/call`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolAnswer {
    pub(super) content: Vec<ContentBlock>,
    /// The answer's own JSON text, as the function wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) structured_content: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_error: bool,
}

/// How answers are shown to one client.
#[derive(Clone, Copy)]
pub(super) struct Showing<'a> {
    /// How many characters one text may have.
    pub(super) budget: usize,
    /// Who keeps pictures and files, for links to lead to; without it answers hold them.
    pub(super) files: Option<&'a SignedFiles>,
    /// Whether there may be links beside the text.
    pub(super) links: bool,
}

impl ToolAnswer {
    /// Shows a reply that is whole.
    pub(super) async fn of_reply(
        reply: Reply,
        tool: &Tool,
        showing: Showing<'_>,
    ) -> Result<Self, PluginError> {
        // A page says where to go on behind its last item: who is shown fewer would miss the others.
        let is_page = reply.kind() == ReplyKind::Json && tool.operation().get_reply().is_paged;
        let budget = if is_page { usize::MAX } else { showing.budget };
        let showing = Showing { budget, ..showing };
        if reply.kind() == ReplyKind::Json && tool.is_structured() {
            return Self::structured(reply.into_text(), showing.budget);
        }
        let mut content = Vec::new();
        for part in reply.into_parts() {
            content.extend(blocks(part, showing).await?);
        }
        Ok(Self { content, ..Self::default() })
    }

    /// Shows JSON twice: to the model shortened, to programs as it is, because they hold it against the schema.
    fn structured(text: String, budget: usize) -> Result<Self, PluginError> {
        let structured_content = Some(RawValue::from_string(text.clone())?);
        Ok(Self { structured_content, ..Self::text(shorten::json(text, budget)) })
    }

    fn text(text: String) -> Self {
        Self { content: vec![ContentBlock::text(text)], ..Self::default() }
    }

    /// Tells the model what went wrong, and what would have been right.
    pub(super) fn of_error(error: &PluginError, tool: &Tool) -> Self {
        Self { is_error: true, ..Self::text(words(error, tool)) }
    }
}

/// Shows one thing as what it is. Links stand in the text as well: LobeHub leaves MCP's own kind of link out of what the model
/// reads.
async fn blocks(reply: Reply, showing: Showing<'_>) -> Result<Vec<ContentBlock>, PluginError> {
    let Showing { budget, files, links } = showing;
    let block = match reply.kind() {
        ReplyKind::Text | ReplyKind::Markdown => {
            ContentBlock::text(shorten::prose(reply.into_text(), budget))
        }
        ReplyKind::Link => {
            let target = reply.link_target().filter(|_| links);
            let link = target.map(|(url, title)| ContentBlock::resource_link(Resource::new(url, title)));
            let text = ContentBlock::text(shorten::prose(reply.into_text(), budget));
            return Ok(std::iter::once(text).chain(link).collect());
        }
        ReplyKind::Json => ContentBlock::text(shorten::json(reply.into_text(), budget)),
        ReplyKind::Image | ReplyKind::File | ReplyKind::Binary => {
            let Some(file) = stored(&reply) else { return Ok(Vec::new()) };
            match files {
                Some(files) => return linked(reply, file, files, links).await,
                None => block(&file.media_type, file.name.as_deref(), &file.bytes),
            }
        }
    };
    Ok(vec![block])
}

fn stored(reply: &Reply) -> Option<StoredFile> {
    let name = reply.file_name().map(str::to_owned);
    Some(StoredFile { media_type: reply.media_type().to_owned(), name, bytes: reply.bytes()? })
}

/// Leaves bytes with who keeps them, and shows where.
async fn linked(
    reply: Reply,
    file: StoredFile,
    files: &SignedFiles,
    links: bool,
) -> Result<Vec<ContentBlock>, PluginError> {
    let size = file.bytes.len().try_into().ok();
    let (media_type, name) = (file.media_type.clone(), file.name.clone());
    let url = files.link(file).await?;
    let text = ContentBlock::text(reply.in_chat_at(&url));
    let link = links.then(|| {
        let mut resource = Resource::new(url, name.unwrap_or_else(|| media_type.clone()));
        (resource.mime_type, resource.size) = (Some(media_type), size);
        ContentBlock::resource_link(resource)
    });
    Ok(std::iter::once(text).chain(link).collect())
}

/// Shows bytes as the kind of content that their media type has.
fn block(media_type: &str, name: Option<&str>, bytes: &Bytes) -> ContentBlock {
    let family = media_type.split('/').next().unwrap_or_default();
    match (name, family) {
        (None, "image") => ContentBlock::image(STANDARD.encode(bytes), media_type),
        (None, "audio") => ContentBlock::audio(STANDARD.encode(bytes), media_type),
        _ => ContentBlock::resource(resource(media_type, name.unwrap_or("answer"), bytes)),
    }
}

fn resource(media_type: &str, name: &str, bytes: &Bytes) -> ResourceContents {
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    let uri = format!("attachment:{name}");
    let contents = match std::str::from_utf8(bytes) {
        Ok(text) if media_type.starts_with("text/") || media_type.contains("json") => {
            ResourceContents::text(text, uri)
        }
        _ => ResourceContents::blob(STANDARD.encode(bytes), uri),
    };
    contents.with_mime_type(media_type)
}

fn words(error: &PluginError, tool: &Tool) -> String {
    let message = error.message();
    match error.error_type() {
        ErrorType::PluginApiParamsError => format!(
            "The arguments do not fit: {message}.\nArguments that fit look like this: {}\nCorrect them and call again.",
            tool.example()
        ),
        ErrorType::PluginSettingsInvalid => format!(
            "The settings of this plugin are missing or wrong: {message}.\nOnly the user can mend that, where this \
             server is configured: {}.",
            tool.where_settings_stand()
        ),
        _ => message.to_owned(),
    }
}
