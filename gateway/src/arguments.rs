//! The step that judges a call's arguments by the schema that the manifest shows, and hands them on as the plugin is to
//! get them.
//!
//! Two things are forgiven that LobeHub's gateway refuses: `null` for an optional argument, and arguments that are left
//! out where none is required.

use std::sync::Arc;

use lobe_plugin_sdk::{Arguments, json};
use serde_json::Value;

use crate::error::{Error, Failure, Findings};
use crate::judging::Judging;
use crate::nulls;
use crate::openapi::REQUEST_BODY;
use crate::payload::Payload;
use crate::search;
use crate::shape::ShapeError;
use crate::target::{Api, Endpoint};
use crate::validate::{CheckError, Validator};

/// Judges the arguments of a call.
pub(crate) async fn check(judging: &Judging, api: &Api, payload: &Payload<'_>) -> Result<Arguments, Error> {
    let sent = payload.arguments.as_deref().unwrap_or_default();
    let text = if sent.is_empty() { "{}" } else { sent };
    // Where LobeHub's gateway answers 500 with a stack, ours says that the arguments do not fit.
    let mut arguments = json::parse(text.as_bytes()).map_err(|_| refusal(api, payload, None, text.into()))?;
    let wrapped = api.wrapped(&arguments);
    let judge = wrapped.unwrap_or_else(|| api.judge());
    if let Err(objection) = judging.judge(judge, &arguments).await? {
        let request = arguments.clone();
        let forgiven = drop_optional_nulls(api, &mut arguments, wrapped.is_some())
            && judging.judge(judge, &arguments).await?.is_ok();
        if !forgiven {
            return Err(
                unusable(api, &objection).unwrap_or_else(|| refusal(api, payload, Some(objection), request))
            );
        }
    }
    match arguments.get(REQUEST_BODY) {
        Some(body) if wrapped.is_some() => Ok(body.clone().into()),
        _ => Ok(payload.arguments.as_deref().map_or_else(Arguments::default, as_sent)),
    }
}

fn as_sent(text: &str) -> Arguments {
    Arguments::from_text(text.as_bytes().to_vec())
}

/// Drops what models write for "nothing": `null` under an optional member, whose schema shows the plain type only; OpenAI's
/// strict mode knows no other way to leave one out. A plugin in this process takes it for absent; of others nobody knows. Returns whether there was any.
fn drop_optional_nulls(api: &Api, arguments: &mut Value, wrapped: bool) -> bool {
    if !matches!(api.endpoint, Endpoint::Here { .. }) {
        return false;
    }
    let arguments = if wrapped { arguments.get_mut(REQUEST_BODY) } else { Some(arguments) };
    let (Some(schema), Some(arguments)) = (api.parameters(), arguments) else { return false };
    nulls::drop_optional(schema, arguments)
}

/// Blames the manifest, where its schema is none that anybody could judge by: a pattern that is no regular expression, a
/// reference to nowhere or to itself.
fn unusable(api: &Api, objection: &CheckError) -> Option<Error> {
    let message = match objection {
        CheckError::Invalid(_) => return None,
        CheckError::Broken(finding) => finding.error.clone(),
        CheckError::TooCostly if refers(api.judge().schema()) => {
            "the schema costs too much to judge by".to_owned()
        }
        // Without references a schema costs what the arguments make of it.
        CheckError::TooCostly => return None,
    };
    let is_own = matches!(api.endpoint, Endpoint::Here { .. } | Endpoint::Tool);
    (!is_own)
        .then(|| search::Error::ManifestInvalid(ShapeError::custom(&["api", "parameters"], message)).into())
}

const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// Returns whether a schema has references, by which alone a small one becomes a large one.
fn refers(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            members.iter().any(|(name, value)| REFERENCES.contains(&&**name) || refers(value))
        }
        Value::Array(items) => items.iter().any(refers),
        _ => false,
    }
}

/// Words the refusal by the caller's own description of the operation, where it sent one that objects too. It may be
/// the one that LobeChat made of the OpenAPI document, and words about any other would lead nowhere. Of a plugin
/// elsewhere there is no other than the one that has judged.
fn refusal(api: &Api, payload: &Payload<'_>, objection: Option<CheckError>, request: Value) -> Error {
    let callers = match &api.endpoint {
        Endpoint::Here { .. } => callers_description(payload),
        Endpoint::At(_)
        | Endpoint::Tool
        | Endpoint::Nowhere(_)
        | Endpoint::Faulty { .. }
        | Endpoint::Undescribed
        | Endpoint::Unsaid => None,
    };
    let findings = callers.as_ref().and_then(|api| findings_by(api, &request));
    let findings = findings.or(objection.map(Findings::from)).unwrap_or(Findings(Vec::new()));
    let api = callers.map_or_else(|| api.describe(), Arc::new);
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
