//! One call of an operation that a document describes.

use std::sync::Arc;

use http::{Request, StatusCode};
use lobe_plugin_sdk::{Call, PluginError, Reply, json};
use serde_json::{Map, Value};

use super::Door;
use super::token::Held;
use crate::lent::Lent;
use crate::openapi::{self, Document, Granted, Operation, Unbuilt, WantedToken};
use crate::outbound::{Answer, Outgoing, call_failed};
use crate::remote::{Rehearsal, rehearsal, relay, trace};

/// An operation, and how it is called.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) document: Arc<Document>,
    pub(super) operation: Arc<Operation>,
    pub(super) door: Door,
}

/// A call, and what it is made with.
struct Attempt<'call> {
    described: &'call Described,
    call: &'call Call,
    arguments: Map<String, Value>,
    granted: Granted,
    lent: Option<Lent>,
}

/// Calls the service and hands on what it answers.
pub(super) async fn run(described: Arc<Described>, call: Call) -> Result<Reply, PluginError> {
    let Described { document, operation, door } = &*described;
    let attempt = Attempt {
        described: &described,
        arguments: arguments(&call)?,
        granted: openapi::grant(document, operation, call.settings().expose()),
        lent: call.extensions().get::<Lent>().cloned(),
        call: &call,
    };
    let tokens = attempt.tokens().await?;
    let outgoing = attempt.outgoing(&tokens)?;
    if let Some(request) = rehearsal::of(&call, &outgoing) {
        return request;
    }
    let mut answer = send(door, outgoing).await?;
    // A token may be over before its time. Whoever was not let in has done nothing, so the call is made once more.
    if answer.status == StatusCode::UNAUTHORIZED && (refused(&tokens).await || attempt.has_more_than(&tokens))
    {
        let tokens = attempt.new_tokens().await?;
        answer = send(door, attempt.outgoing(&tokens)?).await?;
    }
    relay::service(answer, call.settings(), attempt.lent).await
}

impl Attempt<'_> {
    /// Gets the tokens that the call takes. One that is only written down takes none, since nobody is asked for it.
    async fn tokens(&self) -> Result<Vec<Held>, PluginError> {
        if self.call.extensions().get::<Rehearsal>().is_some() {
            return Ok(self.granted.wanted.iter().map(|_| Held::stand_in()).collect());
        }
        let Described { document, door, .. } = self.described;
        let mut tokens = self.had(&self.granted.wanted).await?;
        for wanted in &self.granted.instead {
            tokens.extend(door.tokens.kept(document, wanted).await);
        }
        Ok(tokens)
    }

    /// Returns whether there are tokens to be had instead of those of the settings, which were not.
    fn has_more_than(&self, tokens: &[Held]) -> bool {
        self.granted.wanted.len() + self.granted.instead.len() > tokens.len()
    }

    /// Gets all tokens that there are to be had.
    async fn new_tokens(&self) -> Result<Vec<Held>, PluginError> {
        let mut tokens = self.had(&self.granted.wanted).await?;
        tokens.extend(self.had(&self.granted.instead).await?);
        Ok(tokens)
    }

    async fn had(&self, wanted: &[WantedToken]) -> Result<Vec<Held>, PluginError> {
        let Described { document, door, .. } = self.described;
        let mut tokens = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            tokens.push(door.tokens.get(door, document, wanted, self.lent.as_ref()).await?);
        }
        Ok(tokens)
    }

    /// Makes the request.
    fn outgoing(&self, tokens: &[Held]) -> Result<Outgoing, PluginError> {
        let Described { document, operation, door } = self.described;
        let mut credentials = self.granted.credentials.clone();
        credentials.extend(tokens.iter().map(Held::credential));
        let server = door.base_url.as_ref().map_or_else(|| operation.server.as_ref(), Ok);
        let server = server.map_err(|fault| call_failed((*fault).into()))?;
        let built = openapi::request(operation, server, &self.arguments, &credentials);
        let (url, request) = built.map_err(unbuilt)?;
        let (mut head, body) = Request::into_parts(request);
        trace::hand_on(self.call.headers(), &mut head.headers);
        Ok(Outgoing {
            method: head.method,
            url,
            headers: head.headers,
            body,
            trust: door.trust,
            deadline: None,
            led: door.base_url.is_none() && document.leads_away(server),
            confined_to: self.lent.as_ref().map(|lent| Arc::clone(&lent.origins)),
        })
    }
}

async fn send(door: &Door, outgoing: Outgoing) -> Result<Answer, PluginError> {
    door.outbound.send(outgoing).await.map_err(call_failed)
}

/// Says of tokens that they were not taken; returns whether there are others now.
async fn refused(tokens: &[Held]) -> bool {
    let mut any = false;
    for token in tokens {
        any |= token.refused().await;
    }
    any
}

fn arguments(call: &Call) -> Result<Map<String, Value>, PluginError> {
    let text = call.arguments().text();
    if text.is_empty() {
        return Ok(Map::new());
    }
    let Ok(Value::Object(arguments)) = json::parse(text) else {
        return Err(PluginError::bad_arguments("the arguments are one JSON object"));
    };
    match openapi::rounded(text) {
        Some(fault) => Err(PluginError::argument_faults(vec![fault])),
        None => Ok(arguments),
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
