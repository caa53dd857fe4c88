//! Where a secret comes from: written out, a variable of the environment, or a file.
//!
//! Sources print as `[redacted]`, and no error holds a value.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use lobe_plugin_sdk::Secret;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};

/// Says where a setting comes from.
#[derive(Clone, PartialEq)]
pub(super) enum Source {
    Written(Value),
    Environment(String),
    File(PathBuf),
}

impl Source {
    /// Looks a text up that is a secret by itself.
    pub(super) fn secret(self, folder: &Path) -> Result<Secret<String>, String> {
        match self.value(folder)? {
            Value::String(text) if !text.is_empty() => Ok(Secret::new(text)),
            _ => Err("expected a text, and not an empty one".to_owned()),
        }
    }

    pub(super) fn value(self, folder: &Path) -> Result<Value, String> {
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

    /// Looks up what can only be a text.
    pub(super) fn text(self, folder: &Path) -> Result<String, String> {
        match self.value(folder)? {
            Value::String(text) => Ok(text),
            _ => Err("expected a text, { env = \"NAME\" } or { file = \"path\" }".to_owned()),
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

impl JsonSchema for Source {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Source".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let of = |member: &str| {
            json!({
                "type": "object", "properties": { member: { "type": "string" } }, "required": [member],
                "additionalProperties": false,
            })
        };
        json_schema!({
            "anyOf": [{ "type": ["string", "number", "boolean", "array"] }, of("env"), of("file")],
        })
    }
}
