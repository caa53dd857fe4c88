//! Everything a call through the gateway can fail with, and the one table from there to the wire.
//!
//! Shapes and texts are those of LobeHub's gateway (`@lobehub/chat-plugins-gateway` 1.9.0, edge runtime), less what it
//! should not say: settings, stacks, and documents that the caller did not send.

use lobe_plugin_sdk::PluginError;
use lobe_plugin_sdk::protocol::{ErrorBody, ErrorType};
use serde_json::{Value, json};

use crate::admission::Busy;
use crate::payload;
use crate::validate::{CheckError, Finding};

/// Says why a call through the gateway failed; [`to_wire`](Self::to_wire) has what the caller reads.
#[derive(Debug)]
pub struct Error(Box<Failure>);

/// The sum of what the steps can fail with. It stands above them; each step knows only its own trouble.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The body is not a request.
    Payload(payload::Error),
    /// No plugin of that identifier is known.
    UnknownPlugin { identifier: String },
    /// The settings do not fit the plugin's.
    Settings(Findings),
    /// The plugin has no operation of that name.
    UnknownOperation { identifier: String, api_name: String },
    /// The arguments do not fit the operation, which is told as the caller's manifest describes it.
    Arguments { api: Value, findings: Findings, request: Value },
    /// The request was refused before it was looked at: too large, too slow, or from a page that was not invited.
    Refused(PluginError),
    /// Too many calls are in flight.
    Busy(Busy),
    /// The plugin itself failed.
    Plugin(PluginError),
}

/// Lists what a schema found.
#[derive(Debug)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self(Box::new(failure))
    }
}

impl From<Busy> for Error {
    fn from(busy: Busy) -> Self {
        Failure::Busy(busy).into()
    }
}

impl From<payload::Error> for Error {
    fn from(error: payload::Error) -> Self {
        Failure::Payload(error).into()
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
        match &*self.0 {
            Failure::Payload(_) => ErrorType::BadRequest,
            Failure::UnknownPlugin { .. } => ErrorType::PluginMetaNotFound,
            Failure::Settings(_) => ErrorType::PluginSettingsInvalid,
            Failure::UnknownOperation { .. } => ErrorType::PluginApiNotFound,
            Failure::Arguments { .. } => ErrorType::PluginApiParamsError,
            Failure::Refused(error) => error.error_type(),
            Failure::Busy(Busy) => ErrorType::ServiceUnavailable,
            // As LobeHub's gateway has it for a plugin behind HTTP: the status is all it takes over.
            Failure::Plugin(error) => ErrorType::from_status(error.status()),
        }
    }

    /// Returns whether nothing is wrong with the call but its time: the same call may succeed a second later.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(*self.0, Failure::Busy(_))
    }

    /// Returns the error as it stands on the wire.
    #[must_use]
    pub fn to_wire(&self) -> ErrorBody {
        ErrorBody { body: Some(self.public_body()), error_type: self.error_type() }
    }

    fn public_body(&self) -> Value {
        match &*self.0 {
            Failure::Payload(payload::Error::Shape(shape)) => json!(shape),
            Failure::Payload(error) => json!({ "message": format!("[gateway] {error}") }),
            Failure::UnknownPlugin { identifier } => json!({
                "identifier": identifier,
                "message": format!("[gateway] plugin '{identifier}' is not found"),
            }),
            Failure::Settings(findings) => json!({
                "error": findings.0,
                "message": "[plugin] your settings is invalid with plugin manifest setting schema",
            }),
            Failure::UnknownOperation { identifier, api_name } => json!({
                "message": "[plugin] api not found",
                "request": { "apiName": api_name, "identifier": identifier },
            }),
            Failure::Arguments { api, findings, request } => json!({
                "api": api,
                "error": findings.0,
                "message": "[plugin] args is invalid with plugin manifest api schema",
                "request": request,
            }),
            Failure::Refused(error) => error.to_wire().body.unwrap_or_default(),
            Failure::Busy(busy) => json!({ "message": format!("[gateway] {busy}: try again in a second") }),
            // What the plugin's own server would have sent as its body, as text.
            Failure::Plugin(error) => json!(error.to_wire()).to_string().into(),
        }
    }
}
