//! Why no plugin was found, or none that makes sense, and how that stands on the wire.
//!
//! Shapes and texts are those of LobeHub's gateway, less the documents that it repeats: of what was fetched only the one
//! entry of an index comes back.

use lobe_plugin_sdk::PluginError;
use lobe_plugin_sdk::protocol::ErrorType;
use serde_json::{Value, json};

use crate::admission::Busy;
use crate::outbound::{OutboundError, call_failed};
use crate::payload;
use crate::shape::ShapeError;

/// Says why a search for a plugin failed.
#[derive(Debug)]
pub(crate) enum Error {
    /// The caller's manifest is none.
    Payload(payload::Error),
    /// The market index cannot be had, or is no JSON.
    IndexNotFound { index_url: String },
    /// The market index has the wrong shape.
    IndexInvalid { error: ShapeError, index_url: String },
    /// No plugin of that identifier is known; `index_url` is the index that was asked, if one was.
    Unknown { identifier: String, index_url: Option<String> },
    /// The plugin's entry in the market index has the wrong shape.
    EntryInvalid { error: ShapeError, entry: Value },
    /// The manifest cannot be had, or is no JSON.
    ManifestNotFound { manifest_url: String },
    /// The manifest has the wrong shape, or is another plugin's.
    ManifestInvalid(ShapeError),
    /// The OpenAPI document that the manifest names is of no use, or what stands there of an operation.
    OpenApiInvalid { openapi: String, reason: String },
    /// Callers may not bring this here.
    NotAdmitted { what: &'static str },
    /// A document may not be fetched, or its address is none.
    Outbound(OutboundError),
    /// The plugin's server does not say what it can do.
    Unlisted(PluginError),
}

impl From<payload::Error> for Error {
    fn from(error: payload::Error) -> Self {
        Self::Payload(error)
    }
}

impl From<Busy> for Error {
    fn from(_: Busy) -> Self {
        Self::Outbound(OutboundError::Busy)
    }
}

impl Error {
    pub(crate) fn unknown(identifier: &str, index_url: Option<&str>) -> Self {
        Self::Unknown { identifier: identifier.to_owned(), index_url: index_url.map(str::to_owned) }
    }

    pub(crate) fn manifests_not_admitted() -> Self {
        Self::NotAdmitted { what: "manifests of their own" }
    }

    pub(crate) fn indexes_not_admitted() -> Self {
        Self::NotAdmitted { what: "market indexes of their own" }
    }

    /// Returns its name on the wire.
    pub(crate) fn error_type(&self) -> ErrorType {
        match self {
            Self::Payload(_) => ErrorType::BadRequest,
            Self::IndexNotFound { .. } => ErrorType::PluginMarketIndexNotFound,
            Self::IndexInvalid { .. } => ErrorType::PluginMarketIndexInvalid,
            Self::Unknown { .. } => ErrorType::PluginMetaNotFound,
            Self::EntryInvalid { .. } => ErrorType::PluginMetaInvalid,
            Self::ManifestNotFound { .. } => ErrorType::PluginManifestNotFound,
            Self::ManifestInvalid(_) => ErrorType::PluginManifestInvalid,
            Self::OpenApiInvalid { .. } => ErrorType::PluginOpenApiInitError,
            Self::NotAdmitted { .. } => ErrorType::Forbidden,
            Self::Outbound(error) => call_failed(*error).error_type(),
            Self::Unlisted(error) => error.error_type(),
        }
    }

    /// Returns what the caller reads.
    pub(crate) fn public_body(&self) -> Value {
        match self {
            Self::Payload(error) => error.public_body(),
            Self::IndexNotFound { index_url } => json!({
                "indexUrl": index_url,
                "message": "[gateway] plugin market index not found",
            }),
            Self::IndexInvalid { error, index_url } => json!({
                "error": error,
                "indexUrl": index_url,
                "message": "[gateway] plugin market index is invalid",
            }),
            Self::Unknown { identifier, index_url } => json!({
                "identifier": identifier,
                "message": not_found(identifier, index_url.as_deref()),
            }),
            Self::EntryInvalid { error, entry } => json!({
                "error": error,
                "message": "[plugin] plugin meta is invalid",
                "pluginMeta": entry,
            }),
            Self::ManifestNotFound { manifest_url } => json!({
                "manifestUrl": manifest_url,
                "message": "[plugin] plugin manifest not found",
            }),
            Self::ManifestInvalid(error) => json!({
                "error": error,
                "message": "[plugin] plugin manifest is invalid",
            }),
            Self::OpenApiInvalid { openapi, reason } => json!({
                "error": { "message": reason },
                "message": "[plugin] openapi client init error",
                "openapi": openapi,
            }),
            Self::NotAdmitted { what } => json!({
                "message": format!("[gateway] callers may not bring {what} here"),
            }),
            Self::Outbound(error) => call_failed(*error).to_wire().body.unwrap_or_default(),
            Self::Unlisted(error) => error.to_wire().body.unwrap_or_default(),
        }
    }
}

/// Words that no plugin has an identifier; LobeHub's text where an index was asked.
fn not_found(identifier: &str, index_url: Option<&str>) -> String {
    match index_url {
        None => format!("[gateway] plugin '{identifier}' is not found"),
        Some(index_url) => format!(
            "[gateway] plugin '{identifier}' is not found\u{ff0c}please check the plugin list in {index_url}, or create an \
             issue to [lobe-chat-plugins](https://github.com/lobehub/lobe-chat-plugins/issues)"
        ),
    }
}
