//! Settings one by one, each in a header of its own: how OpenAPI clients send what LobeChat sends in one.
//!
//! LobeHub's gateway sends `X-Lobe-Plugin-Settings` to classic plugins only. To an OpenAPI service it sends what the
//! document's security schemes name, so the document names one header for every setting that has to be entered.

use axum::http::{HeaderMap, HeaderName};
use serde_json::Value;

use crate::plugin::Plugin;
use crate::protocol::{UserSettings, latin1_or_utf8, setting_header};
use crate::schema::Profile;

/// Knows in which header which setting may come.
#[derive(Clone, Debug, Default)]
pub(super) struct SettingHeaders(Vec<SettingHeader>);

#[derive(Clone, Debug)]
struct SettingHeader {
    header: HeaderName,
    name: String,
    is_text: bool,
}

impl SettingHeaders {
    /// Finds out which settings a plugin has.
    pub(super) fn of(plugin: &Plugin) -> Self {
        let schema = plugin.settings().map(|schema| schema.in_profile(Profile::Portable).to_value());
        let properties = schema.as_ref().and_then(|schema| schema.get("properties")?.as_object());
        let header = |(name, property): (&String, &Value)| {
            let header = setting_header(name).parse().ok()?;
            let is_text = property.get("type").is_some_and(|kind| kind == "string");
            Some(SettingHeader { header, name: name.clone(), is_text })
        };
        Self(properties.into_iter().flatten().filter_map(header).collect())
    }

    /// Adds what came in headers to settings that lack it.
    pub(super) fn complete(&self, settings: UserSettings, headers: &HeaderMap) -> UserSettings {
        self.0.iter().fold(settings, |settings, SettingHeader { header, name, is_text }| {
            let Some(value) = headers.get(header) else { return settings };
            let text = latin1_or_utf8(value.as_bytes());
            let value = if *is_text { None } else { serde_json::from_str(&text).ok() };
            settings.or(name, value.unwrap_or(Value::String(text)))
        })
    }
}
