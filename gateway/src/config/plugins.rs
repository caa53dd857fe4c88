//! Pinned plugins: the operator's word binds an identifier, its manifest, the origins that may have its settings, and
//! the settings themselves.
//!
//! Settings are secrets. Their sources print as `[redacted]`, and no error holds a value.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use lobe_plugin_sdk::UserSettings;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};
use url::{Origin, Url};

use super::web;

/// The most bytes of a plugin's identifier, as in requests.
const IDENTIFIER_LENGTH: usize = 512;

/// Holds what the operator says of one plugin.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PinnedPlugin {
    /// Where its manifest stands. Absent: where the operator's index says.
    #[serde(deserialize_with = "web::optional_url")]
    pub(crate) manifest: Option<Url>,
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

/// Says where a setting comes from.
#[derive(Clone, PartialEq)]
enum Source {
    Written(Value),
    Environment(String),
    File(PathBuf),
}

impl PinnedPlugin {
    /// Looks the settings up. Paths are relative to `folder`, that of the configuration file.
    ///
    /// # Errors
    ///
    /// The setting's name, and why it is not to be had.
    pub(super) fn look_up(&mut self, folder: &Path) -> Result<(), (String, String)> {
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
