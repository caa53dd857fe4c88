//! Who may call, as the operator wrote it.

use std::path::{Path, PathBuf};

use ipnet::IpNet;
use lobe_plugin_sdk::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::source::Source;
use super::{egress, web};

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
    /// The tokens of an authorization server.
    pub(crate) tokens: Option<TokenSource>,
    /// The proxies whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "egress::networks")]
    #[schemars(with = "Vec<String>")]
    pub(crate) trusted_proxies: Vec<IpNet>,
}

/// Says whose tokens are taken.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenSource {
    /// Who makes them, exactly as they say.
    pub(crate) issuer: String,
    /// Where its public keys stand: a JSON Web Key Set. Absent: where its own metadata say.
    #[serde(default, deserialize_with = "web::optional_url")]
    #[schemars(with = "String")]
    pub(crate) keys: Option<Url>,
    /// The scopes that clients are told to ask for.
    #[serde(default, deserialize_with = "scopes")]
    pub(crate) scopes: Vec<String>,
}

/// Reads scopes ([RFC 6749, section 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3)).
pub(super) fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let scopes = Vec::<String>::deserialize(deserializer)?;
    let read = |scope: String| scope_word(&scope).map_err(de::Error::custom);
    scopes.into_iter().map(read).collect()
}

/// Reads one scope.
pub(crate) fn scope_word(text: &str) -> Result<String, &'static str> {
    let is_allowed = |letter: char| letter.is_ascii_graphic() && letter != '"' && letter != '\\';
    match !text.is_empty() && text.chars().all(is_allowed) {
        true => Ok(text.to_owned()),
        false => Err("a scope is a word of ASCII letters, without quotation marks"),
    }
}

impl Auth {
    /// Returns whether callers need a credential.
    pub(crate) fn is_required(&self) -> bool {
        self.keys.is_some() || self.access_code.is_some() || self.tokens.is_some()
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
