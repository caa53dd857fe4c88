//! The configuration of the gateway that a vector is run against: the one place that knows the file's words.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Where clients reach a gateway that takes tokens: what those are made for.
pub(crate) const PUBLIC_URL: &str = "https://gateway.test";

/// The plugin that is an MCP server.
pub(crate) const MCP: &str = "m";

/// What a vector needs of the gateway. Two vectors that need the same are run against the same process.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Needs {
    pub(crate) dev: bool,
    pub(crate) require_https: bool,
    pub(crate) allow_cidrs: Vec<String>,
    pub(crate) allow_hosts: Vec<String>,
    pub(crate) nat64_prefixes: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) arguments: Vec<String>,
    pub(crate) pins: Vec<Pin>,
    pub(crate) limits: Map<String, Value>,
    /// Web pages that may call.
    pub(crate) pages: Vec<String>,
    /// Hosts that the listener may be asked for, beside its own.
    pub(crate) hosts: Vec<String>,
    /// The URL of the MCP server that is the plugin [`MCP`].
    pub(crate) mcp: Option<String>,
    /// How long sessions of MCP clients last that nobody uses.
    pub(crate) sessions: Option<String>,
    /// Whose tokens are taken.
    pub(crate) issuer: Option<String>,
    /// A file of keys, which callers then need.
    pub(crate) keys: Option<PathBuf>,
    /// The listener's certificate and its key.
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    /// Whether the runner's own plugins are mounted.
    pub(crate) mounted: bool,
}

/// A plugin that the operator's configuration pins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pin {
    pub(crate) identifier: String,
    pub(crate) manifest: String,
    pub(crate) origins: Vec<String>,
    pub(crate) settings: Value,
    /// What its calls are signed by.
    pub(crate) signing_key: Option<String>,
}

impl Default for Needs {
    fn default() -> Self {
        Self {
            dev: false,
            require_https: true,
            allow_cidrs: Vec::new(),
            allow_hosts: Vec::new(),
            nat64_prefixes: Vec::new(),
            environment: Vec::new(),
            arguments: Vec::new(),
            pins: Vec::new(),
            limits: Map::new(),
            pages: Vec::new(),
            // What the runner's own requests, and those of vectors that are bytes, ask for.
            hosts: vec!["gateway.test".to_owned(), "gw".to_owned()],
            mcp: None,
            sessions: None,
            issuer: None,
            keys: None,
            tls: None,
            mounted: false,
        }
    }
}

impl Needs {
    /// As in production, but for targets over plain HTTP.
    pub(crate) fn plain() -> Self {
        Self { require_https: false, ..Self::default() }
    }

    /// Writes the file.
    pub(super) fn to_toml(&self, ports: super::Ports, roots: &Path) -> Result<String, toml::ser::Error> {
        let mut plugins = Map::new();
        for pin in &self.pins {
            let mut plugin =
                json!({ "manifest": pin.manifest, "origins": pin.origins, "settings": pin.settings });
            if let Some(key) = &pin.signing_key {
                plugin["signing_key"] = json!(key);
            }
            plugins.insert(pin.identifier.clone(), plugin);
        }
        if let Some(url) = &self.mcp {
            let url = url.replace("{GATEWAY_PORT}", &ports.listen.to_string());
            plugins.insert(MCP.to_owned(), json!({ "mcp": url }));
        }
        let mut config = json!({
            "listen": format!("127.0.0.1:{}", ports.listen),
            "index": format!("{}/market", crate::documents::RUNNER),
            "dev": self.dev,
            "cors": self.pages,
            "hosts": self.hosts,
            "admin": { "listen": format!("127.0.0.1:{}", ports.admin) },
            "egress": {
                "require_https": self.require_https,
                "allow_cidrs": self.allow_cidrs,
                "allow_hosts": self.allow_hosts,
                "nat64_prefixes": self.nat64_prefixes,
                "extra_roots": roots,
            },
        });
        if let Some(idle) = &self.sessions {
            config["mcp"] = json!({ "sessions": idle });
        }
        if let Some(keys) = &self.keys {
            config["auth"]["keys"] = json!(keys);
        }
        if let Some(issuer) = &self.issuer {
            config["public_url"] = json!(PUBLIC_URL);
            config["auth"]["tokens"] = json!({ "issuer": issuer });
        }
        if let Some((certificate, key)) = &self.tls {
            config["tls"] = json!({ "certificate": certificate, "key": key });
        }
        for (name, table) in [("plugins", plugins), ("limits", self.limits.clone())] {
            if !table.is_empty() {
                config[name] = Value::Object(table);
            }
        }
        toml::to_string(&config)
    }
}
