//! `/mcp`: the tools of all plugins together, and `/mcp/{toolset}`: those that the operator put under a name.
//!
//! Each tool's plugin is that of its own routes, so calls take the gateway's steps, and what a filter leaves out there is not
//! here either. Who may call some plugins only is shown no others.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::routing::MethodRouter;
use futures_util::{StreamExt as _, stream};
use lobe_plugin_sdk::mcp::{McpServer, Tool, ToolFuture, ToolProvider, ToolSet, ToolsFuture, Visitor};
use lobe_plugin_sdk::serve::{Hosts, McpDoor};
use lobe_plugin_sdk::{Call, Operation, Plugin};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, timeout};

use crate::front;
use crate::gateway::Gateway;
use crate::grant::Grant;
use crate::target::{Api, Target};
use crate::toolset::Toolset;

/// How long a list of tools is believed before it is looked whether documents have changed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How many documents are fetched at a time, and how long a list waits for any of them.
const AT_A_TIME: usize = 16;
const PATIENCE: Duration = Duration::from_secs(10);
/// For how many kinds of callers, who may call different plugins, a list is kept.
const KINDS: usize = 256;

/// Makes the route of a toolset.
pub(super) fn route<S>(gateway: &Arc<Gateway>, name: &str, toolset: Toolset) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let known = gateway.resolver.identifiers();
    for plugin in toolset.plugins.iter().filter(|plugin| !known.contains(&plugin.as_str())) {
        tracing::warn!(toolset = name, plugin, "the toolset names a plugin that is not here");
    }
    let options = gateway.options.clone();
    let about = Plugin::foreign(name.to_owned()).version(env!("CARGO_PKG_VERSION"));
    let server = McpServer::new(about.identity(), Shelf::new(Arc::clone(gateway), toolset));
    let server = options.files.into_iter().fold(server.call_time(options.limits.call_time), McpServer::files);
    let door = McpDoor::new(server)
        .cors(options.cors)
        .authorization(options.authorization)
        .hosts(options.public_url.iter().fold(options.hosts, Hosts::and_of))
        .limits(options.limits);
    options.sessions.into_iter().fold(door, McpDoor::sessions).route()
}

/// Provides the tools of a toolset.
struct Shelf(Arc<Inner>);

struct Inner {
    gateway: Arc<Gateway>,
    toolset: Toolset,
    last: RwLock<Option<Arc<Last>>>,
    /// Held by the one who looks; all others take what is at hand.
    looking: Arc<Mutex<()>>,
}

/// The tools as they were found, and when that was.
struct Last {
    targets: Vec<Arc<Target>>,
    list: Arc<List>,
    looked: Instant,
}

/// The tools of some targets, as each caller sees them.
struct List {
    all: Arc<ToolSet>,
    /// By the plugins that a caller may call. Made once, because a list is asked for at every call.
    of_some: RwLock<HashMap<BTreeSet<String>, Arc<ToolSet>>>,
}

impl List {
    fn of(all: ToolSet) -> Self {
        Self { all: Arc::new(all), of_some: RwLock::default() }
    }

    /// Returns what somebody sees who may call these plugins.
    fn of_plugins(&self, plugins: &BTreeSet<String>) -> Arc<ToolSet> {
        if let Some(known) = self.of_some.read().unwrap_or_else(PoisonError::into_inner).get(plugins) {
            return Arc::clone(known);
        }
        let may = |tool: &Tool| plugins.contains(&*tool.plugin().identity().identifier);
        let tools = Arc::new(self.all.filtered(may));
        let mut of_some = self.of_some.write().unwrap_or_else(PoisonError::into_inner);
        if of_some.len() >= KINDS {
            of_some.clear();
        }
        of_some.insert(plugins.clone(), Arc::clone(&tools));
        tools
    }
}

impl Shelf {
    fn new(gateway: Arc<Gateway>, toolset: Toolset) -> Self {
        Self(Arc::new(Inner { gateway, toolset, last: RwLock::default(), looking: Arc::default() }))
    }

    /// Returns the tools. Only those who ask first wait for documents: a plugin whose server is slow must not keep the
    /// others' callers waiting.
    async fn current(&self) -> Arc<List> {
        let Some(last) = self.0.last() else {
            let looking = Arc::clone(&self.0.looking).lock_owned().await;
            return match self.0.last() {
                Some(last) => Arc::clone(&last.list),
                None => self.0.look(looking).await,
            };
        };
        if last.looked.elapsed() >= LOOK_AGAIN
            && let Ok(looking) = Arc::clone(&self.0.looking).try_lock_owned()
        {
            let inner = Arc::clone(&self.0);
            tokio::spawn(async move { inner.look(looking).await });
        }
        Arc::clone(&last.list)
    }
}

impl Inner {
    fn last(&self) -> Option<Arc<Last>> {
        self.last.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks which plugins there are now, and makes new tools if any has changed.
    async fn look(&self, _looking: OwnedMutexGuard<()>) -> Arc<List> {
        let targets = self.find().await;
        let is_same = |last: &Arc<Last>| {
            last.targets.len() == targets.len()
                && last.targets.iter().zip(&targets).all(|(one, other)| Arc::ptr_eq(one, other))
        };
        let list = match self.last().filter(is_same) {
            Some(last) => Arc::clone(&last.list),
            None => Arc::new(List::of(self.tools_of(&targets))),
        };
        let last = Last { targets, list: Arc::clone(&list), looked: Instant::now() };
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(last));
        list
    }

    fn tools_of(&self, targets: &[Arc<Target>]) -> ToolSet {
        let tools = ToolSet::together(targets.iter().map(|target| self.shown(target)));
        let is_open = self.gateway.options.authorization.is_open();
        // Where not everybody may come in, another key may be shown another list, so that no cache is to keep this one.
        if is_open { tools } else { tools.filtered(|_| true) }
    }

    /// Finds the plugins. One that takes too long is left out for now; it is searched for to the end, so that it is there
    /// when it is looked again.
    async fn find(&self) -> Vec<Arc<Target>> {
        let all = self.gateway.resolver.identifiers().into_iter();
        let wanted = all.filter(|identifier| self.toolset.has_plugin(identifier)).map(str::to_owned);
        let search = async |identifier: String| {
            let gateway = Arc::clone(&self.gateway);
            let search = tokio::spawn(async move { gateway.resolver.find(&identifier).await.ok() });
            timeout(PATIENCE, search).await.ok()?.ok()?
        };
        let found = wanted.map(search).collect::<Vec<_>>();
        stream::iter(found).buffered(AT_A_TIME).filter_map(std::future::ready).collect().await
    }

    /// Returns a plugin as the toolset shows it.
    fn shown(&self, target: &Arc<Target>) -> Arc<Plugin> {
        let plugin = front::plugin(&self.gateway, target);
        let of_plugin: Vec<String> = plugin.identity().tags.iter().map(ToString::to_string).collect();
        let is_shown = |operation: &Operation| {
            let own = target.api(operation.name()).map_or(&[][..], Api::tags);
            self.toolset.tools.admits(operation.name(), &[own, &of_plugin].concat())
        };
        Arc::new(Plugin::clone(&plugin).keeping(is_shown))
    }
}

impl ToolProvider for Shelf {
    fn tools<'a>(&'a self, visitor: &'a Visitor) -> ToolsFuture<'a> {
        Box::pin(async {
            let list = self.current().await;
            match visitor.extensions().get::<Grant>() {
                Some(Grant { plugins: Some(plugins), .. }) => list.of_plugins(plugins),
                _ => Arc::clone(&list.all),
            }
        })
    }

    fn call<'a>(&'a self, tool: &'a Tool, call: Call) -> ToolFuture<'a> {
        Box::pin(tool.plugin().call(call))
    }
}
