//! A plugin as the gateway's own doors show it: whoever calls it there goes through the gateway's steps, as calls of
//! `POST /api/gateway` do.

use std::sync::Arc;

use lobe_plugin_sdk::{Arguments, Call, IntoPluginError, Operation, Plugin, PluginError, Reply};

use crate::gateway::{Accompaniment, Gateway};
use crate::grant::Grant;
use crate::payload::Payload;
use crate::target::{Source, Target};

/// Makes the plugin that doors are opened into. One of this process is its own: its doors are those it has by itself, too.
pub(crate) fn plugin(gateway: &Arc<Gateway>, target: &Arc<Target>) -> Arc<Plugin> {
    if let Source::Mounted(_) = target.source {
        return Arc::clone(&target.plugin);
    }
    let (gateway, behind) = (Arc::clone(gateway), Arc::clone(target));
    let plugin = Plugin::clone(&target.plugin);
    let plugin = plugin.handled_by(move |call| call_behind(Arc::clone(&gateway), Arc::clone(&behind), call));
    Arc::new(plugin)
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
    let with = Accompaniment { settings, headers, caller, grant, rehearsal: None };
    let mut visit = gateway.visit();
    visit.asks(&payload);
    let answer = match visit.enter() {
        Ok(()) => gateway.call_target(&mut visit, &payload, &target, with).await,
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
