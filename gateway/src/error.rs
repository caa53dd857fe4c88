//! Everything a call through the gateway can fail with, and the one table from there to the wire.
//!
//! Shapes and texts are those of LobeHub's gateway (`@lobehub/chat-plugins-gateway` 1.9.0, edge runtime), less what it
//! should not say: settings, stacks, and documents that the caller did not send.

use std::sync::Arc;
use std::{fmt, io};

use lobe_plugin_sdk::protocol::{ErrorBody, ErrorType};
use lobe_plugin_sdk::serve::Denied;
use lobe_plugin_sdk::{IntoPluginError, PluginError};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::admission::Busy;
use crate::outbound::{OutboundError, call_failed};
use crate::payload;
use crate::search;
use crate::validate::{CheckError, Finding};

/// Says why a call through the gateway failed; [`to_wire`](Self::to_wire) has what the caller reads.
#[derive(Debug)]
pub struct Error(Box<Failure>);

/// The sum of what the steps can fail with. It stands above them; each step knows only its own trouble.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The body is not a request.
    Payload(payload::Error),
    /// No plugin was found, or none that makes sense.
    Search(search::Error),
    /// The settings do not fit the plugin's.
    Settings(Findings),
    /// The plugin has no operation of that name. The manifest is the caller's own: one that was fetched is not repeated.
    UnknownOperation { identifier: String, api_name: String, manifest: Option<Box<RawValue>> },
    /// The arguments do not fit the operation, which is told as the caller's manifest describes it.
    Arguments { api: Arc<Value>, findings: Findings, request: Value },
    /// The operation has no address.
    MissingUrl { api: Arc<Value> },
    /// A document or a plugin may not be called, or its address is none.
    Outbound(OutboundError),
    /// The request cannot be read: it is too large, too slow, or says that it is something else than JSON.
    Unread(PluginError),
    /// Told as it is: a page that was not invited, a plugin elsewhere that failed, or could not be called.
    Refused(PluginError),
    /// Its caller has no right credential.
    Denied(Denied),
    /// Too many calls are in flight.
    Busy(Busy),
    /// A plugin in this process failed.
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

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Failure::Denied(denied).into()
    }
}

impl From<Busy> for Error {
    fn from(busy: Busy) -> Self {
        Failure::Busy(busy).into()
    }
}

impl From<search::Error> for Error {
    fn from(error: search::Error) -> Self {
        Failure::Search(error).into()
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
            // A judgement that was given up names no keyword.
            CheckError::TooCostly => Self(vec![Finding {
                instance_location: "#".to_owned(),
                keyword: "",
                keyword_location: "#".to_owned(),
                error: "Judging by this schema takes more work than one call is given.".to_owned(),
            }]),
        }
    }
}

impl Error {
    /// Returns the error's name on the wire.
    #[must_use]
    pub fn error_type(&self) -> ErrorType {
        match &*self.0 {
            Failure::Payload(_) => ErrorType::BadRequest,
            Failure::Search(error) => error.error_type(),
            Failure::Settings(_) => ErrorType::PluginSettingsInvalid,
            Failure::UnknownOperation { .. } => ErrorType::PluginApiNotFound,
            Failure::Arguments { .. } | Failure::MissingUrl { .. } => ErrorType::PluginApiParamsError,
            Failure::Outbound(error) => call_failed(*error).error_type(),
            Failure::Unread(error) => match error.error_type() {
                ErrorType::Status(_) => ErrorType::BadRequest,
                named => named,
            },
            Failure::Refused(error) => error.error_type(),
            Failure::Denied(denied) => denied.to_error().error_type(),
            Failure::Busy(Busy) => ErrorType::ServiceUnavailable,
            // As LobeHub's gateway has it for a plugin behind HTTP: the status is all it takes over.
            Failure::Plugin(error) => ErrorType::from_status(error.status()),
        }
    }

    /// Returns whether nothing is wrong with the call but its time: the same call may succeed a second later.
    pub(crate) fn is_busy(&self) -> bool {
        match &*self.0 {
            Failure::Busy(_) => true,
            Failure::Outbound(error) => *error == OutboundError::Busy,
            Failure::Search(search::Error::Outbound(error)) => *error == OutboundError::Busy,
            _ => false,
        }
    }

    /// Returns why the caller was not let in, if that is it.
    pub(crate) fn denied(&self) -> Option<&Denied> {
        match &*self.0 {
            Failure::Denied(denied) => Some(denied),
            _ => None,
        }
    }

    /// Returns the HTTP status it is answered with.
    #[must_use]
    pub fn status(&self) -> u16 {
        match &*self.0 {
            Failure::Unread(error) => error.status(),
            _ => self.error_type().status(),
        }
    }

    /// Returns the error as it stands on the wire.
    #[must_use]
    pub fn to_wire(&self) -> ErrorBody {
        let body = match &*self.0 {
            // As LobeHub's gateway has it for a service that does not know the caller. A server's own error that says
            // nothing has an empty text.
            Failure::Refused(error)
                if error.message().is_empty() && error.error_type() == ErrorType::PluginSettingsInvalid =>
            {
                None
            }
            _ => Some(within_bounds(self.public_body())),
        };
        ErrorBody { body, error_type: self.error_type() }
    }

    /// Writes what [`to_wire`](Self::to_wire) returns. Arguments that do not fit are what a gateway answers most after what
    /// does: they are written from where they stand, unless something has to be left out.
    pub(crate) fn to_text(&self) -> String {
        if let Failure::Arguments { api, findings: Findings(error), request } = &*self.0 {
            let body = Misfit { api, error, message: MISFIT, request };
            let text = written(&Envelope { body, error_type: self.error_type() });
            if text.len() <= MAX_BODY {
                return text;
            }
        }
        written(&self.to_wire())
    }

    fn public_body(&self) -> Value {
        match &*self.0 {
            Failure::Payload(error) => error.public_body(),
            Failure::Search(error) => error.public_body(),
            Failure::Settings(findings) => json!({
                "error": findings.0,
                "message": "[plugin] your settings is invalid with plugin manifest setting schema",
            }),
            Failure::UnknownOperation { identifier, api_name, manifest } => {
                let request = json!({ "apiName": api_name, "identifier": identifier });
                let message = "[plugin] api not found";
                match manifest {
                    Some(manifest) => json!({ "manifest": manifest, "message": message, "request": request }),
                    None => json!({ "message": message, "request": request }),
                }
            }
            Failure::Arguments { api, findings, request } => object([
                ("api", Value::clone(api)),
                ("error", json!(findings.0)),
                ("message", MISFIT.into()),
                ("request", request.clone()),
            ]),
            Failure::MissingUrl { api } => json!({ "api": **api, "message": "[plugin] missing api url" }),
            Failure::Outbound(error) => call_failed(*error).to_wire().body.unwrap_or_default(),
            Failure::Unread(error) | Failure::Refused(error) => error.to_wire().body.unwrap_or_default(),
            Failure::Denied(denied) => denied.to_error().to_wire().body.unwrap_or_default(),
            Failure::Busy(busy) => json!({ "message": format!("[gateway] {busy}: try again in a second") }),
            // What the plugin's own server would have sent as its body, as text.
            Failure::Plugin(error) => json!(error.to_wire()).to_string().into(),
        }
    }
}

/// Says to a door of a plugin's what `POST /api/gateway` says in LobeHub's words.
impl IntoPluginError for Error {
    fn into_plugin_error(self) -> PluginError {
        let message = match &*self.0 {
            Failure::Arguments { findings, .. } => format!("the arguments do not fit: {findings}"),
            Failure::Settings(findings) => format!("the settings do not fit: {findings}"),
            _ => self.public_body()["message"].as_str().unwrap_or_default().to_owned(),
        };
        let error_type = self.error_type();
        match *self.0 {
            Failure::Unread(error) | Failure::Refused(error) | Failure::Plugin(error) => error,
            Failure::Outbound(error) | Failure::Search(search::Error::Outbound(error)) => call_failed(error),
            _ => PluginError::new(error_type, message),
        }
    }
}

/// How many findings are worded; a schema's are told from the outermost to the innermost.
const WORDED_FINDINGS: usize = 5;

/// Words what was found where: the innermost findings, which say why.
impl fmt::Display for Findings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let says_why = |finding: &&Finding| !["properties", "items"].contains(&finding.keyword);
        let words = |finding: &Finding| {
            format!("{} {}", finding.instance_location, finding.error.trim_end_matches('.'))
        };
        let worded: Vec<_> = self.0.iter().filter(says_why).take(WORDED_FINDINGS).map(words).collect();
        formatter.write_str(&worded.join("; "))
    }
}

const MISFIT: &str = "[plugin] args is invalid with plugin manifest api schema";

/// As an [`ErrorBody`], with a body that is no value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<B> {
    body: B,
    error_type: ErrorType,
}

/// The body of arguments that do not fit.
#[derive(Serialize)]
struct Misfit<'a> {
    api: &'a Value,
    error: &'a [Finding],
    message: &'a str,
    request: &'a Value,
}

fn written(error: &impl Serialize) -> String {
    serde_json::to_string(error).expect("cannot fail because an error is strings, numbers and JSON values")
}

/// Makes an object of values as they are, where `json!` would take each of them apart and put it together again.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The most bytes of an error's body, and of its findings when there are more.
const MAX_BODY: usize = 16 << 10;
const MAX_FINDINGS: usize = 20;

/// Leaves out what makes a body too large: first what the caller sent himself, then all findings but the first.
fn within_bounds(mut body: Value) -> Value {
    for member in ["manifest", "api", "request", "pluginMeta"] {
        if fits(&body) {
            return body;
        }
        body.as_object_mut().map(|members| members.remove(member));
    }
    if let Some(findings) = body.get_mut("error").and_then(Value::as_array_mut) {
        findings.truncate(MAX_FINDINGS);
    }
    if !fits(&body) {
        body.as_object_mut().map(|members| members.remove("error"));
    }
    body
}

/// Returns whether a body is small enough. A text is one of a plugin's server, which has a bound of its own.
fn fits(body: &Value) -> bool {
    body.is_string() || serde_json::to_writer(Room(MAX_BODY), body).is_ok()
}

/// Takes so many bytes, keeps none, and fails at the first that is too many.
struct Room(usize);

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_one_go_is_what_stands_on_the_wire() {
        for length in [0, 1_000, 20_000] {
            let finding = Finding { keyword: "type", error: "x".repeat(length), ..Finding::default() };
            let error = Error::from(Failure::Arguments {
                api: Arc::new(json!({ "name": "a", "parameters": { "type": "object" } })),
                findings: Findings(vec![finding]),
                request: json!({ "b": 1, "a": "ü" }),
            });
            assert_eq!(error.to_text(), written(&error.to_wire()), "{length}");
        }
    }
    #[test]
    fn a_judgement_that_was_given_up_says_so() {
        let findings = Findings::from(CheckError::TooCostly);
        let expected = "# Judging by this schema takes more work than one call is given";
        assert_eq!(findings.to_string(), expected);
        assert!(json!(findings.0)[0]["error"].as_str().is_some_and(|error| error.starts_with("Judging")));
    }
}
