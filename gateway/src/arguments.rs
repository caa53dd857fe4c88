//! The step that judges a call's arguments by the schema that the manifest shows, and hands them on as the plugin is to
//! get them.
//!
//! Two things are forgiven that LobeHub's gateway refuses: `null` for an optional argument, and arguments that are left
//! out where none is required.

use lobe_plugin_sdk::{Arguments, json};
use serde_json::Value;

use crate::error::{Error, Failure, Findings};
use crate::nulls;
use crate::payload::Payload;
use crate::resolve::{Api, REQUEST_BODY};
use crate::validate::{CheckError, Validator};

/// Judges the arguments of a call.
pub(crate) fn check(api: &Api, payload: &Payload<'_>) -> Result<Arguments, Error> {
    let text = payload.arguments.as_deref().filter(|text| !text.is_empty()).unwrap_or("{}");
    // Where LobeHub's gateway answers 500 with a stack, ours says that the arguments do not fit.
    let mut arguments = json::parse(text.as_bytes()).map_err(|_| refusal(api, payload, None, text.into()))?;
    let wrapped = api.wraps(&arguments);
    if let Err(objection) = api.validator(wrapped).check(&arguments) {
        let request = arguments.clone();
        let forgiven = drop_optional_nulls(api, &mut arguments, wrapped)
            && api.validator(wrapped).check(&arguments).is_ok();
        if !forgiven {
            return Err(refusal(api, payload, Some(objection), request));
        }
    }
    match arguments.get(REQUEST_BODY) {
        Some(body) if wrapped => Ok(body.clone().into()),
        _ => Ok(Arguments::from_text(text.as_bytes().to_vec())),
    }
}

/// Drops what models write for "nothing": `null` under an optional member, whose schema shows the plain type only; OpenAI's
/// strict mode knows no other way to leave one out. The plugin itself takes it for absent. Returns whether there was any.
fn drop_optional_nulls(api: &Api, arguments: &mut Value, wrapped: bool) -> bool {
    let arguments = if wrapped { arguments.get_mut(REQUEST_BODY) } else { Some(arguments) };
    arguments.is_some_and(|arguments| nulls::drop_optional(api.parameters(), arguments))
}

/// Words the refusal by the caller's own description of the operation, where it sent one that objects too. It may be
/// the one that LobeChat made of the OpenAPI document, and words about any other would lead nowhere.
fn refusal(api: &Api, payload: &Payload<'_>, objection: Option<CheckError>, request: Value) -> Error {
    let callers = callers_description(payload);
    let findings = callers.as_ref().and_then(|api| findings_by(api, &request));
    let findings = findings.or(objection.map(Findings::from)).unwrap_or(Findings(Vec::new()));
    let api = callers.unwrap_or_else(|| api.describe());
    Failure::Arguments { api, findings, request }.into()
}

/// Finds the operation in the manifest that the caller sent along.
fn callers_description(payload: &Payload<'_>) -> Option<Value> {
    let manifest: Value = serde_json::from_str(payload.manifest?.get()).ok()?;
    let apis = manifest.get("api")?.as_array()?;
    apis.iter().find(|api| api.get("name").and_then(Value::as_str) == Some(&*payload.api_name)).cloned()
}

fn findings_by(api: &Value, arguments: &Value) -> Option<Findings> {
    match Validator::new(api.get("parameters")?).check(arguments) {
        Err(objection @ CheckError::Invalid(_)) => Some(objection.into()),
        Ok(()) | Err(CheckError::Broken(_) | CheckError::TooCostly) => None,
    }
}
