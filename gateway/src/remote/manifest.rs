//! From a manifest that was judged to be well-formed to a plugin whose operations call its servers.

use std::sync::Arc;

use lobe_plugin_sdk::schema::Schema;
use lobe_plugin_sdk::{Operation, Plugin};
use serde_json::Value;

use super::call::{self, Endpoint as Server};
use crate::outbound::{Outbound, TargetUrl, Trust};
use crate::target::{Api, Endpoint, Judge, Source, Target};

/// Makes a target of a manifest.
pub(crate) fn target(mut manifest: Value, source: Source, outbound: &Outbound) -> Target {
    let trust = match source {
        Source::Mounted(_) | Source::Operator => Trust::Market,
        Source::Caller => Trust::Caller,
    };
    let apis = match manifest["api"].take() {
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
    let openapi = text(&manifest, &["openapi"]).filter(|url| !url.is_empty()).map(str::to_owned);
    Target::elsewhere(plugin, source, settings.map(Judge::new), apis).with_openapi(openapi)
}

fn identity(manifest: &Value) -> Plugin {
    let owned = |path: &[&str]| text(manifest, path).unwrap_or_default().to_owned();
    let plugin = Plugin::foreign(owned(&["identifier"]))
        .description(owned(&["meta", "description"]))
        .author(owned(&["author"]))
        .homepage(owned(&["homepage"]));
    let plugin = match text(manifest, &["meta", "title"]) {
        Some(title) => plugin.title(title.to_owned()),
        None => plugin,
    };
    match text(manifest, &["meta", "avatar"]) {
        Some(avatar) => plugin.avatar(avatar.to_owned()),
        None => plugin,
    }
}

fn read_api(description: Value) -> Api {
    let endpoint = match text(&description, &["url"]) {
        None | Some("") => Endpoint::Unsaid,
        Some(url) => TargetUrl::parse(url).map_or_else(Endpoint::Nowhere, Endpoint::At),
    };
    let name = text(&description, &["name"]).unwrap_or_default().to_owned();
    Api::described(&name, description, endpoint)
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
