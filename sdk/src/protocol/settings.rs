//! The `X-Lobe-Plugin-UserSettings` header: what the user entered in a plugin's settings form.
//!
//! UserSettings are secrets. Their [`Debug`] hides every value, there is no `Serialize`, and no error names one.

use std::fmt;

use serde_json::{Map, Value};

/// Names the header that carries the settings, in the lower case that HTTP/2 wants.
pub const SETTINGS_HEADER: &str = "x-lobe-plugin-settings";

/// Holds the user's settings of one plugin for one call.
///
/// They show their names alone, and cannot be written by accident:
///
/// ```
/// # use lobe_plugin_sdk::UserSettings;
/// let settings = UserSettings::from_header(br#"{"API_KEY":"sk-1"}"#).unwrap();
/// assert!(!format!("{settings:?}").contains("sk-1"));
/// ```
///
/// ```compile_fail,E0277
/// # use lobe_plugin_sdk::UserSettings;
/// serde_json::to_string(&UserSettings::default());
/// ```
///
/// ```compile_fail,E0277
/// # use lobe_plugin_sdk::UserSettings;
/// UserSettings::default().to_string();
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct UserSettings(Map<String, Value>);

/// Says why a settings header could not be read. It never holds what stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsFault {
    /// It is not JSON.
    NotJson,
    /// It is JSON, but no object; LobeHub's gateway would spread a string over `{"0": …, "1": …}`.
    NotAnObject,
}

impl UserSettings {
    /// Wraps settings that are already a JSON object.
    #[must_use]
    pub fn new(values: Map<String, Value>) -> Self {
        Self(values)
    }

    /// Reads the header's value.
    ///
    /// Empty text, `null`, `false`, numbers and the literal `undefined` (which LobeHub's own helper sends when a
    /// plugin has no settings) mean no settings. Browsers send characters up to U+00FF as single Latin-1 bytes, so
    /// what is not UTF-8 is read as Latin-1.
    ///
    /// # Errors
    ///
    /// Text that is not JSON, and JSON strings and arrays.
    pub fn from_header(value: &[u8]) -> Result<Self, SettingsFault> {
        // What LobeChat sends with every call of a plugin that has none.
        if value == b"{}" {
            return Ok(Self::default());
        }
        let text = latin1_or_utf8(value);
        let text = text.trim();
        if text.is_empty() || text == "undefined" {
            return Ok(Self::default());
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(values)) => Ok(Self(values)),
            Ok(Value::Null | Value::Bool(_) | Value::Number(_)) => Ok(Self::default()),
            Ok(Value::String(_) | Value::Array(_)) => Err(SettingsFault::NotAnObject),
            Err(_) => Err(SettingsFault::NotJson),
        }
    }

    /// Adds a setting, unless it is there.
    #[cfg(any(feature = "http", feature = "mcp"))]
    pub(crate) fn or(mut self, name: &str, value: Value) -> Self {
        self.0.entry(name).or_insert(value);
        self
    }

    /// Returns those of one plugin, where they stand below the identifiers of several.
    #[cfg(feature = "mcp")]
    pub(crate) fn below(&self, identifier: &str) -> Self {
        match self.0.get(identifier) {
            Some(Value::Object(own)) => Self(own.clone()),
            _ => Self::default(),
        }
    }

    /// Returns whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns one setting. What it holds is a secret: keep it out of logs and answers.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns all settings, to check or to decode. They are secrets: keep them out of logs and answers.
    #[must_use]
    pub fn expose(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// Reads a header's value as text. What is not UTF-8 is Latin-1.
pub(crate) fn latin1_or_utf8(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// Names the header in which one setting alone may come. Proxies drop names with underscores, so it has none.
pub(crate) fn setting_header(name: &str) -> String {
    format!("x-lobe-setting-{}", name.to_lowercase().replace('_', "-"))
}

impl fmt::Debug for UserSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = formatter.debug_map();
        for name in self.0.keys() {
            map.entry(name, &format_args!("[redacted]"));
        }
        map.finish()
    }
}

impl fmt::Display for SettingsFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotJson => "the settings header is not JSON",
            Self::NotAnObject => "the settings header is not a JSON object",
        })
    }
}

impl std::error::Error for SettingsFault {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn headers_as_real_clients_send_them() {
        let check = |header: &[u8], expected: Result<Value, SettingsFault>| {
            let read = UserSettings::from_header(header).map(|settings| Value::Object(settings.0));
            assert_eq!(read, expected, "{}", String::from_utf8_lossy(header));
        };
        check(b"", Ok(json!({})));
        check(b"{}", Ok(json!({})));
        check(b"undefined", Ok(json!({})));
        check(b"null", Ok(json!({})));
        check(b"false", Ok(json!({})));
        check(br#"{"apiToken":"k"}"#, Ok(json!({"apiToken": "k"})));
        check(b"{\"apiToken\":\"t\xF6k\"}", Ok(json!({"apiToken": "t\u{F6}k"})));
        check("{\"apiToken\":\"tök\"}".as_bytes(), Ok(json!({"apiToken": "tök"})));
        check(b"sk-123", Err(SettingsFault::NotJson));
        check(b"\"sk-123\"", Err(SettingsFault::NotAnObject));
        check(b"[1]", Err(SettingsFault::NotAnObject));
    }

    #[test]
    fn debug_hides_every_value() {
        let settings = UserSettings::from_header(br#"{"apiToken":"marked-secret"}"#).unwrap();
        let shown = format!("{settings:?}");
        assert_eq!(shown, r#"{"apiToken": [redacted]}"#);
    }
}
