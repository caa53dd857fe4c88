//! Pinned plugins: the operator's word binds an identifier, its manifest, where and how it is called, the origins that may
//! have its settings, and the settings themselves.
//!
//! Settings are secrets: see [`Source`].

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use lobe_plugin_sdk::{BaseUrl, Secret, UserSettings};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use serde_json::Map;
use url::{Origin, Url};

use super::mcp::McpSource;
use super::source::Source;
use super::{auth, egress, units, web};
use crate::filter::Filter;

/// The most bytes of a plugin's identifier, as in requests.
const IDENTIFIER_LENGTH: usize = 512;

/// Holds what the operator says of one plugin.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PinnedPlugin {
    /// Where its manifest stands. Absent: where the operator's index says.
    #[serde(deserialize_with = "document")]
    #[schemars(with = "String")]
    pub(crate) manifest: Option<Document>,
    /// Where its OpenAPI document stands, instead of a manifest.
    #[serde(deserialize_with = "document")]
    #[schemars(with = "String")]
    pub(crate) openapi: Option<Document>,
    /// Where its `ai-plugin.json` stands, instead of a manifest.
    #[serde(deserialize_with = "document")]
    #[schemars(with = "String")]
    pub(crate) ai_plugin: Option<Document>,
    /// The documents that the OpenAPI document refers to, by their paths from where it stands.
    pub(crate) siblings: Vec<String>,
    /// Where its operations are called, instead of where its document says.
    #[serde(deserialize_with = "web::base_url")]
    #[schemars(with = "String")]
    pub(crate) base_url: Option<BaseUrl>,
    /// Which of its operations are there.
    pub(crate) tools: Filter,
    /// Hosts that are opened to it alone: `weather.lan:8000`.
    #[serde(deserialize_with = "egress::hosts")]
    pub(crate) allow_hosts: Vec<String>,
    /// Ranges of addresses that are opened to it alone: `10.1.2.0/24`.
    #[serde(deserialize_with = "egress::networks")]
    #[schemars(with = "Vec<String>")]
    pub(crate) allow_cidrs: Vec<IpNet>,
    /// What its calls may cost, where that is not what any may.
    pub(crate) limits: PluginLimits,
    /// What its callers' tokens must have for it.
    #[serde(deserialize_with = "auth::scopes")]
    pub(crate) scopes: Vec<String>,
    /// The MCP server that it is, instead of a manifest.
    #[schemars(with = "McpSource")]
    pub(crate) mcp: Option<McpSource>,
    /// Who may receive the settings. Empty: the origins of the manifest's own URLs.
    #[serde(deserialize_with = "web::origins")]
    #[schemars(with = "Vec<String>")]
    pub(crate) origins: Vec<Origin>,
    #[serde(rename = "settings")]
    sources: BTreeMap<String, Source>,
    /// The settings that callers may set while the others stay.
    pub(crate) overridable: Vec<String>,
    /// The settings of calls whose caller sends none, after they were looked up.
    #[serde(skip)]
    pub(crate) settings: UserSettings,
    /// What its calls are signed by: its server knows by it that this gateway calls.
    #[serde(rename = "signing_key")]
    #[schemars(with = "Source")]
    signing_source: Option<Source>,
    /// The same, after it was looked up.
    #[serde(skip)]
    pub(crate) signing_key: Option<Secret<String>>,
}

/// Says where a document stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Document {
    Web(Url),
    /// Relative to the configuration file, until it was looked up.
    File(PathBuf),
}

/// Tries whether a document's file can be read, so that it is said at once and not at the first call.
///
/// # Errors
///
/// The file, and why it cannot.
pub(crate) fn try_to_read(file: &Path) -> Result<(), String> {
    File::open(file).map(drop).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

/// Bounds what calls of one plugin may cost.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PluginLimits {
    /// How long a call may take, all in all.
    #[serde(deserialize_with = "units::optional_duration")]
    #[schemars(with = "String")]
    pub(crate) call_time: Option<Duration>,
    /// The most bytes of an answer, decoded.
    #[serde(deserialize_with = "units::optional_size")]
    #[schemars(with = "units::Size")]
    pub(crate) answer: Option<usize>,
    /// The most calls in flight.
    #[schemars(with = "usize")]
    pub(crate) in_flight: Option<usize>,
}

impl PinnedPlugin {
    /// Looks the settings up, and says where files are. Paths are relative to `folder`, that of the configuration file.
    ///
    /// # Errors
    ///
    /// The key, the name below it, and why what it says is not to be had.
    pub(super) fn look_up(&mut self, folder: &Path) -> Result<(), (&'static str, Option<String>, String)> {
        for document in [&mut self.manifest, &mut self.openapi, &mut self.ai_plugin] {
            if let Some(Document::File(path)) = document {
                *path = folder.join(&*path);
            }
        }
        if let Some(mcp) = &mut self.mcp {
            mcp.look_up(folder).map_err(|(name, fault)| ("mcp", Some(name), fault))?;
        }
        if let Some(source) = self.signing_source.take() {
            self.signing_key = Some(source.secret(folder).map_err(|fault| ("signing_key", None, fault))?);
        }
        let mut settings = Map::new();
        for (name, source) in std::mem::take(&mut self.sources) {
            match source.value(folder) {
                Ok(value) => settings.insert(name, value),
                Err(fault) => return Err(("settings", Some(name), fault)),
            };
        }
        self.settings = UserSettings::new(settings);
        Ok(())
    }
}

impl Document {
    /// Reads where a document stands: a URL when it looks like one, or else a file. Nothing when the text is empty.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, &'static str> {
        match text {
            "" => Ok(None),
            text if text.contains("://") => web::web_url(text).map(Self::Web).map(Some),
            text => Ok(Some(Self::File(text.into()))),
        }
    }
}

fn document<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Document>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Document::parse(&text).map_err(de::Error::custom)
}

/// Reads the table of plugins.
pub(super) fn by_identifier<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, PinnedPlugin>, D::Error> {
    let plugins = BTreeMap::<String, PinnedPlugin>::deserialize(deserializer)?;
    match plugins.keys().find(|name| name.is_empty() || name.len() > IDENTIFIER_LENGTH) {
        Some(_) => {
            Err(de::Error::custom(format!("a plugin's identifier has 1 to {IDENTIFIER_LENGTH} bytes")))
        }
        None => Ok(plugins),
    }
}
