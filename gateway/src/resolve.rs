//! Which plugin is meant: one that is mounted or an MCP server of the operator's configuration, then the one that the
//! caller's manifest describes, then another one of the configuration, then one of a market index.
//!
//! A caller's manifest is used even where the operator has configured a plugin of that identifier: a copy of a plugin
//! that somebody hosts for himself is legitimate. It only never gets the operator's settings; see [`crate::settings`].

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use serde_json::value::RawValue;

use crate::grant::Grant;
use crate::payload::{Payload, read_manifest};
use crate::remote::Remote;
use crate::search::Error;
use crate::shape::ShapeError;
use crate::target::{Source, Target};

/// How many documents are fetched at a time when all are asked for.
const AT_A_TIME: usize = 16;

/// Knows the plugins by their identifier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolver {
    mounted: HashMap<String, Arc<Target>>,
    remote: Option<Arc<Remote>>,
}

impl Resolver {
    /// Adds a plugin that was found; returns whether there was none of its identifier.
    pub(crate) fn know(&mut self, target: Arc<Target>) -> bool {
        self.mounted.insert(target.identifier().to_owned(), target).is_none()
    }

    /// Lets it find plugins elsewhere.
    pub(crate) fn look_elsewhere(&mut self, remote: Arc<Remote>) {
        self.remote = Some(remote);
    }

    /// Returns where plugins are found elsewhere, if they are.
    pub(crate) fn remote(&self) -> Option<&Remote> {
        self.remote.as_deref()
    }

    /// Returns it to be changed, which is possible before the first call.
    pub(crate) fn remote_mut(&mut self) -> Option<&mut Remote> {
        self.remote.as_mut().and_then(Arc::get_mut)
    }

    /// Returns the plugins of this process.
    pub(crate) fn mounted(&self) -> impl Iterator<Item = &Arc<Target>> {
        self.mounted.values()
    }

    /// Returns the identifiers of all plugins that are here by name, the mounted ones and the configured ones, in their
    /// order.
    pub(crate) fn identifiers(&self) -> Vec<&str> {
        let mounted = self.mounted.keys().map(String::as_str);
        let mut identifiers: Vec<_> =
            mounted.chain(self.remote().into_iter().flat_map(Remote::configured)).collect();
        identifiers.sort_unstable();
        identifiers.dedup();
        identifiers
    }

    /// Finds all of them. One whose document cannot be had is left out; the log says why.
    pub(crate) async fn find_all(&self) -> Vec<Arc<Target>> {
        let identifiers = self.identifiers().into_iter();
        let found = identifiers.map(|identifier| self.find(identifier)).collect::<Vec<_>>();
        // No `async |found|`: the incremental compiler ends over it, up to 1.95 at least.
        let found = stream::iter(found).buffered(AT_A_TIME);
        found.filter_map(|found| std::future::ready(found.ok())).collect().await
    }

    /// Finds a plugin that nobody but the operator has a say about.
    pub(crate) async fn find(&self, identifier: &str) -> Result<Arc<Target>, Error> {
        if let Some(target) = self.mounted.get(identifier) {
            return Ok(Arc::clone(target));
        }
        let remote = self.remote().ok_or_else(|| Error::unknown(identifier, None))?;
        let target = remote.find_of_operator(identifier).await?;
        if remote.admits_name(identifier, &target) { Ok(target) } else { Err(mistaken(identifier)) }
    }

    /// Finds the plugin that a request means. `server` is where this gateway is, as the caller knows it.
    pub(crate) async fn resolve(
        &self,
        payload: &Payload<'_>,
        server: Option<&str>,
        grant: &Grant,
    ) -> Result<Arc<Target>, Error> {
        if let Some(target) = self.mounted.get(&*payload.identifier) {
            return admit(target, payload.manifest);
        }
        let Some(remote) = &self.remote else {
            payload.manifest.map(read_manifest).transpose()?;
            return Err(Error::unknown(&payload.identifier, None));
        };
        // No manifest of a caller's can say how an MCP server is called: the one he sends is what this gateway gave him.
        if let Some(server) = remote.server(&payload.identifier) {
            payload.manifest.map(|manifest| server.admit(manifest)).transpose()?;
            return server.target().await.map_err(Error::Unlisted);
        }
        let target = match payload.manifest {
            Some(manifest) => {
                let described = remote.described(manifest).await?;
                if server.is_some_and(|server| described.is_served_at(server)) {
                    // The caller had it from here, and it leads here: behind it stands the operator's.
                    return self.find(&payload.identifier).await;
                }
                remote.admit_manifests()?;
                if !grant.manifests {
                    return Err(Error::manifests_not_admitted());
                }
                remote.complete(described).await?
            }
            None if payload.index_url.is_some() && !grant.indexes => {
                return Err(Error::indexes_not_admitted());
            }
            None => remote.find(&payload.identifier, payload.index_url.as_deref()).await?,
        };
        if remote.admits_name(&payload.identifier, &target) {
            Ok(target)
        } else {
            Err(mistaken(&payload.identifier))
        }
    }
}

fn admit(target: &Arc<Target>, manifest: Option<&RawValue>) -> Result<Arc<Target>, Error> {
    if let (Source::Mounted(known), Some(manifest)) = (&target.source, manifest) {
        known.admit(manifest)?;
    }
    Ok(Arc::clone(target))
}

/// Refuses a manifest that is another plugin's: else one identifier would be judged and another one called.
fn mistaken(identifier: &str) -> Error {
    let message = format!("the manifest is not that of '{identifier}'");
    Error::ManifestInvalid(ShapeError::custom(&["identifier"], message))
}
