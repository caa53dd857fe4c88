//! A plugin as the gateway's own doors show it: whoever calls it there takes one of the gateway's places and is counted, as
//! calls of `POST /api/gateway` are.
//!
//! A plugin elsewhere is called by all of the gateway's steps. One of this process judges its arguments itself, as at its own
//! doors: it forgives what models commonly write, says what would have been right, and may ask and tell its client.

use std::sync::Arc;
use std::time::Instant;

use lobe_plugin_sdk::{Arguments, Call, Door, IntoPluginError, Next, Operation, Plugin, PluginError, Reply};
use tracing::Instrument as _;

use crate::error::{Error, Failure};
use crate::gateway::{Accompaniment, Gateway};
use crate::grant::Grant;
use crate::payload::Payload;
use crate::target::{Source, Target};
use crate::visit::{Visit, Who};

/// Makes the plugin that doors are opened into.
pub(crate) fn plugin(gateway: &Arc<Gateway>, target: &Arc<Target>) -> Arc<Plugin> {
    let (gateway, behind) = (Arc::clone(gateway), Arc::clone(target));
    let plugin = Plugin::clone(&target.plugin);
    Arc::new(match target.source {
        Source::Mounted(_) => plugin
            .guarded_by(move |call, next| call_here(Arc::clone(&gateway), Arc::clone(&behind), call, next)),
        Source::Operator | Source::Caller | Source::CallersIndex => {
            plugin.handled_by(move |call| call_behind(Arc::clone(&gateway), Arc::clone(&behind), call))
        }
    })
}

async fn call_here(
    gateway: Arc<Gateway>,
    target: Arc<Target>,
    call: Call,
    next: Next,
) -> Result<Reply, PluginError> {
    let mut visit = visit(&gateway, &call);
    visit.asks(target.identifier(), call.operation(), text(call.arguments()).ok().flatten());
    visit.found(target.source.origin());
    let span = visit.span();
    let answer = match enter(&mut visit, &target) {
        Ok(()) => {
            let begun = Instant::now();
            let answer = next.run(call).instrument(span).await;
            visit.called(begun);
            answer.map_err(|error| Failure::Plugin(error).into())
        }
        Err(error) => Err(error),
    };
    let permit = visit.answered(&answer);
    answer.map(|reply| reply.holding(permit)).map_err(IntoPluginError::into_plugin_error)
}

/// Begins to account for a call.
fn visit(gateway: &Gateway, call: &Call) -> Visit {
    let caller = call.caller();
    let door = if caller.door() == Door::Mcp { "mcp" } else { "http" };
    let mut visit = gateway.visit().of(Who::of(call.extensions()), door, call.headers());
    visit.admitted(&caller, call.arguments().text().len());
    visit
}

fn enter(visit: &mut Visit, target: &Target) -> Result<(), Error> {
    visit.enter()?;
    visit.enter_plugin(target.identifier(), target.bounds.in_flight)?;
    Ok(())
}

async fn call_behind(gateway: Arc<Gateway>, target: Arc<Target>, call: Call) -> Result<Reply, PluginError> {
    let payload = Payload {
        identifier: target.identifier().into(),
        // A client that read the OpenAPI document may have another spelling of it.
        api_name: target.plugin.find(call.operation()).map_or(call.operation(), Operation::name).into(),
        arguments: text(call.arguments())?.map(Into::into),
        manifest: None,
        index_url: None,
    };
    let (settings, headers, caller) = (call.settings().clone(), call.headers().clone(), call.caller());
    let grant = call.extensions().get::<Grant>().cloned().unwrap_or_default();
    let (who, mut visit) = (Who::of(call.extensions()), visit(&gateway, &call));
    let with = Accompaniment { settings, headers, caller, grant, who, rehearsal: None };
    visit.asks(&payload.identifier, &payload.api_name, payload.arguments.as_deref());
    let span = visit.span();
    let answer = match visit.enter() {
        Ok(()) => gateway.call_target(&mut visit, &payload, &target, with).instrument(span).await,
        Err(busy) => Err(busy.into()),
    };
    let permit = visit.answered(&answer);
    answer.map(|reply| reply.holding(permit)).map_err(IntoPluginError::into_plugin_error)
}

fn text(arguments: &Arguments) -> Result<Option<&str>, PluginError> {
    if arguments.is_absent() {
        return Ok(None);
    }
    let text = std::str::from_utf8(arguments.text());
    text.map(Some).map_err(|_| PluginError::bad_arguments("the arguments are no UTF-8"))
}
