//! `lobe-gateway import`: somebody's document becomes lines of a configuration, and the manifest that a gateway with those
//! lines shows.
//!
//! Whatever is written was read before, by the rooms that `serve` reads it with.

use std::error::Error;
use std::sync::Arc;

use lobe_plugin_sdk::{Plugin, Site};
use serde_json::Value;

use super::arguments::ImportOptions;
use super::check::{counted, get};
use super::dev::adopt;
use super::{call, print, waiting};
use crate::config::Config;
use crate::front;
use crate::gateway::Gateway;
use crate::openapi::read_text;
use crate::outbound::{EgressPolicy, TargetUrl};
use crate::server::GATEWAY_PATH;

/// Writes the lines to stdout, the manifest where it is wanted, and what there is to say to stderr.
pub(super) fn run(options: &ImportOptions) -> Result<(), Box<dyn Error>> {
    let unread = |error: &dyn std::fmt::Display| format!("{}: {error}", options.document);
    let (bytes, _) = get(&options.document, &http::HeaderMap::new()).map_err(|error| unread(&error))?;
    let document = read_text(&bytes).map_err(|fault| unread(&fault))?;
    let key = key(&document);
    let identifier = match &options.identifier {
        Some(identifier) => identifier.clone(),
        None => identifier(key, &document),
    };
    let lines = table(&identifier, key, &options.document);
    let mut config = Config::from_toml(&lines)?;
    // Who sits here named the document, wherever on this machine it is.
    config.dev = true;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let plugin = runtime.block_on(async {
        let gateway = Arc::new(Gateway::configured(&config)?);
        let found = waiting(&options.document, gateway.resolver.find(&identifier)).await;
        let target = found.map_err(|error| {
            let error = call::explain(&error.into());
            unread(&format!("{error}; `lobe-gateway check {}` says where", options.document))
        })?;
        Ok::<_, Box<dyn Error>>(front::plugin(&gateway, &target))
    })?;
    if let Some(file) = &options.manifest {
        let (own, gateway) =
            (options.at.join(&format!("/plugins/{identifier}")), options.at.join(GATEWAY_PATH));
        let manifest = plugin.manifest_json(&Site::at(own).behind_gateway(gateway.as_str()));
        std::fs::write(file, manifest).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let names: Vec<&str> = plugin.operations().iter().map(|operation| operation.name()).collect();
    eprintln!("{}: {}", counted(names.len(), "operation"), names.join(", "));
    eprintln!("`lobe-gateway check {}` says what is wrong with it.", options.document);
    print((lines + &settings(&identifier, &plugin)).as_bytes())
}

/// Returns the key of the configuration under which a document of this kind stands.
fn key(document: &Value) -> &'static str {
    let has = |name: &str| document.get(name).is_some();
    if has("swagger") || has("openapi") && !has("api") && !has("identifier") {
        return "openapi";
    }
    if has("name_for_model") || has("name_for_human") { "ai_plugin" } else { "manifest" }
}

/// Returns what a document calls itself, as far as that is an identifier.
fn identifier(key: &str, document: &Value) -> String {
    let named = match key {
        "openapi" => &document["info"]["title"],
        "ai_plugin" => &document["name_for_model"],
        // Settings and calls find it by the very name.
        _ => return document["identifier"].as_str().unwrap_or_default().to_owned(),
    };
    adopt::identifier(named.as_str().unwrap_or_default())
}

fn table(identifier: &str, key: &str, document: &str) -> String {
    format!("[plugins.{}]\n{key} = {}\n{}", bare(identifier), quoted(document), opened(document))
}

/// Writes what opens a document's place, where that is in one's own network.
fn opened(document: &str) -> String {
    let url = TargetUrl::parse(document).ok().filter(|url| EgressPolicy::default().is_inner(url.origin()));
    url.map_or_else(String::new, |url| format!("allow_hosts = [{}]\n", quoted(&url.origin().authority())))
}

/// Writes where its settings could come from: as comments, since a variable that is not set is a mistake.
fn settings(identifier: &str, plugin: &Plugin) -> String {
    let properties = plugin.settings().and_then(|schema| schema.as_object().get("properties"));
    let names: Vec<&String> =
        properties.and_then(Value::as_object).into_iter().flat_map(|all| all.keys()).collect();
    if names.is_empty() {
        return String::new();
    }
    let line = |name: &&String| {
        let variable = format!("{identifier}_{name}").to_ascii_uppercase();
        let variable = variable.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
        format!("# settings.{} = {{ env = {} }}\n", bare(name), quoted(&variable))
    };
    let lines: String = names.iter().map(line).collect();
    format!("# What callers are lent who send no settings of their own:\n{lines}")
}

/// Writes a key of TOML without quotes, where it can do without.
fn bare(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !key.is_empty() && key.bytes().all(is_bare) { key.to_owned() } else { quoted(key) }
}

/// Writes a text of TOML, which JSON writes in the same way but for one letter.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_told_apart_and_named() {
        let check = |document: Value, expected: (&'static str, &str)| {
            let found = key(&document);
            assert_eq!((found, &*identifier(found, &document)), expected);
        };
        check(json!({ "openapi": "3.1.0", "info": { "title": "Pet Store" } }), ("openapi", "pet-store"));
        check(json!({ "swagger": "2.0" }), ("openapi", "service"));
        check(json!({ "name_for_model": "library", "api": { "type": "openapi" } }), ("ai_plugin", "library"));
        check(json!({ "identifier": "天气", "api": [], "openapi": "https://a.b" }), ("manifest", "天气"));
    }

    #[test]
    fn lines_say_what_they_are_made_of() {
        for (identifier, document) in
            [("a", "b.json"), ("天气 \"x\"", "C:\\b\u{7f}\n.json"), ("a.b", "https://a.b/c?d")]
        {
            let lines = table(identifier, "openapi", document);
            let config = Config::from_toml(&lines).unwrap_or_else(|error| panic!("{error}: {lines}"));
            let expected = crate::config::Document::parse(document).unwrap();
            assert_eq!(config.plugins[identifier].openapi, expected);
        }
    }
}
