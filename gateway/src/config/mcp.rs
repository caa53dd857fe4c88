//! MCP servers as plugins: a URL, or a program of this machine that the gateway starts.
//!
//! What goes along with a request, and the environment of a program, are secrets as settings are.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use lobe_plugin_sdk::Secret;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use url::Url;

use super::source::Source;
use super::web;

/// The variables that a program gets from the gateway's own environment when nothing is said: so that it is found.
const INHERITED: [&str; 1] = ["PATH"];

/// Says where an MCP server is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct McpSource {
    pub(crate) place: McpPlace,
    /// The headers of every request, or the environment of the program; not looked up yet.
    sources: BTreeMap<String, Source>,
    /// What the program's environment has from the gateway's own.
    inherited: Vec<String>,
    /// The same, after they were looked up.
    pub(crate) secrets: BTreeMap<String, Secret<String>>,
}

/// Says how an MCP server is reached.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum McpPlace {
    Http(Url),
    Program { command: String, arguments: Vec<String>, folder: Option<PathBuf> },
}

/// The table as it is written.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Written {
    /// Where the server is.
    #[serde(deserialize_with = "web::optional_url")]
    #[schemars(with = "String")]
    url: Option<Url>,
    /// What every request carries, beside what the protocol says.
    headers: BTreeMap<String, Source>,
    /// The program that is the server.
    #[schemars(with = "String")]
    command: Option<String>,
    /// Its arguments.
    args: Vec<String>,
    /// Where it runs. Relative to the configuration file.
    #[schemars(with = "String")]
    cwd: Option<PathBuf>,
    /// Its environment.
    env: BTreeMap<String, Source>,
    /// The variables that it gets from the gateway's own environment. `["PATH"]`.
    #[schemars(with = "Vec<String>")]
    inherit: Option<Vec<String>>,
}

impl McpSource {
    /// Returns where it is, if that is a URL.
    pub(crate) fn url(&self) -> Option<&str> {
        match &self.place {
            McpPlace::Http(url) => Some(url.as_str()),
            McpPlace::Program { .. } => None,
        }
    }

    /// Looks up what it leaves to the environment and to files, relative to `folder`.
    ///
    /// # Errors
    ///
    /// The name of what is not to be had, and why.
    pub(super) fn look_up(&mut self, folder: &Path) -> Result<(), (String, String)> {
        for name in std::mem::take(&mut self.inherited) {
            if let Ok(value) = std::env::var(&name) {
                self.secrets.insert(name, Secret::new(value));
            }
        }
        for (name, source) in std::mem::take(&mut self.sources) {
            match source.text(folder) {
                Ok(text) => self.secrets.insert(name, Secret::new(text)),
                Err(fault) => return Err((name, fault)),
            };
        }
        if let McpPlace::Program { folder: Some(own), .. } = &mut self.place {
            *own = folder.join(&*own);
        }
        Ok(())
    }
}

impl TryFrom<Written> for McpSource {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let is_plain = written.args.is_empty()
            && written.cwd.is_none()
            && written.env.is_empty()
            && written.inherit.is_none();
        let (place, sources, inherited) = match (written.url, written.command) {
            (Some(url), None) if is_plain => (McpPlace::Http(url), written.headers, Vec::new()),
            (None, Some(command)) if written.headers.is_empty() && !command.is_empty() => {
                let inherited = written.inherit.unwrap_or_else(|| INHERITED.map(str::to_owned).to_vec());
                let place = McpPlace::Program { command, arguments: written.args, folder: written.cwd };
                (place, written.env, inherited)
            }
            _ => {
                return Err(
                    "an MCP server is `url`, perhaps with `headers`, or `command`, perhaps with `args`, `cwd`, `env` \
                     and `inherit`",
                );
            }
        };
        Ok(Self { place, sources, inherited, secrets: BTreeMap::new() })
    }
}

impl<'de> Deserialize<'de> for McpSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UrlOrTable;
        impl<'de> Visitor<'de> for UrlOrTable {
            type Value = McpSource;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the URL of an MCP server, or a table with `url` or `command`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<McpSource, E> {
                let url = web::web_url(text).map_err(E::custom)?;
                let (sources, inherited, secrets) = Default::default();
                Ok(McpSource { place: McpPlace::Http(url), sources, inherited, secrets })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<McpSource, A::Error> {
                let written = Written::deserialize(MapAccessDeserializer::new(map))?;
                McpSource::try_from(written).map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(UrlOrTable)
    }
}

impl JsonSchema for McpSource {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "McpSource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<Written>();
        json_schema!({ "anyOf": [{ "type": "string" }, table] })
    }
}
