//! The table of calls in `data/calls.json`: read by the suites here, and by those in JavaScript.

use serde::Deserialize;
use serde_json::{Map, Value};

/// One call, and what every door has to make of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Says what is tried.
    pub name: String,
    /// The plugin's identifier.
    pub plugin: String,
    /// The operation's name.
    pub api: String,
    /// The model's text; absent is not the same as empty.
    pub arguments: Option<String>,
    /// The user's settings.
    #[serde(default)]
    pub settings: Option<Map<String, Value>>,
    /// Why LobeHub's gateway answers otherwise, where it does.
    pub peer: Option<String>,
    /// Why LobeHub's gateway answers otherwise in OpenAPI mode, where it does.
    pub openapi: Option<String>,
    /// What is expected.
    pub want: Want,
}

/// What a door has to answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Want {
    /// The HTTP status.
    pub status: u16,
    /// The answer's text, for a success.
    pub text: Option<String>,
    /// The error's name, for a refusal.
    pub error_type: Option<Value>,
    /// Who refuses: the gateway, or the plugin.
    pub from: Option<Refusing>,
}

/// Names who refuses a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Refusing {
    /// The gateway, before anything is called.
    Gateway,
    /// The plugin's function.
    Plugin,
}

/// Reads the table.
///
/// # Panics
///
/// When it cannot be read.
#[must_use]
pub fn all() -> Vec<Case> {
    serde_json::from_str(include_str!("../data/calls.json")).expect("the table of calls is JSON")
}

impl Case {
    /// Writes what LobeChat would post.
    #[must_use]
    pub fn payload(&self) -> String {
        let mut payload = Map::new();
        payload.insert("identifier".into(), self.plugin.clone().into());
        payload.insert("apiName".into(), self.api.clone().into());
        if let Some(arguments) = &self.arguments {
            payload.insert("arguments".into(), arguments.clone().into());
        }
        Value::Object(payload).to_string()
    }

    /// Writes the settings header, if there is one.
    #[must_use]
    pub fn settings_header(&self) -> Option<String> {
        self.settings.as_ref().map(|settings| Value::Object(settings.clone()).to_string())
    }
}
