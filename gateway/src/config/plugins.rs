//! Pinned plugins: the operator's word binds an identifier, its manifest, where and how it is called, the origins that may
//! have its settings, and the settings themselves.
//!
//! Settings are secrets. Their sources print as `[redacted]`, and no error holds a value.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use lobe_plugin_sdk::{BaseUrl, Secret, UserSettings};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};
use url::{Origin, Url};

use super::{egress, units, web};
use crate::filter::Filter;

/// The most bytes of a plugin's identifier, as in requests.
const IDENTIFIER_LENGTH: usize = 512;

/// Holds what the operator says of one plugin.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PinnedPlugin {
    /// Where its manifest stands. Absent: where the operator's index says.
    #[serde(deserialize_with = "document")]
    pub(crate) manifest: Option<Document>,
    /// Where its operations are called, instead of where its document says.
    #[serde(deserialize_with = "web::base_url")]
    pub(crate) base_url: Option<BaseUrl>,
    /// Which of its operations are there.
    pub(crate) tools: Filter,
    /// Hosts that are opened to it alone: `weather.lan:8000`.
    #[serde(deserialize_with = "egress::hosts")]
    pub(crate) allow_hosts: Vec<String>,
    /// Ranges of addresses that are opened to it alone: `10.1.2.0/24`.
    #[serde(deserialize_with = "egress::networks")]
    pub(crate) allow_cidrs: Vec<IpNet>,
    /// What its calls may cost, where that is not what any may.
    pub(crate) limits: PluginLimits,
    /// Who may receive the settings. Empty: the origins of the manifest's own URLs.
    #[serde(deserialize_with = "web::origins")]
    pub(crate) origins: Vec<Origin>,
    #[serde(rename = "settings")]
    sources: BTreeMap<String, Source>,
    /// The settings that callers may set while the others stay.
    pub(crate) overridable: Vec<String>,
    /// The settings of calls whose caller sends none, after they were looked up.
    #[serde(skip)]
    pub(crate) settings: UserSettings,
}

/// Says where a document stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Document {
    Web(Url),
    /// Relative to the configuration file, until it was looked up.
    File(PathBuf),
}

/// Bounds what calls of one plugin may cost.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PluginLimits {
    /// How long a call may take, all in all.
    #[serde(deserialize_with = "units::optional_duration")]
    pub(crate) call_time: Option<Duration>,
    /// The most bytes of an answer, decoded.
    #[serde(deserialize_with = "units::optional_size")]
    pub(crate) answer: Option<usize>,
    /// The most calls in flight.
    pub(crate) in_flight: Option<usize>,
}

/// Says where a setting comes from.
#[derive(Clone, PartialEq)]
pub(super) enum Source {
    Written(Value),
    Environment(String),
    File(PathBuf),
}

impl PinnedPlugin {
    /// Looks the settings up, and says where files are. Paths are relative to `folder`, that of the configuration file.
    ///
    /// # Errors
    ///
    /// The setting's name, and why it is not to be had.
    pub(super) fn look_up(&mut self, folder: &Path) -> Result<(), (String, String)> {
        if let Some(Document::File(path)) = &mut self.manifest {
            *path = folder.join(&*path);
        }
        let mut settings = Map::new();
        for (name, source) in std::mem::take(&mut self.sources) {
            match source.value(folder) {
                Ok(value) => settings.insert(name, value),
                Err(fault) => return Err((name, fault)),
            };
        }
        self.settings = UserSettings::new(settings);
        Ok(())
    }
}

impl Source {
    /// Writes it as it is read.
    pub(super) fn to_toml(&self) -> String {
        let quoted = |text: &str| Value::from(text).to_string();
        match self {
            Self::Written(value) => value.to_string(),
            Self::Environment(name) => format!("{{ env = {} }}", quoted(name)),
            Self::File(path) => format!("{{ file = {} }}", quoted(&path.to_string_lossy())),
        }
    }

    /// Looks a text up that is a secret by itself.
    pub(super) fn text(self, folder: &Path) -> Result<Secret<String>, String> {
        match self.value(folder)? {
            Value::String(text) if !text.is_empty() => Ok(Secret::new(text)),
            _ => Err("expected a text, and not an empty one".to_owned()),
        }
    }

    fn value(self, folder: &Path) -> Result<Value, String> {
        match self {
            Self::Written(value) => Ok(value),
            Self::Environment(name) => std::env::var(&name)
                .map(Value::String)
                .map_err(|_| format!("the environment variable `{name}` is not set, or is no UTF-8")),
            Self::File(path) => {
                let path = folder.join(path);
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                // Editors and `echo` end files with a line break that is no part of a key.
                Ok(Value::String(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let Value::Object(members) = &value else { return Ok(Self::Written(value)) };
        match members.iter().next().map(|(key, value)| (members.len(), &**key, value)) {
            Some((1, "env", Value::String(name))) => Ok(Self::Environment(name.clone())),
            Some((1, "file", Value::String(path))) => Ok(Self::File(path.into())),
            // What the toml crate makes of a date where none is asked for.
            Some((1, "$__toml_private_datetime", _)) => {
                Err(de::Error::custom("a setting is no date: write it as a text, in quotes"))
            }
            _ => Err(de::Error::custom(
                "a setting is a text, a number, true or false, a list, { env = \"NAME\" } or { file = \"path\" }",
            )),
        }
    }
}

/// Reads where a document stands: a URL when it looks like one, or else a file.
fn document<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Document>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match &*text {
        "" => Ok(None),
        text if text.contains("://") => {
            web::web_url(text).map(Document::Web).map(Some).map_err(de::Error::custom)
        }
        text => Ok(Some(Document::File(text.into()))),
    }
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
