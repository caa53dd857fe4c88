//! One call of an operation that a document describes.

use std::sync::Arc;

use http::Request;
use lobe_plugin_sdk::{Call, PluginError, Reply, json};
use serde_json::{Map, Value};

use super::Door;
use crate::lent::Lent;
use crate::openapi::{self, Document, Granted, Operation, Unbuilt};
use crate::outbound::{OutboundError, Outgoing, UpstreamFault, call_failed};
use crate::remote::{rehearsal, relay, trace};

/// An operation, and how it is called.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) document: Arc<Document>,
    pub(super) operation: Arc<Operation>,
    pub(super) door: Door,
}

/// Calls the service and hands on what it answers.
pub(super) async fn run(described: Arc<Described>, call: Call) -> Result<Reply, PluginError> {
    let Described { document, operation, door } = &*described;
    let lent = call.extensions().get::<Lent>().cloned();
    let arguments = arguments(&call)?;
    let Granted { mut credentials, wanted } = openapi::grant(document, operation, call.settings().expose());
    for wanted in wanted {
        credentials.push(door.tokens.get(door, document, &wanted, lent.as_ref()).await?);
    }
    let server = door.base_url.as_ref().map_or_else(|| operation.server.as_ref(), Ok);
    let server = server.map_err(|fault| call_failed((*fault).into()))?;
    let (url, request) = openapi::request(operation, server, &arguments, &credentials).map_err(unbuilt)?;
    let (mut head, body) = Request::into_parts(request);
    trace::hand_on(call.headers(), &mut head.headers);
    let outgoing = Outgoing {
        method: head.method,
        url,
        headers: head.headers,
        body,
        trust: door.trust,
        deadline: None,
        led: door.base_url.is_none() && document.leads_away(server),
        confined_to: lent.as_ref().map(|lent| Arc::clone(&lent.origins)),
    };
    if let Some(request) = rehearsal::of(&call, &outgoing) {
        return request;
    }
    match door.outbound.send(outgoing).await {
        Ok(answer) => relay::service(answer, call.settings(), lent).await,
        // LobeHub's gateway has it for an answer like any other that is no success.
        Err(error @ OutboundError::Upstream(UpstreamFault::Location)) => {
            Err(PluginError::server(call_failed(error).message().to_owned()))
        }
        Err(error) => Err(call_failed(error)),
    }
}

fn arguments(call: &Call) -> Result<Map<String, Value>, PluginError> {
    let text = call.arguments().text();
    if text.is_empty() {
        return Ok(Map::new());
    }
    match json::parse(text) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) | Err(_) => Err(PluginError::bad_arguments("the arguments are one JSON object")),
    }
}

fn unbuilt(unbuilt: Unbuilt) -> PluginError {
    match unbuilt {
        Unbuilt::Arguments(faults) => PluginError::argument_faults(faults),
        Unbuilt::Credential => {
            PluginError::settings_invalid("[plugin] a setting has characters that cannot be sent in a header")
        }
        Unbuilt::Url(fault) => call_failed(fault.into()),
    }
}
