//! Everything a call through the gateway can fail with, and the one table from there to the wire.
//!
//! Shapes and texts are those of LobeHub's gateway (`@lobehub/chat-plugins-gateway` 1.9.0, edge runtime), less what it
//! should not say: settings, stacks, and documents that the caller did not send.

use lobe_plugin_sdk::PluginError;
use lobe_plugin_sdk::protocol::{ErrorBody, ErrorType};
use serde_json::{Value, json};

use crate::payload;
use crate::validate::{CheckError, Finding};

/// Says why a call through the gateway failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The body is not a request.
    #[doc(hidden)]
    Payload(PayloadError),
    /// No plugin of that identifier is known.
    UnknownPlugin {
        /// The identifier asked for.
        identifier: String,
    },
    /// The settings do not fit the plugin's.
    Settings(Findings),
    /// The plugin has no operation of that name.
    UnknownOperation {
        /// The plugin.
        identifier: String,
        /// The operation asked for.
        api_name: String,
    },
    /// The arguments do not fit the operation.
    Arguments {
        /// The operation as the caller's manifest describes it, or else the plugin.
        api: Value,
        /// What is wrong.
        findings: Findings,
        /// The arguments.
        request: Value,
    },
    /// The request was refused before it was looked at: too large, too slow, or from a page that was not invited.
    Refused(PluginError),
    /// The plugin itself failed.
    Plugin(PluginError),
}

/// Wraps what is wrong with a payload.
#[derive(Debug)]
pub struct PayloadError(pub(crate) payload::Error);

/// Lists what a schema found.
#[derive(Debug)]
pub struct Findings(pub(crate) Vec<Finding>);

impl From<payload::Error> for Error {
    fn from(error: payload::Error) -> Self {
        Self::Payload(PayloadError(error))
    }
}

impl From<CheckError> for Findings {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Invalid(findings) => Self(findings),
            CheckError::Broken(finding) => Self(vec![*finding]),
            // A judgement that was given up names no place; the message says that something was wrong.
            CheckError::TooCostly => Self(Vec::new()),
        }
    }
}

impl Error {
    /// Returns the error's name on the wire.
    #[must_use]
    pub fn error_type(&self) -> ErrorType {
        match self {
            Self::Payload(_) => ErrorType::BadRequest,
            Self::UnknownPlugin { .. } => ErrorType::PluginMetaNotFound,
            Self::Settings(_) => ErrorType::PluginSettingsInvalid,
            Self::UnknownOperation { .. } => ErrorType::PluginApiNotFound,
            Self::Arguments { .. } => ErrorType::PluginApiParamsError,
            Self::Refused(error) => error.error_type(),
            // As LobeHub's gateway has it for a plugin behind HTTP: the status is all it takes over.
            Self::Plugin(error) => ErrorType::from_status(error.status()),
        }
    }

    /// Returns the error as it stands on the wire.
    #[must_use]
    pub fn to_wire(&self) -> ErrorBody {
        ErrorBody { body: Some(self.public_body()), error_type: self.error_type() }
    }

    fn public_body(&self) -> Value {
        match self {
            Self::Payload(PayloadError(payload::Error::Shape(shape))) => json!(shape),
            Self::Payload(PayloadError(error)) => json!({ "message": format!("[gateway] {error}") }),
            Self::UnknownPlugin { identifier } => json!({
                "identifier": identifier,
                "message": format!("[gateway] plugin '{identifier}' is not found"),
            }),
            Self::Settings(findings) => json!({
                "error": findings.0,
                "message": "[plugin] your settings is invalid with plugin manifest setting schema",
            }),
            Self::UnknownOperation { identifier, api_name } => json!({
                "message": "[plugin] api not found",
                "request": { "apiName": api_name, "identifier": identifier },
            }),
            Self::Arguments { api, findings, request } => json!({
                "api": api,
                "error": findings.0,
                "message": "[plugin] args is invalid with plugin manifest api schema",
                "request": request,
            }),
            Self::Refused(error) => error.to_wire().body.unwrap_or_default(),
            // What the plugin's own server would have sent as its body, as text.
            Self::Plugin(error) => json!(error.to_wire()).to_string().into(),
        }
    }
}
