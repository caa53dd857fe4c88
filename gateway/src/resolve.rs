//! Which plugin is meant: one that is mounted, then one of the operator's configuration, then the one that the caller's
//! manifest describes, then one of a market index.
//!
//! A caller's manifest is used even where the operator has configured a plugin of that identifier: a copy of a plugin
//! that somebody hosts for himself is legitimate. It only never gets the operator's settings; see [`crate::settings`].

use std::collections::HashMap;
use std::sync::Arc;

use lobe_plugin_sdk::Plugin;
use serde_json::value::RawValue;

use crate::payload::{Payload, read_manifest};
use crate::remote::Remote;
use crate::search::Error;
use crate::shape::ShapeError;
use crate::target::{Source, Target};

/// Knows the plugins by their identifier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolver {
    mounted: HashMap<String, Arc<Target>>,
    remote: Option<Arc<Remote>>,
}

impl Resolver {
    /// Adds a plugin of this process; returns whether there was none of its identifier.
    pub(crate) fn mount(&mut self, plugin: Arc<Plugin>) -> bool {
        let identifier = plugin.identity().identifier.to_string();
        self.mounted.insert(identifier, Arc::new(Target::mounted(plugin))).is_none()
    }

    /// Lets it find plugins elsewhere.
    pub(crate) fn look_elsewhere(&mut self, remote: Arc<Remote>) {
        self.remote = Some(remote);
    }

    /// Returns where plugins are found elsewhere, if they are.
    pub(crate) fn remote(&self) -> Option<&Remote> {
        self.remote.as_deref()
    }

    /// Finds the plugin that a request means.
    pub(crate) async fn resolve(&self, payload: &Payload<'_>) -> Result<Arc<Target>, Error> {
        if let Some(target) = self.mounted.get(&*payload.identifier) {
            return admit(target, payload.manifest);
        }
        let Some(remote) = &self.remote else {
            payload.manifest.map(read_manifest).transpose()?;
            return Err(Error::unknown(&payload.identifier, None));
        };
        let target = match payload.manifest {
            Some(manifest) => remote.described(manifest)?,
            None => remote.find(&payload.identifier, payload.index_url.as_deref()).await?,
        };
        if remote.admits_name(&payload.identifier, &target) { Ok(target) } else { Err(mistaken(payload)) }
    }
}

fn admit(target: &Arc<Target>, manifest: Option<&RawValue>) -> Result<Arc<Target>, Error> {
    if let (Source::Mounted(known), Some(manifest)) = (&target.source, manifest) {
        known.admit(manifest)?;
    }
    Ok(Arc::clone(target))
}

/// Refuses a manifest that is another plugin's: else one identifier would be judged and another one called.
fn mistaken(payload: &Payload<'_>) -> Error {
    let message = format!("the manifest is not that of '{}'", payload.identifier);
    Error::ManifestInvalid(ShapeError::custom(&["identifier"], message))
}
