//! What the operator wrote: one TOML file, read into types that prove it makes sense.
//!
//! Pure data. Nothing here listens, dials or judges; the [command line](crate::command_line) puts its flags over it.
//! `lobe-gateway.example.toml` beside the crate shows every key with its default, and a test holds it to that.

mod auth;
mod egress;
#[cfg(feature = "cli")]
mod environment;
mod error;
mod file;
mod keys;
#[cfg(feature = "cli")]
mod layers;
mod limits;
#[cfg(feature = "cli")]
mod listener;
mod mcp;
mod plugins;
#[cfg(feature = "cli")]
mod schema;
mod source;
mod toolsets;
mod units;
mod web;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use lobe_plugin_sdk::BaseUrl;
use lobe_plugin_sdk::serve::Cors;
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

pub(crate) use self::auth::{Auth, TokenSource};
pub(crate) use self::egress::Egress;
pub use self::error::Error;
pub(crate) use self::keys::KeyFile;
pub(crate) use self::limits::Limits;
pub(crate) use self::mcp::{McpPlace, McpSource};
pub(crate) use self::plugins::{Document, PinnedPlugin, PluginLimits, try_to_read};
// What the program says, shows and writes.
#[cfg(feature = "cli")]
pub(crate) use self::{
    auth::scope_word,
    environment::{CONFIG_FILE, words as environment_words},
    keys::{KeyEntry, parse_duration, written_moment},
    layers::{Layers, Word, written},
    schema::schema,
    web::{is_page_origin, web_url},
};
use crate::toolset::Toolset;

/// Holds how a gateway is to behave: what stands in its configuration file. [`Default`] is what stands where the file says
/// nothing. The keys are explained in `lobe-gateway.example.toml`.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where callers reach it: `127.0.0.1:8080`.
    #[schemars(with = "String")]
    pub(crate) listen: SocketAddr,
    /// What documents name as its address. Absent: what the caller asked for.
    #[serde(deserialize_with = "web::base_url")]
    #[schemars(with = "String")]
    pub(crate) public_url: Option<BaseUrl>,
    /// The market index that identifiers are looked up in. Absent or `""`: none.
    #[serde(deserialize_with = "web::optional_url")]
    #[schemars(with = "String")]
    pub(crate) index: Option<Url>,
    /// The origins of the web pages that may call; `*` invites all.
    #[serde(deserialize_with = "web::page_origins")]
    pub(crate) cors: Vec<String>,
    /// Hosts by which a listener on this machine is asked for, beside its own: what a proxy there hands on. `/mcp` is asked
    /// for by no other name on any listener, as long as callers need no key.
    pub(crate) hosts: Vec<String>,
    /// Opens targets on this machine and over plain HTTP, and calls from its pages. Nothing else.
    pub(crate) dev: bool,
    /// Serves without keys on an address that others reach.
    pub(crate) open: bool,
    /// The file that it is written to who called what. Absent: none. Relative to the configuration file.
    #[schemars(with = "String")]
    pub(crate) audit: Option<PathBuf>,
    /// Who may call.
    pub(crate) auth: Auth,
    /// What callers may bring along.
    pub(crate) caller: Caller,
    /// The listener of the operator.
    pub(crate) admin: Admin,
    /// The certificate that callers are shown. Absent: they come by plain HTTP.
    pub(crate) tls: Option<Certificate>,
    /// What MCP clients find beside tools.
    pub(crate) mcp: McpDoors,
    /// What may be dialled.
    pub(crate) egress: Egress,
    /// What anything may cost.
    pub(crate) limits: Limits,
    /// Tools of several plugins that are served together, by the name they are served under.
    #[serde(deserialize_with = "toolsets::by_name")]
    #[schemars(with = "BTreeMap<String, Toolset>")]
    pub(crate) toolsets: BTreeMap<String, Toolset>,
    /// The plugins that the operator vouches for, by identifier.
    #[serde(deserialize_with = "plugins::by_identifier")]
    #[schemars(with = "BTreeMap<String, PinnedPlugin>")]
    pub(crate) plugins: BTreeMap<String, PinnedPlugin>,
}

/// Says what callers may bring along beside the name of a plugin.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Caller {
    /// A manifest of their own. It never gets the operator's settings.
    pub(crate) manifests: bool,
    /// The URL of an index of their own. The same holds.
    pub(crate) indexes: bool,
    /// The name of a plugin under another identifier than that of its manifest, as LobeHub's gateway lets them.
    pub(crate) aliases: bool,
}

/// Says what MCP clients find beside tools.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct McpDoors {
    /// How long a session lasts that nobody uses. Absent: clients have none.
    #[serde(deserialize_with = "units::optional_duration")]
    #[schemars(with = "String")]
    pub(crate) sessions: Option<Duration>,
    /// Links to the pictures and files of answers, instead of putting them in.
    pub(crate) files: bool,
}

/// Names a certificate and its key, as PEM files that are read again when they change. Relative to the configuration file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Certificate {
    /// The server's certificate, and those that lead from it to a known authority.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
}

/// Says where the operator looks in.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Admin {
    /// Where counters and health are served. Absent: nowhere.
    #[schemars(with = "String")]
    pub(crate) listen: Option<SocketAddr>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            public_url: None,
            index: None,
            cors: Vec::new(),
            hosts: Vec::new(),
            dev: false,
            open: false,
            audit: None,
            auth: Auth::default(),
            caller: Caller::default(),
            admin: Admin::default(),
            tls: None,
            mcp: McpDoors::default(),
            egress: Egress::default(),
            limits: Limits::default(),
            toolsets: BTreeMap::new(),
            plugins: BTreeMap::new(),
        }
    }
}

impl Default for Caller {
    fn default() -> Self {
        Self { manifests: true, indexes: true, aliases: false }
    }
}

impl Config {
    /// Returns which pages may call: the listed ones, and in dev those of this machine.
    pub(crate) fn pages(&self) -> Cors {
        let start = if self.dev { Cors::loopback() } else { Cors::closed() };
        self.cors.iter().fold(start, |cors, origin| cors.and(origin))
    }
}
