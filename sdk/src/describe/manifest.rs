//! A plugin's `manifest.json`.

use serde_json::{Map, Value};

use super::{ManifestMode, Site, pretty, sorted};
use crate::operation::Operation;
use crate::plugin::Plugin;
use crate::protocol::{Manifest, ManifestApi, Meta, Ui};
use crate::schema::{Profile, Schema};

/// LobeChat's schema wants a picture; a jigsaw piece is what its own store shows for plugins.
const DEFAULT_AVATAR: &str = "🧩";

impl Plugin {
    /// Describes the plugin to LobeChat, as it can be reached at `site`.
    ///
    /// Parameters are in the profile that `site` asks for; without a word in the [`Portable`](Profile::Portable) one,
    /// which every model accepts. Settings are always in that one: no model reads them, but a form is made of them.
    #[must_use]
    pub fn manifest(&self, site: &Site) -> Manifest {
        let identity = self.identity();
        let owned = |text: &Option<std::borrow::Cow<'static, str>>| text.as_deref().map(str::to_owned);
        Manifest {
            schema: owned(&identity.schema),
            identifier: identity.identifier.clone().into_owned(),
            version: Some("1".to_owned()),
            author: owned(&identity.author),
            created_at: owned(&identity.created_at),
            homepage: owned(&identity.homepage),
            meta: Meta {
                avatar: Some(identity.avatar.as_deref().unwrap_or(DEFAULT_AVATAR).to_owned()),
                title: Some(identity.shown_title().to_owned()),
                description: Some(identity.description.clone().into_owned()).filter(|text| !text.is_empty()),
                tags: identity.tags.iter().map(|tag| tag.clone().into_owned()).collect(),
            },
            kind: identity.kind,
            system_role: owned(&identity.system_role),
            api: match site.mode {
                ManifestMode::Api => self.operations().iter().map(|operation| api(operation, site)).collect(),
                ManifestMode::OpenApi => Vec::new(),
            },
            settings: self.settings().map(|schema| shown(schema, Profile::Portable)),
            ui: identity.ui.as_ref().map(|ui| Ui { url: absolute(&ui.url, site), ..ui.clone() }),
            gateway: site.gateway.clone(),
            openapi: (site.mode == ManifestMode::OpenApi).then(|| site.openapi_url()),
        }
    }

    /// Writes [`manifest`](Self::manifest) as text, ready to be committed or served.
    #[must_use]
    pub fn manifest_json(&self, site: &Site) -> String {
        pretty(&self.manifest(site))
            .expect("cannot fail because a manifest is strings, numbers and JSON values")
    }
}

fn api(operation: &Operation, site: &Site) -> ManifestApi {
    ManifestApi {
        name: operation.name().to_owned(),
        description: operation.get_description().to_owned(),
        url: Some(site.url(&format!("/api/{}", operation.name()))),
        parameters: shown(operation.get_parameters(), site.profile),
    }
}

fn shown(schema: &Schema, profile: Profile) -> Map<String, Value> {
    match sorted(Value::Object(schema.in_profile(profile).into_object())) {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn absolute(url: &str, site: &Site) -> String {
    if url.starts_with('/') { site.url(url) } else { url.to_owned() }
}
