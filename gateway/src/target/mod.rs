//! A plugin that was found, and what calls of it are judged by: schemas, compiled when they are first needed.
//!
//! A plugin in this process and one that stands in a manifest become the same [`Target`]; where it was found decides
//! who answers for its addresses and its manifest. How it is found is [`crate::resolve`]'s business.

mod api;
mod apis;
mod completed;
mod judge;
mod known;

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lobe_plugin_sdk::schema::{Profile, Schema};
use lobe_plugin_sdk::{Operation, Plugin};
use serde_json::Value;

pub(crate) use self::api::{Api, Endpoint};
use self::apis::Apis;
pub(crate) use self::completed::OpenApi;
pub(crate) use self::judge::Judge;
pub(crate) use self::known::KnownManifests;
use crate::filter::Filter;
use crate::outbound::{Origin, TargetUrl};

/// A plugin, and the schemas that its calls are checked against.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) source: Source,
    settings: Option<Judge>,
    apis: Apis,
    /// The OpenAPI document that its operations are called by, instead of their addresses.
    openapi: Option<OpenApi>,
    /// Where tokens for its calls are had.
    token_servers: Vec<Origin>,
    /// Whose servers all that is, once somebody asked.
    origins: OnceLock<Arc<[Origin]>>,
    pub(crate) bounds: Bounds,
}

/// Says what a call of one plugin may cost, where that is not what any may, and whom it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) call_time: Option<Duration>,
    /// The most calls in flight.
    pub(crate) in_flight: Option<usize>,
    /// What its callers' tokens must have for it.
    pub(crate) scopes: Vec<String>,
}

/// Says where a plugin was found, and so who answers for what its manifest says.
#[derive(Debug)]
pub(crate) enum Source {
    /// In this process. The manifests that callers send along decide nothing; those judged to be well-formed are
    /// remembered.
    Mounted(KnownManifests),
    /// In the operator's configuration, or in the operator's market index.
    Operator,
    /// In the caller's payload.
    Caller,
    /// In a market index that the caller named.
    CallersIndex,
}

impl Source {
    /// Returns a word for it: `mounted`, `operator` or `caller`.
    pub(crate) fn origin(&self) -> &'static str {
        match self {
            Self::Mounted(_) => "mounted",
            Self::Operator => "operator",
            Self::Caller | Self::CallersIndex => "caller",
        }
    }
}

impl Target {
    /// Makes a target of a plugin in this process.
    pub(crate) fn mounted(plugin: Arc<Plugin>) -> Self {
        let settings = plugin.settings().map(|schema| Judge::own(portable(schema)));
        let apis = plugin.operations().iter().map(Api::mounted).collect();
        Self::new(plugin, Source::Mounted(KnownManifests::default()), settings, apis)
    }

    /// Makes a target of a plugin elsewhere, as its manifest describes it.
    pub(crate) fn elsewhere(plugin: Plugin, source: Source, settings: Option<Judge>, apis: Vec<Api>) -> Self {
        Self::new(Arc::new(plugin), source, settings, apis)
    }

    fn new(plugin: Arc<Plugin>, source: Source, settings: Option<Judge>, apis: Vec<Api>) -> Self {
        let (openapi, token_servers, origins) = (None, Vec::new(), OnceLock::new());
        let (apis, bounds) = (apis.into_iter().collect(), Bounds::default());
        Self { plugin, source, settings, apis, openapi, token_servers, origins, bounds }
    }

    /// Leaves out the operations that the operator does not want: they can neither be seen nor called.
    pub(crate) fn filtered(mut self, filter: &Filter) -> Self {
        if filter.admits_all() {
            return self;
        }
        self.apis = self.apis.keeping(|api| filter.admits(&api.name, api.tags()));
        self.origins = OnceLock::new();
        let is_left = |operation: &Operation| self.apis.get(operation.name()).is_some();
        self.plugin = Arc::new(Arc::unwrap_or_clone(self.plugin).keeping(is_left));
        self
    }

    /// Says what a call of it may cost, and whom it is for.
    pub(crate) fn within(mut self, bounds: Bounds) -> Self {
        if !bounds.scopes.is_empty() {
            self.plugin = Arc::new(Arc::unwrap_or_clone(self.plugin).scopes(bounds.scopes.iter().cloned()));
        }
        self.bounds = bounds;
        self
    }

    /// Says by which OpenAPI document its operations are called.
    pub(crate) fn with_openapi(mut self, url: Option<String>) -> Self {
        self.openapi = url.map(OpenApi::at);
        self
    }

    /// Says where tokens for its calls are had.
    pub(crate) fn with_token_servers(mut self, servers: Vec<Origin>) -> Self {
        self.token_servers = servers;
        self.origins = OnceLock::new();
        self
    }

    /// Says what its settings are judged by.
    pub(crate) fn with_settings(mut self, settings: Option<Judge>) -> Self {
        self.settings = settings;
        self
    }

    pub(crate) fn openapi(&self) -> Option<&OpenApi> {
        self.openapi.as_ref()
    }

    pub(crate) fn apis(&self) -> &[Api] {
        self.apis.as_slice()
    }

    pub(crate) fn identifier(&self) -> &str {
        &self.plugin.identity().identifier
    }

    /// Returns what judges the plugin's settings, if it has any.
    pub(crate) fn settings(&self) -> Option<&Judge> {
        self.settings.as_ref()
    }

    /// Finds an operation. Names are compared exactly, as LobeHub's gateway does; only what is mounted is known by the
    /// spelling of its OpenAPI document too.
    pub(crate) fn api(&self, name: &str) -> Option<&Api> {
        let name = match self.source {
            Source::Mounted(_) => self.plugin.find(name)?.name(),
            Source::Operator | Source::Caller | Source::CallersIndex => name,
        };
        self.apis.get(name)
    }

    /// Returns whether its operations are called at `server`, which is an authority and perhaps a path, by the routes
    /// that a gateway has for each plugin: it is then described by what this gateway wrote itself.
    pub(crate) fn is_served_at(&self, server: &str) -> bool {
        let below = format!("{server}/plugins/{}/", self.identifier());
        let is_below = |url: &str| {
            let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            rest.is_some_and(|rest| rest.starts_with(&below))
        };
        match &self.openapi {
            Some(openapi) => is_below(&openapi.url),
            None => {
                let mut urls = self.apis().iter().filter_map(|api| api.endpoint.url()).peekable();
                urls.peek().is_some() && urls.all(|url| is_below(url.as_str()))
            }
        }
    }

    /// Returns whose servers its operations are at, and have their tokens from.
    pub(crate) fn origins(&self) -> &Arc<[Origin]> {
        self.origins.get_or_init(|| {
            let called = self.apis().iter().filter_map(|api| api.endpoint.url()).map(TargetUrl::origin);
            let mut seen = HashSet::new();
            called.chain(&self.token_servers).filter(|origin| seen.insert(*origin)).cloned().collect()
        })
    }
}

fn portable(schema: &Schema) -> Value {
    Value::Object(schema.in_profile(Profile::Portable).into_object())
}
