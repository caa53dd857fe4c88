//! Plugins elsewhere: behind a URL of the operator's configuration, in a caller's manifest, or in a market index.
//!
//! Whatever is found becomes a [`Target`] whose plugin calls out through the one door out. What was compiled or fetched
//! once is kept: the warm path of a call does neither.

mod ai_plugin;
mod call;
mod configured;
mod documents;
pub(crate) mod header;
mod known;
pub(crate) mod manifest;
mod market;
pub(crate) mod mcp;
mod missing;
mod rehearsal;
mod relay;
pub(crate) mod service;
mod slot;
mod trace;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use self::configured::Kept;
pub(crate) use self::configured::{Configured, Kind, Place};
use self::known::Known;
pub(crate) use self::market::IndexUrl;
use self::market::Market;
use self::mcp::McpServer;
pub(crate) use self::rehearsal::Rehearsal;
use self::service::{Door, Services};
pub(crate) use self::slot::CacheLimits;
use crate::beside::Beside;
use crate::outbound::{Origin, Outbound, Trust};
use crate::payload;
use crate::search::Error;
use crate::target::{Source, Target};

/// Finds plugins elsewhere.
#[derive(Debug)]
pub(crate) struct Remote {
    outbound: Outbound,
    /// The operator's market index.
    index: Option<IndexUrl>,
    /// The plugins of the operator's configuration, by identifier.
    configured: BTreeMap<String, Kept>,
    /// The MCP servers among them.
    servers: BTreeMap<String, McpServer>,
    /// What callers brought, by its text.
    described: Known,
    /// Documents that the operator named, and those that callers did: apart, so that callers cannot push out or
    /// poison what the operator relies on.
    operators: Market,
    callers: Market,
    /// The OpenAPI documents that those manifests name: apart in the same way.
    operators_services: Services,
    callers_services: Services,
    admits: Admits,
    limits: CacheLimits,
    beside: Beside,
}

/// Says what callers may bring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admits {
    /// Manifests in the payload.
    pub(crate) manifests: bool,
    /// Market indexes of their own.
    pub(crate) indexes: bool,
    /// Manifests of another plugin than the one that was asked for, as LobeHub's gateway lets them.
    pub(crate) aliases: bool,
}

impl Remote {
    pub(crate) fn new(outbound: Outbound, limits: CacheLimits, admits: Admits, beside: Beside) -> Self {
        let market = |trust| Market::new(outbound.clone(), trust, limits, &beside);
        let services = |trust| Services::new(Door::new(outbound.clone(), trust), limits, &beside);
        Self {
            index: None,
            configured: BTreeMap::new(),
            servers: BTreeMap::new(),
            described: Known::new(limits.bytes),
            operators: market(Trust::Operator),
            callers: market(Trust::Caller),
            operators_services: services(Trust::Market),
            callers_services: services(Trust::Caller),
            admits,
            limits,
            beside,
            outbound,
        }
    }

    /// Returns the door that everything here goes out by.
    pub(crate) fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    /// Names the operator's market index.
    pub(crate) fn with_index(mut self, url: IndexUrl) -> Self {
        self.index = Some(url);
        self
    }

    /// Adds a plugin of the operator's.
    pub(crate) fn with_plugin(mut self, plugin: Configured) -> Self {
        self.configured.insert(plugin.identifier.clone(), Kept::new(plugin, self.limits, &self.beside));
        self
    }

    /// Adds an MCP server as a plugin.
    pub(crate) fn with_server(mut self, server: McpServer) -> Self {
        self.servers.insert(server.identifier().to_owned(), server);
        self
    }

    /// Returns the MCP server that is configured as the plugin of that identifier.
    pub(crate) fn server(&self, identifier: &str) -> Option<&McpServer> {
        self.servers.get(identifier)
    }

    /// Goes on with the programs of one that this one takes the place of, as far as they are the same here.
    pub(crate) fn keep_programs(&mut self, before: &Self) {
        for (identifier, server) in &mut self.servers {
            if let Some(before) = before.servers.get(identifier) {
                server.keep_program(before);
            }
        }
    }

    /// Returns the identifiers of the operator's plugins.
    pub(crate) fn configured(&self) -> impl Iterator<Item = &str> {
        self.configured.keys().chain(self.servers.keys()).map(String::as_str)
    }

    /// Returns whether some of a configured plugin's operations are left out.
    pub(crate) fn is_filtered(&self, identifier: &str) -> bool {
        self.configured.get(identifier).is_some_and(Kept::is_filtered)
            || self.servers.get(identifier).is_some_and(McpServer::is_filtered)
    }

    /// Refuses plugins that callers describe, where they may not.
    pub(crate) fn admit_manifests(&self) -> Result<(), Error> {
        if self.admits.manifests { Ok(()) } else { Err(Error::manifests_not_admitted()) }
    }

    /// Returns whether a manifest may be called by this name.
    pub(crate) fn admits_name(&self, name: &str, target: &Target) -> bool {
        self.admits.aliases || target.identifier() == name
    }

    /// Reads the plugin that a caller's manifest describes.
    pub(crate) async fn described(&self, manifest: &RawValue) -> Result<Arc<Target>, Error> {
        let read = || {
            let manifest = payload::read_manifest(manifest)?;
            Ok::<_, Error>(manifest::target(manifest, Source::Caller, &self.outbound))
        };
        self.described.get_or_read(manifest.get(), &self.beside, read).await
    }

    /// Completes a plugin that a caller's manifest describes by the OpenAPI document that it names, if it does.
    pub(crate) async fn complete(&self, described: Arc<Target>) -> Result<Arc<Target>, Error> {
        self.callers_services.complete(described).await
    }

    /// Returns whose servers the operator's own plugin of an identifier calls.
    pub(crate) async fn origins_of_operator(&self, identifier: &str) -> Option<Arc<[Origin]>> {
        let own = self.find_of_operator(identifier).await.ok()?;
        Some(Arc::clone(own.origins()))
    }

    /// Looks a plugin up: in the operator's configuration, then in the index that the caller named or else in the
    /// operator's.
    pub(crate) async fn find(&self, identifier: &str, index_url: Option<&str>) -> Result<Arc<Target>, Error> {
        match index_url {
            None => self.find_of_operator(identifier).await,
            Some(_) if !self.admits.indexes => Err(Error::indexes_not_admitted()),
            // Naming the operator's own index is no claim of one's own.
            Some(index) if self.index.as_ref().is_some_and(|own| own.written == index) => {
                self.find_of_operator_index(identifier).await
            }
            Some(index) => {
                let target = self.callers.find(&IndexUrl::parse(index)?, identifier).await?;
                self.callers_services.complete(target).await
            }
        }
    }

    /// Looks a plugin up where the operator says.
    pub(crate) async fn find_of_operator(&self, identifier: &str) -> Result<Arc<Target>, Error> {
        if let Some(server) = self.servers.get(identifier) {
            return server.target().await.map_err(Error::Unlisted);
        }
        let Some(plugin) = self.configured.get(identifier) else {
            return self.find_of_operator_index(identifier).await;
        };
        match plugin.place() {
            Place::Index => {
                let index = self.index.as_ref().ok_or_else(|| Error::unknown(identifier, None))?;
                let url = self.operators.locate(index, identifier).await?;
                plugin.target(&Place::Web(url), &self.limits).await
            }
            place => plugin.target(place, &self.limits).await,
        }
    }

    async fn find_of_operator_index(&self, identifier: &str) -> Result<Arc<Target>, Error> {
        match &self.index {
            Some(index) => {
                let target = self.operators.find(index, identifier).await?;
                self.operators_services.complete(target).await
            }
            None => Err(Error::unknown(identifier, None)),
        }
    }
}
