//! A market index: which plugins there are, and where their manifests stand.
//!
//! What LobeHub's gateway does with one is done here, less what it gives away: of what was fetched nothing is repeated
//! to the caller but the one entry that was asked for.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::documents::Documents;
use super::known::COST_OF_A_BYTE as COST_OF_A_MANIFEST;
use super::manifest;
use super::missing::{Unreadable, document, index_failure, manifest_failure};
use super::slot::CacheLimits;
use crate::beside::Beside;
use crate::outbound::{Outbound, OutboundError, TargetUrl, Trust, is_url};
use crate::search::Error;
use crate::shape;
use crate::target::{Source, Target};

/// What one byte of an index costs when it is read: its text, once more, and a name.
const COST_OF_AN_INDEX: u64 = 3;

/// Where an index stands, and as it was written, which is how it is told of.
#[derive(Debug)]
pub(crate) struct IndexUrl {
    pub(super) written: String,
    url: TargetUrl,
}

/// Looks plugins up in indexes, and reads their manifests.
#[derive(Debug)]
pub(crate) struct Market {
    outbound: Outbound,
    trust: Trust,
    indexes: Documents<Index, Unreadable>,
    manifests: Documents<Target, Unreadable>,
}

/// An index that was read: its entries. One bad entry must not take all plugins away, so they are judged when they are
/// asked for; and most never are.
#[derive(Debug)]
struct Index {
    entries: HashMap<String, Entry>,
}

/// An entry of an index, as text until it is asked for, and where its manifest stands from then on. What is wrong with
/// one is not kept: it is found out again for each who asks.
#[derive(Debug)]
struct Entry {
    text: Box<str>,
    manifest: OnceLock<TargetUrl>,
}

impl Market {
    pub(crate) fn new(outbound: Outbound, trust: Trust, limits: CacheLimits, beside: &Beside) -> Self {
        let [indexes, manifests] = [outbound.clone(), outbound.clone()];
        Self {
            indexes: Documents::new(indexes, trust, limits, COST_OF_AN_INDEX, beside.clone()),
            manifests: Documents::new(manifests, trust, limits, COST_OF_A_MANIFEST, beside.clone()),
            outbound,
            trust,
        }
    }

    /// Finds a plugin by an index.
    pub(crate) async fn find(&self, index_url: &IndexUrl, identifier: &str) -> Result<Arc<Target>, Error> {
        self.manifest(&self.locate(index_url, identifier).await?).await
    }

    /// Finds out by an index where a plugin's manifest stands.
    pub(super) async fn locate(&self, index_url: &IndexUrl, identifier: &str) -> Result<TargetUrl, Error> {
        let IndexUrl { written, url } = index_url;
        let index = self.indexes.get(url, |_, text| Index::read(text)).await;
        let index = index.map_err(|missing| index_failure(written, missing))?;
        match index.entries.get(identifier) {
            Some(entry) => entry.manifest().cloned(),
            None => Err(Error::unknown(identifier, Some(written))),
        }
    }

    /// Fetches a manifest.
    async fn manifest(&self, url: &TargetUrl) -> Result<Arc<Target>, Error> {
        let read = |_, text: &[u8]| {
            let manifest = manifest::read(text)?;
            Ok(manifest::target(manifest, self.source(), &self.outbound))
        };
        self.manifests.get(url, read).await.map_err(|missing| manifest_failure(url.as_str(), missing))
    }

    fn source(&self) -> Source {
        match self.trust {
            Trust::Operator | Trust::Market => Source::Operator,
            Trust::Caller => Source::CallersIndex,
        }
    }
}

impl IndexUrl {
    /// Takes an address that was judged, as it was written.
    pub(crate) fn new(written: String, url: TargetUrl) -> Self {
        Self { written, url }
    }

    /// Reads what a caller wrote.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let url = parse(text).map_err(|fault| match fault {
            Some(error) => Error::Outbound(error),
            None => Error::IndexNotFound { index_url: text.to_owned() },
        })?;
        Ok(Self::new(text.to_owned(), url))
    }
}

impl Index {
    fn read(text: &[u8]) -> Result<Self, Unreadable> {
        let mut document = document(text)?;
        shape::market_index(&document).map_err(Unreadable::Shape)?;
        let Value::Array(plugins) = document["plugins"].take() else { return Err(Unreadable::Nothing) };
        let mut entries = HashMap::with_capacity(plugins.len());
        for entry in plugins {
            // What has no identifier cannot be asked for; of two of the same one the first counts.
            if let Some(identifier) = entry.get("identifier").and_then(Value::as_str) {
                entries.entry(identifier.to_owned()).or_insert_with(|| Entry::of(&entry));
            }
        }
        Ok(Self { entries })
    }
}

impl Entry {
    fn of(entry: &Value) -> Self {
        Self { text: entry.to_string().into(), manifest: OnceLock::new() }
    }

    /// Returns where the plugin's manifest stands, as the entry has it when it is a right one.
    fn manifest(&self) -> Result<&TargetUrl, Error> {
        if let Some(url) = self.manifest.get() {
            return Ok(url);
        }
        let url = self.read()?;
        Ok(self.manifest.get_or_init(|| url))
    }

    fn read(&self) -> Result<TargetUrl, Error> {
        let entry: Value = serde_json::from_str(&self.text).unwrap_or_default();
        shape::market_entry(&entry).map_err(|error| Error::EntryInvalid { error, entry: entry.clone() })?;
        let url = entry["manifest"].as_str().unwrap_or_default();
        parse(url).map_err(|fault| match fault {
            Some(error) => Error::Outbound(error),
            None => Error::ManifestNotFound { manifest_url: url.to_owned() },
        })
    }
}

/// Reads a URL; where it is none at all, and not a wrong or dangerous one, LobeHub's gateway says that nothing is there.
fn parse(url: &str) -> Result<TargetUrl, Option<OutboundError>> {
    TargetUrl::parse(url).map_err(|fault| is_url(url).then_some(OutboundError::InvalidUrl(fault)))
}
