//! What is wrong with a manifest that LobeChat would accept, and what would break some model or some user.
//!
//! It judges the paper and not the plugin, so that it can judge anybody's.

use std::fmt;

use serde_json::{Map, Value};

use crate::name;
use crate::protocol::{Manifest, ManifestApi, PluginType};

/// The number of tools from which on models choose worse, and some clients cut the list.
const MANY_OPERATIONS: usize = 20;

/// Says one thing about a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Whether the plugin cannot work, or only works less well.
    pub severity: Severity,
    /// Where: `api[0].description`.
    pub place: String,
    /// What, and what to do about it.
    pub text: String,
}

/// Says how bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Note,
    /// It works less well than it could, or not everywhere.
    Warning,
    /// It cannot work.
    Error,
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(formatter, "{severity}: {}: {}", self.place, self.text)
    }
}

/// Judges a manifest.
#[must_use]
pub fn manifest(manifest: &Manifest) -> Vec<Remark> {
    let mut remarks = Remarks::default();
    if manifest.meta.description.is_none() {
        remarks.warn("meta.description", "people choose a plugin by it: describe the module or the package");
    }
    let callable = manifest.openapi.is_some() || manifest.kind == Some(PluginType::Standalone);
    if manifest.api.is_empty() && !callable {
        remarks.error("api", "there is nothing to call: annotate a function");
    }
    if manifest.api.len() > MANY_OPERATIONS {
        let text = format!(
            "{} operations: models choose worse from more than {MANY_OPERATIONS}",
            manifest.api.len()
        );
        remarks.warn("api", text);
    }
    for (position, api) in manifest.api.iter().enumerate() {
        operation(manifest, api, &format!("api[{position}]"), &mut remarks);
    }
    loopback(manifest, &mut remarks);
    remarks.0
}

#[derive(Default)]
struct Remarks(Vec<Remark>);

impl Remarks {
    fn add(&mut self, severity: Severity, place: &str, text: impl Into<String>) {
        self.0.push(Remark { severity, place: place.to_owned(), text: text.into() });
    }

    fn error(&mut self, place: &str, text: impl Into<String>) {
        self.add(Severity::Error, place, text);
    }

    fn warn(&mut self, place: &str, text: impl Into<String>) {
        self.add(Severity::Warning, place, text);
    }
}

fn operation(manifest: &Manifest, api: &ManifestApi, place: &str, remarks: &mut Remarks) {
    let name_place = format!("{place}.name");
    if let Some(fault) = name::fault(&api.name) {
        remarks.error(&name_place, format!("`{}`: {fault}", api.name));
    }
    let joined = manifest.identifier.len() + api.name.len();
    if joined > name::MAX_JOINED_LENGTH {
        let text = format!(
            "`{}` and `{}` have {joined} letters together: over {} LobeHub shows models a hash instead of the name",
            manifest.identifier,
            api.name,
            name::MAX_JOINED_LENGTH
        );
        remarks.warn(&name_place, text);
    }
    if api.name.contains('_') {
        let text = "LobeHub 2.x sorts tools into reading and writing ones by whole words: it understands \
            `get-weather`, and takes `get_weather` for a writing one";
        remarks.add(Severity::Note, &name_place, text);
    }
    if api.description.is_empty() {
        remarks.warn(
            &format!("{place}.description"),
            "models choose by it: write a doc comment on the function",
        );
    }
    properties(&api.parameters, &format!("{place}.parameters"), remarks);
}

fn properties(parameters: &Map<String, Value>, place: &str, remarks: &mut Remarks) {
    let Some(Value::Object(properties)) = parameters.get("properties") else { return };
    for (name, property) in properties {
        let place = format!("{place}.properties.{name}");
        if property.get("description").is_none() {
            remarks.warn(&place, "models guess what it means: write a doc comment on the parameter");
        }
        if property.get("type").is_none() && property.get("anyOf").is_none() {
            remarks.warn(&place, "it may be anything, and some models refuse that: give it a type");
        }
    }
}

/// Says what every second "fetch failed" of LobeChat's users comes from.
fn loopback(manifest: &Manifest, remarks: &mut Remarks) {
    let urls = manifest.api.iter().filter_map(|api| api.url.as_deref());
    let mut urls = urls.chain(manifest.openapi.as_deref()).chain(manifest.gateway.as_deref());
    let local =
        |url: &str| url.contains("://localhost") || url.contains("://127.") || url.contains("://[::1]");
    if let Some(url) = urls.find(|url| local(url)) {
        let text = format!(
            "{url} is found only from this machine, not from a container or another one: set PUBLIC_BASE_URL"
        );
        remarks.add(Severity::Note, "url", text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BaseUrl, Operation, Plugin, Site};

    fn judged(plugin: &Plugin) -> Vec<String> {
        let site = Site::at(BaseUrl::parse("https://plugins.example.org").unwrap());
        manifest(&plugin.manifest(&site)).iter().map(Remark::to_string).collect()
    }

    #[test]
    fn an_empty_plugin_cannot_work() {
        let remarks = judged(&Plugin::new("empty").description("Does nothing."));
        assert_eq!(remarks, ["error: api: there is nothing to call: annotate a function"]);
    }

    #[test]
    fn names_that_are_too_long_together() {
        let operation =
            Operation::new("a-name-of-thirty-letters-or-so", async |_| Ok(crate::Reply::text("")));
        let plugin =
            Plugin::new("another-name-of-thirty-letters").description("d").operation(operation.summary("s"));
        let remarks = judged(&plugin);
        assert_eq!(remarks.len(), 1);
        assert!(remarks[0].contains("have 60 letters together"), "{remarks:?}");
    }
}
