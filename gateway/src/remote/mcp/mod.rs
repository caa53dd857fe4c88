//! MCP servers that the operator configured: each becomes a plugin like any other.
//!
//! Its tools are its operations. They are asked for when the plugin is first needed, and again when the list is older than
//! the server lets it be believed, when the server says that it changed, and when its session is a new one; while it cannot
//! be had, the last one stands in.
//! rmcp is named in this room only.

mod answer;
mod connection;
mod fault;
mod http;
#[cfg(feature = "cli")]
mod look;
mod program;
mod tools;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use lobe_plugin_sdk::PluginError;
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use self::connection::Connection;
pub(crate) use self::connection::Entrance;
pub(crate) use self::fault::Fault;
pub(crate) use self::http::Address;
#[cfg(feature = "cli")]
pub(crate) use self::look::{Seen, list, look};
pub(crate) use self::program::Program;
use self::tools::ToolList;
use crate::filter::Filter;
use crate::payload;
use crate::target::{Bounds, KnownManifests, Target};

/// How long a list is fresh at least, whatever the server says: not every call is to ask for it.
const LEAST_FRESH: Duration = Duration::from_secs(1);

/// One MCP server, as a plugin.
#[derive(Debug)]
pub(crate) struct McpServer {
    identifier: String,
    limits: McpLimits,
    tools: Filter,
    bounds: Bounds,
    connection: Arc<Connection>,
    listed: RwLock<Option<Listed>>,
    /// One asks for the list, the others wait.
    refresh: Mutex<()>,
    /// The manifests that callers send along: they decide nothing.
    manifests: KnownManifests,
}

/// Bounds what a server's list may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct McpLimits {
    /// How long a session may take to be opened, and a list to come.
    pub(crate) patience: Duration,
    /// How long a list is fresh, unless the server says that it is for less.
    pub(crate) fresh: Duration,
    /// How long after that it stands in for one that cannot be had.
    pub(crate) stale: Duration,
}

/// What the server said that it can do.
#[derive(Debug)]
struct Listed {
    target: Arc<Target>,
    at: Instant,
    fresh: Duration,
    epoch: u64,
}

impl McpServer {
    /// Names a server. Nothing is started or called until the plugin is needed.
    pub(crate) fn new(identifier: String, entrance: Entrance, limits: McpLimits) -> Self {
        Self {
            identifier,
            limits,
            tools: Filter::default(),
            bounds: Bounds::default(),
            connection: Arc::new(Connection::new(entrance, limits.patience)),
            listed: RwLock::default(),
            refresh: Mutex::default(),
            manifests: KnownManifests::default(),
        }
    }

    /// Leaves out the tools that the operator does not want.
    pub(crate) fn only(self, tools: Filter) -> Self {
        Self { tools, ..self }
    }

    /// Says what a call may cost, and whom the plugin is for.
    pub(crate) fn within(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// Goes on with the program of another one, as it runs, if it would start the very same.
    pub(crate) fn keep_program(&mut self, before: &Self) {
        if self.connection.is_same_program(&before.connection) {
            self.connection = Arc::clone(&before.connection);
        }
    }

    /// Returns its identifier.
    pub(crate) fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Returns whether some of its tools are left out.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.tools.admits_all()
    }

    /// Judges a manifest that a caller sent along, as LobeHub's gateway does.
    pub(crate) fn admit(&self, manifest: &RawValue) -> Result<(), payload::Error> {
        self.manifests.admit(manifest)
    }

    /// Returns the plugin, as the server describes it.
    pub(crate) async fn target(&self) -> Result<Arc<Target>, PluginError> {
        if let Some(target) = self.fresh() {
            return Ok(target);
        }
        let _one_at_a_time = self.refresh.lock().await;
        if let Some(target) = self.fresh() {
            return Ok(target);
        }
        // Boxed, so that calls by a list that is fresh need no room for it.
        match Box::pin(timeout(self.limits.patience, self.list())).await.unwrap_or(Err(Fault::Late)) {
            Ok(target) => Ok(target),
            Err(fault) => {
                tracing::warn!(plugin = self.identifier, %fault, "the MCP server does not say what it can do");
                self.stand_in().ok_or_else(|| fault.told())
            }
        }
    }

    async fn list(&self) -> Result<Arc<Target>, Fault> {
        let session = self.connection.session().await?;
        // Read before the list is asked for: what changes meanwhile makes it old at once.
        let epoch = self.connection.epoch();
        let ToolList { tools, lasts, .. } = tools::list(&session, &self.identifier).await?;
        tracing::debug!(plugin = self.identifier, tools = tools.len(), "listed the tools of the MCP server");
        let lasts = lasts.map_or(Duration::MAX, Duration::from_millis).max(LEAST_FRESH);
        let fresh = lasts.min(self.limits.fresh);
        let about = session.about();
        let target = tools::target(&self.identifier, about.as_deref(), tools, &self.connection);
        let target = Arc::new(target.filtered(&self.tools).within(self.bounds.clone()));
        let listed = Listed { target: Arc::clone(&target), at: Instant::now(), fresh, epoch };
        *self.listed.write().unwrap_or_else(PoisonError::into_inner) = Some(listed);
        Ok(target)
    }

    fn fresh(&self) -> Option<Arc<Target>> {
        let epoch = self.connection.epoch();
        self.listed_if(|listed| listed.epoch == epoch && listed.at.elapsed() < listed.fresh)
    }

    fn stand_in(&self) -> Option<Arc<Target>> {
        self.listed_if(|listed| listed.at.elapsed() < self.limits.fresh + self.limits.stale)
    }

    fn listed_if(&self, is_good: impl FnOnce(&Listed) -> bool) -> Option<Arc<Target>> {
        let listed = self.listed.read().unwrap_or_else(PoisonError::into_inner);
        listed.as_ref().filter(|listed| is_good(listed)).map(|listed| Arc::clone(&listed.target))
    }
}
