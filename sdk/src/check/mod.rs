//! What would keep a plugin from working, and what would break some model, some client or some user.
//!
//! It judges papers and tools, not plugins, so that it can judge anybody's: those of a manifest, of an OpenAPI document or
//! of an MCP server. What a single client refuses in a schema stands in [`Client`].

mod clients;
mod tool;

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

pub use self::clients::{Client, Objection};
pub use self::tool::{Tool, tools};
use crate::describe::Site;
use crate::json::pointer;
use crate::name;
use crate::plugin::Plugin;

/// Says one thing about a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Whether the plugin cannot work, or only works less well.
    pub severity: Severity,
    /// Where, as a JSON Pointer (RFC 6901) into the document: `/api/0/description`; empty means all of it.
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

impl Severity {
    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Remark {
    /// Makes a remark about a place.
    pub fn new(severity: Severity, place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { severity, place: place.into(), text: text.into() }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, place, text } = self;
        if place.is_empty() {
            write!(formatter, "{severity}: {text}")
        } else {
            write!(formatter, "{severity}: {place}: {text}")
        }
    }
}

/// Judges a manifest whose shape LobeChat accepts. What has another shape is passed over.
///
/// ```
/// use lobe_plugin_sdk::check;
/// use serde_json::json;
///
/// let manifest = json!({"identifier": "a____b", "meta": {"description": "Does."}, "api": []});
/// let remarks = check::manifest(&manifest);
/// assert_eq!(remarks[0].place, "/identifier");
/// ```
#[must_use]
pub fn manifest(manifest: &Value) -> Vec<Remark> {
    let identifier = manifest["identifier"].as_str().unwrap_or_default();
    let mut remarks = Remarks::default();
    identity(identifier, &mut remarks);
    if manifest["meta"]["description"].as_str().is_none_or(str::is_empty) {
        remarks.warn("/meta/description", "people choose a plugin by it: say what it is for");
    }
    let api = manifest["api"].as_array().map(Vec::as_slice).unwrap_or_default();
    let callable = manifest.get("openapi").is_some() || manifest["type"] == "standalone";
    if api.is_empty() && !callable {
        remarks.error(
            "/api",
            "there is nothing to call: name an operation, or an OpenAPI document as `openapi`",
        );
    }
    urls(manifest, api, &mut remarks);
    let listed: Vec<Tool<'_>> =
        api.iter().enumerate().map(|(index, api)| Tool::of_manifest(index, api)).collect();
    remarks.0.extend(tools(identifier, &listed));
    remarks.0
}

/// Judges a plugin by the manifest that it has at a site.
#[must_use]
pub fn plugin(plugin: &Plugin, site: &Site) -> Vec<Remark> {
    let document = serde_json::to_value(plugin.manifest(site))
        .expect("cannot fail because all keys of a manifest are strings");
    manifest(&document)
}

/// Gathers remarks.
#[derive(Default)]
struct Remarks(Vec<Remark>);

impl Remarks {
    fn error(&mut self, place: &str, text: impl Into<String>) {
        self.0.push(Remark::new(Severity::Error, place, text));
    }

    fn warn(&mut self, place: &str, text: impl Into<String>) {
        self.0.push(Remark::new(Severity::Warning, place, text));
    }

    fn note(&mut self, place: &str, text: impl Into<String>) {
        self.0.push(Remark::new(Severity::Note, place, text));
    }

    /// Judges a text that becomes part of a tool's name. `____` separates the parts, so with it in one the name does not
    /// find its way back.
    fn name(&mut self, place: &str, text: &str) {
        match name::fault(text) {
            Some(fault) if text.is_empty() || text.contains("____") => {
                self.error(place, format!("`{text}`: {fault}"))
            }
            Some(fault) => self.warn(place, format!("`{text}`: {fault}")),
            None => {}
        }
    }
}

/// How long an identifier may be so that LobeChat 1.x, which only ever replaces the operation's name by a hash of 32
/// digits, does not send a name of 64 letters, which model providers refuse.
const MAX_HASHABLE_IDENTIFIER: usize = 64 - "____MD5HASH_".len() - 32 - 1;

fn identity(identifier: &str, remarks: &mut Remarks) {
    remarks.name("/identifier", identifier);
    if identifier.len() > MAX_HASHABLE_IDENTIFIER + name::MAX_NAME_LENGTH {
        let text = format!(
            "of {} letters: model providers take names of 64, and this is only a part of one",
            identifier.len()
        );
        remarks.error("/identifier", text);
    }
}

/// Says what every second "fetch failed" of LobeChat's users comes from.
fn urls(manifest: &Value, api: &[Value], remarks: &mut Remarks) {
    let mut places: Vec<(Cow<'static, str>, &Value)> = Vec::new();
    for (index, api) in api.iter().enumerate() {
        places.push((format!("/api/{index}/url").into(), &api["url"]));
    }
    for name in ["openapi", "gateway"] {
        places.push((pointer(name).into(), &manifest[name]));
    }
    places.push(("/ui/url".into(), &manifest["ui"]["url"]));
    let local = |url: &str| ["://localhost", "://127.", "://[::1]"].iter().any(|host| url.contains(host));
    let found = places.iter().find_map(|(place, url)| Some((place, url.as_str().filter(|url| local(url))?)));
    if let Some((place, url)) = found {
        let text = format!(
            "{url} is found only from this machine, not from a container or another one: name the address that others reach (for a plugin made with the SDK, `PUBLIC_BASE_URL`)"
        );
        remarks.note(place, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BaseUrl, Operation};

    fn judged(judged: &Plugin) -> Vec<String> {
        let site = Site::at(BaseUrl::parse("https://plugins.example.org").unwrap());
        let remarks = plugin(judged, &site).into_iter().filter(|remark| remark.severity != Severity::Note);
        remarks.map(|remark| remark.to_string()).collect()
    }

    #[test]
    fn an_empty_plugin_cannot_work() {
        let remarks = judged(&Plugin::new("empty").description("Does nothing."));
        let expected =
            "error: /api: there is nothing to call: name an operation, or an OpenAPI document as `openapi`";
        assert_eq!(remarks, [expected]);
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

    #[test]
    fn a_name_that_is_too_long_by_itself() {
        let long = "x".repeat(70);
        let tool = serde_json::json!({"name": long, "description": "d", "inputSchema": {"type": "object"}});
        let remarks: Vec<_> = tools("", &[Tool::of_mcp(0, &tool)]).iter().map(ToString::to_string).collect();
        let expected = format!("/tools/0/name: `{long}` has 70 letters: over 52 LobeHub");
        assert!(remarks.iter().any(|remark| remark.contains(&expected)), "{remarks:#?}");
    }

    #[test]
    fn names_that_do_not_find_their_way_back() {
        let judge = |identifier: &str| {
            let document = serde_json::json!({"identifier": identifier, "meta": {"description": "d"}, "openapi": "https://a.b"});
            manifest(&document).iter().map(|remark| remark.severity).collect::<Vec<_>>()
        };
        assert_eq!(judge("fine"), []);
        assert_eq!(judge("two__words"), [Severity::Warning]);
        assert_eq!(judge("a____b"), [Severity::Error]);
        assert_eq!(judge(""), [Severity::Error]);
        assert_eq!(judge("天气"), [Severity::Warning]);
    }
}
