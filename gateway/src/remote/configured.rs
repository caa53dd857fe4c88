//! A plugin that the operator put into the configuration: where its document stands, and what the operator says beside it.
//!
//! The document is read when the plugin is first needed, and again when it is no longer fresh; one that cannot be had is
//! told to the operator, and the last one stands in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use lobe_plugin_sdk::Plugin;
use serde_json::Value;

use super::documents::ANYTHING;
use super::missing::{Unreadable, manifest_failure, service_failure};
use super::service::{self, Door, Services};
use super::slot::{CacheLimits, Missing, Reading, Slot};
use super::{ai_plugin, manifest};
use crate::admission::Busy;
use crate::beside::Beside;
use crate::filter::Filter;
use crate::openapi::{self, Document};
use crate::outbound::{Fetched, Outbound, OutboundError, TargetUrl, Trust, UrlFault};
use crate::search::Error;
use crate::target::{Bounds, Source, Target};

/// A plugin of the operator's, by its document.
#[derive(Debug)]
pub(crate) struct Configured {
    pub(crate) identifier: String,
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    /// The documents that an OpenAPI document refers to, by their paths from where it stands.
    pub(crate) siblings: Vec<String>,
    /// Where its operations are called, instead of where the document says.
    pub(crate) base_url: Option<TargetUrl>,
    pub(crate) tools: Filter,
    pub(crate) bounds: Bounds,
    /// What it is fetched and called through: what is opened for this plugin is opened to no other.
    pub(crate) outbound: Outbound,
}

/// Says what a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Manifest,
    OpenApi,
    /// What ChatGPT's plugins had: a name, and where the OpenAPI document stands.
    AiPlugin,
}

/// Says where a document stands.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Web(TargetUrl),
    File(PathBuf),
    /// Where the operator's index says.
    Index,
}

/// A configured plugin, and what was last read of its document.
#[derive(Debug)]
pub(super) struct Kept {
    plugin: Configured,
    slot: Slot<Target, Unreadable>,
    /// The OpenAPI document that its manifest names.
    services: Services,
    beside: Beside,
}

impl Kept {
    pub(super) fn new(plugin: Configured, limits: CacheLimits, beside: &Beside) -> Self {
        let door = Door::new(plugin.outbound.clone(), Trust::Operator).moved_to(plugin.base_url.clone());
        let services = Services::new(door, limits, beside);
        Self { plugin, slot: Slot::default(), services, beside: beside.clone() }
    }

    /// Returns whether some of its operations are left out.
    pub(super) fn is_filtered(&self) -> bool {
        !self.plugin.tools.admits_all()
    }

    pub(super) fn place(&self) -> &Place {
        &self.plugin.place
    }

    /// Returns the plugin, as the document at this place describes it.
    pub(super) async fn target(&self, place: &Place, limits: &CacheLimits) -> Result<Arc<Target>, Error> {
        let load = async |etag: Option<String>| {
            let loaded = self.plugin.load(place, etag, &self.services.door, &self.beside).await;
            loaded.inspect_err(|missing| self.plugin.tell(missing))
        };
        let shown = match place {
            Place::Web(url) => url.as_str(),
            // Nothing about this machine's files.
            Place::File(_) | Place::Index => &self.plugin.identifier,
        };
        let target = self.slot.get(limits, load).await.map_err(|missing| match self.plugin.kind {
            Kind::OpenApi => service_failure(shown, missing),
            Kind::Manifest | Kind::AiPlugin => manifest_failure(shown, missing),
        })?;
        let Configured { tools, bounds, .. } = &self.plugin;
        self.services.complete_with(target, |whole| whole.filtered(tools).within(bounds.clone())).await
    }
}

impl Configured {
    async fn load(
        &self,
        place: &Place,
        etag: Option<String>,
        door: &Door,
        beside: &Beside,
    ) -> Result<Option<Reading<Target>>, Missing<Unreadable>> {
        // That one document has not changed says nothing about those beside it.
        let etag = etag.filter(|_| self.siblings.is_empty());
        let Some((text, etag)) = self.text(place, etag).await? else { return Ok(None) };
        let siblings = match self.kind {
            Kind::OpenApi => self.texts_beside(place).await?,
            Kind::Manifest | Kind::AiPlugin => Vec::new(),
        };
        let bytes = text.len() + siblings.iter().map(|(_, text)| text.len()).sum::<usize>();
        let value = beside.read(bytes, || match self.kind {
            Kind::Manifest => Ok(self.plugin(manifest::read(&text)?)),
            Kind::AiPlugin => Ok(self.plugin(ai_plugin::manifest(&self.identifier, &text)?)),
            Kind::OpenApi => self.service(place, &text, &siblings, door),
        });
        let value = value.await.map_err(|Busy| Missing::Unreachable(OutboundError::Busy))?;
        Ok(Some(Reading { value: value.map_err(Missing::Unreadable)?, etag, digest: None }))
    }

    /// Reads the document's text, and its `ETag`; nothing when it has not changed.
    async fn text(
        &self,
        place: &Place,
        etag: Option<String>,
    ) -> Result<Option<(Bytes, Option<String>)>, Missing<Unreadable>> {
        let url = match place {
            Place::Web(url) => url,
            Place::File(path) => {
                let text = tokio::fs::read(path).await;
                return text.map(|text| Some((text.into(), None))).map_err(|error| {
                    tracing::warn!(plugin = self.identifier, %error, file = %path.display(), "cannot read a document");
                    Missing::Unreadable(Unreadable::Nothing)
                });
            }
            Place::Index => return Err(Missing::Unreadable(Unreadable::Nothing)),
        };
        match self.outbound.fetch(url, Trust::Operator, &ANYTHING, etag.as_deref()).await {
            Ok(Fetched::NotModified) => Ok(None),
            Ok(Fetched::New { body, etag, .. }) => Ok(Some((body, etag))),
            Err(error) => Err(Missing::Unreachable(error)),
        }
    }

    /// Reads the documents that this one refers to.
    async fn texts_beside(&self, place: &Place) -> Result<Vec<(String, Bytes)>, Missing<Unreadable>> {
        let mut texts = Vec::with_capacity(self.siblings.len());
        for path in &self.siblings {
            let beside = place.beside(path).map_err(|fault| Missing::Unreachable(fault.into()))?;
            let (text, _) = self.text(&beside, None).await?.unwrap_or_default();
            texts.push((path.clone(), text));
        }
        Ok(texts)
    }

    /// Makes the plugin that a manifest describes.
    fn plugin(&self, mut manifest: Value) -> Target {
        if let Some(base) = &self.base_url {
            move_to(base, &mut manifest);
        }
        let target = manifest::target(manifest, Source::Operator, &self.outbound);
        target.filtered(&self.tools).within(self.bounds.clone())
    }

    /// Makes a plugin of a service.
    fn service(
        &self,
        place: &Place,
        text: &[u8],
        siblings: &[(String, Bytes)],
        door: &Door,
    ) -> Result<Target, Unreadable> {
        let url = self.stands_at(place)?;
        let document = Document::read_bundled(text, siblings, &url).map_err(Unreadable::Service)?;
        for (path, reason) in &document.lost {
            tracing::warn!(plugin = self.identifier, path, %reason, "a path of a plugin's document is left out");
        }
        let said = |member: &str| document.info(member).map(str::to_owned);
        let plugin = Plugin::foreign(self.identifier.clone())
            .title(said("title").unwrap_or_else(|| self.identifier.clone()))
            .description(said("description").unwrap_or_default())
            .version(said("version").unwrap_or_default());
        let target = service::target::described(&Arc::new(document), plugin, Source::Operator, door);
        Ok(target.filtered(&self.tools).within(self.bounds.clone()))
    }

    /// Returns what relative addresses of a document start from.
    fn stands_at(&self, place: &Place) -> Result<TargetUrl, Unreadable> {
        match place {
            Place::Web(url) => Ok(url.clone()),
            // Nowhere: a file's own servers have to be absolute, unless `base_url` says where they are.
            Place::File(_) | Place::Index => TargetUrl::parse(openapi::FILE).map_err(|_| Unreadable::Nothing),
        }
    }

    /// Tells the operator why the document cannot be used.
    fn tell(&self, missing: &Missing<Unreadable>) {
        let plugin = &*self.identifier;
        match missing {
            Missing::Unreachable(error) => {
                tracing::warn!(plugin, %error, "a plugin's document cannot be had")
            }
            Missing::Unreadable(reason) => {
                tracing::warn!(plugin, %reason, "a plugin's document is not what it should be");
            }
        }
    }
}

impl Place {
    /// Returns the place of another document, by its path from here.
    fn beside(&self, path: &str) -> Result<Self, UrlFault> {
        match self {
            Self::Web(url) => url.join(path).map(Self::Web),
            Self::File(file) => Ok(Self::File(file.parent().unwrap_or(Path::new("")).join(path))),
            Self::Index => Ok(Self::Index),
        }
    }
}

/// Lets all operations be called below `base`, by the paths and queries that they have. What is no URL stays.
fn move_to(base: &TargetUrl, manifest: &mut Value) {
    for api in manifest["api"].as_array_mut().into_iter().flatten() {
        let url = api.get("url").and_then(Value::as_str).and_then(|url| TargetUrl::parse(url).ok());
        if let Some(moved) = url.and_then(|url| url.below(base).ok()) {
            api["url"] = moved.as_str().into();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations_move_to_another_base() {
        let check = |base: &str, url: &str, expected: &str| {
            let mut manifest = json!({ "api": [{ "url": url }] });
            move_to(&TargetUrl::parse(base).unwrap(), &mut manifest);
            assert_eq!(manifest["api"][0]["url"], expected, "{url} below {base}");
        };
        check(
            "http://127.0.0.1:8000",
            "https://weather.example.org/api/now?a=b",
            "http://127.0.0.1:8000/api/now?a=b",
        );
        check(
            "http://plugins.lan/weather/",
            "https://weather.example.org/now",
            "http://plugins.lan/weather/now",
        );
        check("http://plugins.lan/weather", "https://weather.example.org", "http://plugins.lan/weather/");
        check("http://plugins.lan", "no url", "no url");
    }
}
