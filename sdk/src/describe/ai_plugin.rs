//! A plugin's `ai-plugin.json`, the manifest of ChatGPT's plugins. LobeChat installs it too: it takes the name, the texts
//! and the picture from it, and the operations from the OpenAPI document it points to.

use serde_json::{Value, json};

use super::{Site, pretty, sorted};
use crate::plugin::Plugin;

impl Plugin {
    /// Describes the plugin as ChatGPT's plugins did, as it can be reached at `site`.
    #[must_use]
    pub fn ai_plugin(&self, site: &Site) -> Value {
        let identity = self.identity();
        let description =
            if identity.description.is_empty() { identity.shown_title() } else { &identity.description };
        json!({
            "schema_version": "v1",
            "name_for_human": identity.shown_title(),
            "name_for_model": identity.identifier,
            "description_for_human": description,
            "description_for_model": identity.system_role.as_deref().unwrap_or(description),
            "auth": { "type": "none" },
            "api": { "type": "openapi", "url": site.openapi_url() },
            "logo_url": identity.avatar.as_deref().unwrap_or_default(),
            "contact_email": "",
            "legal_info_url": identity.homepage.as_deref().unwrap_or_else(|| site.base_url.as_str()),
        })
    }

    /// Writes [`ai_plugin`](Self::ai_plugin) as text.
    #[must_use]
    pub fn ai_plugin_json(&self, site: &Site) -> String {
        pretty(&sorted(self.ai_plugin(site))).expect("cannot fail because a JSON value can always be written")
    }
}
