//! From a manifest to a plugin whose operations call its servers.

use std::sync::Arc;

use lobe_plugin_sdk::schema::Schema;
use lobe_plugin_sdk::{Operation, Plugin};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::call::{self, Endpoint as Server};
use super::missing::{Unreadable, document};
use crate::openapi;
use crate::outbound::{Outbound, TargetUrl, Trust};
use crate::shape;
use crate::target::{Api, Endpoint, Judge, Source, Target};

/// Reads a manifest's text, and judges its shape.
pub(super) fn read(text: &[u8]) -> Result<Value, Unreadable> {
    let manifest = document(text)?;
    shape::manifest(&manifest).map_err(Unreadable::Shape)?;
    Ok(manifest)
}

/// Makes a target of a manifest that was judged to be well-formed.
pub(crate) fn target(mut manifest: Value, source: Source, outbound: &Outbound) -> Target {
    let trust = match source {
        Source::Mounted(_) | Source::Operator => Trust::Market,
        Source::Caller | Source::CallersIndex => Trust::Caller,
    };
    let openapi = text(&manifest, &["openapi"]).filter(|url| !url.is_empty()).map(str::to_owned);
    let apis = match manifest["api"].take() {
        Value::Array(apis) if openapi.is_some() => apis.into_iter().map(read_described).collect(),
        Value::Array(apis) => apis.into_iter().map(read_api).collect(),
        _ => Vec::new(),
    };
    let operations = apis.iter().filter_map(|api| operation(api, outbound, trust));
    let plugin = operations.fold(identity(&manifest), Plugin::foreign_operation);
    let settings = manifest.get_mut("settings").map(Value::take);
    let plugin = match &settings {
        Some(schema) => plugin.settings_schema(Schema::from_value(schema.clone())),
        None => plugin,
    };
    Target::elsewhere(plugin, source, settings.map(Judge::of_stranger), apis).with_openapi(openapi)
}

/// Takes over who the plugin is, so that it can be described anew.
fn identity(manifest: &Value) -> Plugin {
    let said = |path: &[&str]| text(manifest, path).map(str::to_owned);
    let plugin = Plugin::foreign(said(&["identifier"]).unwrap_or_default())
        .description(said(&["meta", "description"]).unwrap_or_default())
        .author(said(&["author"]).unwrap_or_default())
        .homepage(said(&["homepage"]).unwrap_or_default())
        .tags(texts(&manifest["meta"]["tags"]));
    let plugin = with(plugin, said(&["meta", "title"]), Plugin::title);
    let plugin = with(plugin, said(&["meta", "avatar"]), Plugin::avatar);
    let plugin = with(plugin, said(&["createdAt"]).or(said(&["createAt"])), Plugin::created_at);
    let plugin = with(plugin, said(&["systemRole"]), Plugin::system_role);
    let plugin = with(plugin, member(manifest, "type"), Plugin::kind);
    with(plugin, member(manifest, "ui"), Plugin::ui)
}

fn with<T>(plugin: Plugin, said: Option<T>, say: impl FnOnce(Plugin, T) -> Plugin) -> Plugin {
    match said {
        Some(said) => say(plugin, said),
        None => plugin,
    }
}

fn member<T: DeserializeOwned>(manifest: &Value, name: &str) -> Option<T> {
    serde_json::from_value(manifest.get(name)?.clone()).ok()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn read_api(description: Value) -> Api {
    let endpoint = match text(&description, &["url"]) {
        None | Some("") => Endpoint::Unsaid,
        Some(url) => TargetUrl::parse(url).map_or_else(Endpoint::Nowhere, Endpoint::At),
    };
    let name = text(&description, &["name"]).unwrap_or_default().to_owned();
    let tags = texts(&description["tags"]);
    Api::described(&name, description, endpoint).tagged(tags)
}

/// Reads an operation of a document. Its address counts for nothing, and its schema is in the dialect of OpenAPI.
fn read_described(description: Value) -> Api {
    let name = text(&description, &["name"]).unwrap_or_default().to_owned();
    let parameters = openapi::in_json_schema(description.get("parameters").cloned().unwrap_or_default());
    let tags = texts(&description["tags"]);
    Api::described(&name, description, Endpoint::Unsaid).judged_by(parameters).tagged(tags)
}

fn operation(api: &Api, outbound: &Outbound, trust: Trust) -> Option<Operation> {
    let url = api.endpoint.url()?.clone();
    let server = Arc::new(Server { url, trust, outbound: outbound.clone() });
    let described = Operation::new(api.name.clone(), move |call| call::run(Arc::clone(&server), call))
        .documented(api.text("description"))
        .parameters(Schema::from_value(api.judge().schema().clone()));
    Some(described)
}

fn text<'a>(document: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(document, |value, name| value.get(name))?.as_str()
}
