//! Who may call, as the operator wrote it.

use std::path::{Path, PathBuf};

use ipnet::IpNet;
use lobe_plugin_sdk::Secret;
use schemars::JsonSchema;
use serde::Deserialize;

use super::egress;
use super::source::Source;

/// Says who may call. Nothing of it: everybody.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Auth {
    /// The file of `lobe-gateway keys`. Relative to the configuration file.
    #[schemars(with = "String")]
    pub(crate) keys: Option<PathBuf>,
    /// Takes that file although others on this machine can read it.
    pub(crate) readable_keys: bool,
    #[serde(rename = "access_code")]
    #[schemars(with = "Source")]
    source: Option<Source>,
    /// The access code of LobeChat 1.x, after it was looked up.
    #[serde(skip)]
    pub(crate) access_code: Option<Secret<String>>,
    /// The proxies whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "egress::networks")]
    #[schemars(with = "Vec<String>")]
    pub(crate) trusted_proxies: Vec<IpNet>,
}

impl Auth {
    /// Returns whether callers need a credential.
    pub(crate) fn is_required(&self) -> bool {
        self.keys.is_some() || self.access_code.is_some()
    }

    /// Looks the access code up. Paths are relative to `folder`, that of the configuration file.
    ///
    /// # Errors
    ///
    /// Why it is not to be had, or is none.
    pub(super) fn look_up(&mut self, folder: &Path) -> Result<(), String> {
        self.keys = self.keys.take().map(|keys| folder.join(keys));
        let Some(source) = self.source.take() else { return Ok(()) };
        self.access_code = Some(source.secret(folder)?);
        Ok(())
    }
}
