//! From what a tool answered to the reply of a call.
//!
//! The model reads text, so what a tool says beside its text becomes Markdown. A value that the tool describes by a schema
//! is the answer itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lobe_plugin_sdk::{File, Image, Link, PluginError, Reply};
use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, ResourceContents};

/// What a caller reads of a tool that failed without a word.
const SILENT: &str = "the tool failed, and did not say why";

/// Reads a tool's answer. `is_described` says whether the tool has a schema for it.
pub(super) fn read(response: CallToolResponse, is_described: bool) -> Result<Reply, PluginError> {
    let result = match response {
        CallToolResponse::Complete(result) => result,
        CallToolResponse::InputRequired(_) => {
            return Err(PluginError::server("the tool asks for something that nobody can answer here"));
        }
        CallToolResponse::Task(_) => {
            return Err(PluginError::server("the tool answers later, and nobody can wait for it here"));
        }
        _ => return Err(PluginError::bad_gateway("[gateway] the MCP server failed: not_mcp")),
    };
    if result.is_error == Some(true) {
        return Err(failure(result));
    }
    match result.structured_content {
        Some(value) if is_described || result.content.is_empty() => Reply::json(&value),
        _ => said(result.content),
    }
}

/// Reads what a tool failed with: its text, for the model to make it better.
fn failure(result: CallToolResult) -> PluginError {
    let texts = result.content.iter().filter_map(ContentBlock::as_text).map(|text| &*text.text);
    let text = texts.collect::<Vec<_>>().join("\n\n");
    match result.structured_content {
        _ if !text.is_empty() => PluginError::server(text),
        Some(value) => PluginError::server(value.to_string()),
        None => PluginError::server(SILENT),
    }
}

/// Reads the blocks of an answer: a single one as what it is, several as one Markdown text.
fn said(blocks: Vec<ContentBlock>) -> Result<Reply, PluginError> {
    let mut replies = blocks.into_iter().map(reply).collect::<Result<Vec<_>, _>>()?;
    if replies.len() == 1 {
        return Ok(replies.remove(0));
    }
    let texts: Vec<_> = replies.into_iter().map(Reply::into_text).collect();
    Ok(Reply::markdown(texts.join("\n\n")))
}

fn reply(block: ContentBlock) -> Result<Reply, PluginError> {
    match block {
        ContentBlock::Text(text) => Ok(Reply::text(text.text)),
        ContentBlock::Image(image) => Reply::image(Image::new(image.mime_type, bytes(&image.data)?)),
        ContentBlock::Audio(audio) => {
            let name = format!("audio.{}", ending(&audio.mime_type));
            Reply::file(File::new(name, audio.mime_type, bytes(&audio.data)?))
        }
        ContentBlock::Resource(resource) => resource_reply(resource.resource),
        ContentBlock::ResourceLink(resource) => {
            let title = resource.title.unwrap_or(resource.name);
            let link = Link::new(resource.uri).title(title);
            Ok(Reply::link(match resource.description {
                Some(description) => link.description(description),
                None => link,
            }))
        }
        _ => Err(PluginError::bad_gateway("[gateway] the MCP server failed: not_mcp")),
    }
}

fn resource_reply(resource: ResourceContents) -> Result<Reply, PluginError> {
    match resource {
        ResourceContents::TextResourceContents { text, .. } => Ok(Reply::text(text)),
        ResourceContents::BlobResourceContents { uri, mime_type, blob, .. } => {
            let media_type = mime_type.unwrap_or_else(|| "application/octet-stream".to_owned());
            let bytes = bytes(&blob)?;
            if media_type.starts_with("image/") {
                return Reply::image(Image::new(media_type, bytes));
            }
            let name = uri.rsplit('/').find(|part| !part.is_empty()).unwrap_or("file").to_owned();
            Reply::file(File::new(name, media_type, bytes))
        }
        _ => Err(PluginError::bad_gateway("[gateway] the MCP server failed: not_mcp")),
    }
}

/// Returns what a file of a media type is called: the subtype, where that is a word.
fn ending(media_type: &str) -> &str {
    let subtype = media_type.split(['/', ';']).nth(1).unwrap_or_default().trim();
    if !subtype.is_empty() && subtype.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        subtype
    } else {
        "bin"
    }
}

fn bytes(base64: &str) -> Result<Vec<u8>, PluginError> {
    STANDARD
        .decode(base64)
        .map_err(|_| PluginError::bad_gateway("[gateway] the MCP server failed: not_base64"))
}
