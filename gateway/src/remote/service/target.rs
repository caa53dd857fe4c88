//! From a document to a plugin like any other: each of its operations is one of the plugin's.

use std::sync::Arc;

use lobe_plugin_sdk::schema::Schema;
use lobe_plugin_sdk::{Operation, Plugin};

use super::Door;
use super::call::{self, Described};
use crate::openapi::{self, Description, Document, Room};
use crate::target::{Api, Endpoint, Judge, Source, Target};

/// Makes a target of a service: what the document describes, as operations of a plugin that has none yet.
///
/// This is how a service becomes a plugin that no manifest describes: `Document::read` reads the document,
/// `Plugin::foreign(..)` says who it is.
pub(crate) fn described(document: &Arc<Document>, plugin: Plugin, source: Source, door: &Door) -> Target {
    let room = match source {
        Source::Mounted(_) | Source::Operator => Room::unbounded(),
        Source::Caller | Source::CallersIndex => Room::of_stranger(),
    };
    let describe = |operation: &Arc<openapi::Operation>| {
        let Description { api, schema } = openapi::describe(document, operation, &room);
        Api::described(&operation.name, api, endpoint(document, Some(operation), door))
            .judged_by(schema)
            .tagged(document.tags(operation))
    };
    let apis: Vec<_> = document.operations().iter().map(describe).collect();
    let settings = openapi::settings(document).map(Judge::of_stranger);
    assemble(document, plugin, source, door, (settings, apis))
}

/// Completes a manifest by the document that it names: the operations are those of the manifest, if it has any, and they
/// are called as the document says.
pub(crate) fn complete(manifest: &Target, document: &Arc<Document>, door: &Door) -> Target {
    let source = match manifest.source {
        Source::Mounted(_) | Source::Operator => Source::Operator,
        Source::Caller => Source::Caller,
        Source::CallersIndex => Source::CallersIndex,
    };
    let plugin = Plugin::clone(&manifest.plugin);
    if manifest.apis().is_empty() {
        let all = described(document, plugin, source, door);
        return all
            .with_settings(manifest.settings().map(|judge| Judge::of_stranger(judge.schema().clone())));
    }
    let at_its_place = |api: &Api| {
        let operation = document.find(&api.name);
        let tags = operation.map(|operation| document.tags(operation)).unwrap_or_default();
        api.at(endpoint(document, operation, door)).tagged(tags)
    };
    let apis = manifest.apis().iter().map(at_its_place).collect();
    let settings = manifest.settings().map(|judge| Judge::of_stranger(judge.schema().clone()));
    assemble(document, plugin, source, door, (settings, apis))
}

fn assemble(
    document: &Arc<Document>,
    plugin: Plugin,
    source: Source,
    door: &Door,
    (settings, apis): (Option<Judge>, Vec<Api>),
) -> Target {
    let plugin = match &settings {
        Some(settings) => plugin.settings_schema(Schema::from_value(settings.schema().clone())),
        None => plugin,
    };
    let operations = apis.iter().filter_map(|api| operation(document, api, door));
    let plugin = operations.fold(plugin, Plugin::foreign_operation);
    let token_servers = document.token_servers().map(|url| url.origin().clone()).collect();
    Target::elsewhere(plugin, source, settings, apis).with_token_servers(token_servers)
}

fn operation(document: &Arc<Document>, api: &Api, door: &Door) -> Option<Operation> {
    let operation = Arc::clone(document.find(&api.name)?);
    let described = Arc::new(Described { document: Arc::clone(document), operation, door: door.clone() });
    let operation = Operation::new(api.name.clone(), move |call| call::run(Arc::clone(&described), call))
        .documented(api.text("description"))
        .parameters(Schema::from_value(api.judge().schema().clone()));
    Some(operation)
}

/// Says where an operation is called.
fn endpoint(document: &Document, operation: Option<&Arc<openapi::Operation>>, door: &Door) -> Endpoint {
    match operation {
        None => Endpoint::Undescribed,
        Some(operation) => {
            match (operation.fault, door.base_url.as_ref().map_or(operation.server.as_ref(), Ok)) {
                (Some(fault), _) => Endpoint::Faulty { document: document.url().into(), fault },
                (None, Ok(url)) => Endpoint::At(url.clone()),
                (None, Err(fault)) => Endpoint::Nowhere(*fault),
            }
        }
    }
}
