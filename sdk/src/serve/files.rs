//! `GET /files/{id}`: what the URLs in MCP answers lead to.

use std::sync::Arc;

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

use super::answer::attachment;
use super::exchange::error_response;
use crate::error::PluginError;
use crate::mcp::{SignedFiles, StoredFile};

/// Makes the route that [`SignedFiles`] lead to, for a server that has an [`McpDoor`](super::McpDoor) of its own: of
/// `/files/{id}`. Whoever has the URL is let in, until it ends.
pub fn files_route<S: Clone + Send + Sync + 'static>(files: SignedFiles) -> MethodRouter<S> {
    let files = Arc::new(files);
    get(async move |Path(id): Path<String>, RawQuery(query): RawQuery| {
        match files.find(&id, query.as_deref().unwrap_or_default()).await {
            Some(file) => response(file),
            None => error_response(&PluginError::not_found("there is no such file, or not any more")),
        }
    })
}

fn response(StoredFile { media_type, name, bytes }: StoredFile) -> Response {
    let mut headers = HeaderMap::new();
    headers.extend(HeaderValue::try_from(media_type).ok().map(|kind| (header::CONTENT_TYPE, kind)));
    headers.extend(name.map(|name| (header::CONTENT_DISPOSITION, attachment(&name))));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // A picture may be an SVG, and an SVG a program.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    (headers, bytes).into_response()
}
