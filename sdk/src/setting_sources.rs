//! Settings one by one, each in a place of its own, where a client cannot send what LobeChat sends in one header.
//!
//! LobeHub's gateway sends `X-Lobe-Plugin-Settings` to classic plugins only. To an OpenAPI service it sends what the
//! document's security schemes name, so the document names one header for every setting that has to be entered. MCP
//! clients send the headers that a user writes down for them, or start a program with variables in its environment.

use http::{HeaderMap, HeaderName};
use serde_json::Value;

use crate::plugin::Plugin;
use crate::protocol::{UserSettings, latin1_or_utf8, setting_header};
use crate::schema::Profile;

/// Knows where which setting may come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettingSources(Vec<SettingSource>);

#[derive(Clone, Debug)]
struct SettingSource {
    header: HeaderName,
    name: String,
    is_text: bool,
}

impl SettingSources {
    /// Finds out which settings a plugin has.
    pub(crate) fn of(plugin: &Plugin) -> Self {
        let schema = plugin.settings().map(|schema| schema.in_profile(Profile::Portable).to_value());
        let properties = schema.as_ref().and_then(|schema| schema.get("properties")?.as_object());
        let source = |(name, property): (&String, &Value)| {
            let header = setting_header(name).parse().ok()?;
            let is_text = property.get("type").is_some_and(|kind| kind == "string");
            Some(SettingSource { header, name: name.clone(), is_text })
        };
        Self(properties.into_iter().flatten().filter_map(source).collect())
    }

    /// Adds what came in headers to settings that lack it.
    pub(crate) fn complete(&self, settings: UserSettings, headers: &HeaderMap) -> UserSettings {
        self.filled(settings, |source| {
            headers.get(&source.header).map(|value| latin1_or_utf8(value.as_bytes()))
        })
    }

    /// Returns the names of the headers that settings may come in.
    #[cfg(feature = "mcp")]
    pub(crate) fn headers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|source| source.header.as_str())
    }

    fn filled(
        &self,
        settings: UserSettings,
        find: impl Fn(&SettingSource) -> Option<String>,
    ) -> UserSettings {
        self.0.iter().fold(settings, |settings, source| {
            let Some(text) = find(source) else { return settings };
            let value = if source.is_text { None } else { serde_json::from_str(&text).ok() };
            settings.or(&source.name, value.unwrap_or(Value::String(text)))
        })
    }
}
