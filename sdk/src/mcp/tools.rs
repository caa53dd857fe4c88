//! The tools that a server shows: operations under the names that MCP clients see, described once for each profile.
//!
//! Not here: which of them a caller may see, and what a call goes through. Whoever provides tools decides that.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use rmcp::model::{Icon, ToolAnnotations};
use serde_json::value::RawValue;

use super::{icons, names};
use crate::call::Call;
use crate::caller::CallerIdentity;
use crate::error::PluginError;
use crate::name;
use crate::operation::Operation;
use crate::plugin::Plugin;
use crate::protocol::{SETTINGS_HEADER, UserSettings};
use crate::reply::{Reply, ReplyKind};
use crate::schema::{Profile, Schema};
use crate::setting_sources::SettingSources;

/// The tools a caller is shown.
pub type ToolsFuture<'a> = Pin<Box<dyn Future<Output = Arc<ToolSet>> + Send + 'a>>;

/// The answer of a tool.
pub type ToolFuture<'a> = Pin<Box<dyn Future<Output = Result<Reply, PluginError>> + Send + 'a>>;

/// Provides the tools of an MCP server, and calls them.
///
/// A plugin by itself needs none of this: [`McpServer::of`](super::McpServer::of). A server of many plugins, of which some
/// come and go, or which has steps of its own in front of a call, implements it:
///
/// ```
/// use std::sync::Arc;
///
/// use lobe_plugin_sdk::mcp::{McpServer, Tool, ToolFuture, ToolProvider, ToolSet, ToolsFuture, Visitor};
/// use lobe_plugin_sdk::{Call, Plugin};
///
/// struct Shelf(Arc<ToolSet>);
///
/// impl ToolProvider for Shelf {
///     fn tools<'a>(&'a self, visitor: &'a Visitor) -> ToolsFuture<'a> {
///         let is_known = visitor.caller().subject().is_some();
///         let public = move |tool: &Tool| is_known || tool.plugin().identity().identifier != "diary";
///         Box::pin(async move { Arc::new(self.0.filtered(public)) })
///     }
///
///     fn call<'a>(&'a self, tool: &'a Tool, call: Call) -> ToolFuture<'a> {
///         Box::pin(tool.plugin().call(call))
///     }
/// }
///
/// let tools = ToolSet::together([Arc::new(Plugin::new("weather")), Arc::new(Plugin::new("diary"))]);
/// let server = McpServer::new(Plugin::new("shelf").identity(), Shelf(Arc::new(tools)));
/// ```
pub trait ToolProvider: Send + Sync + 'static {
    /// Returns the tools that this caller may see now. What is not among them cannot be called by him, so one answer
    /// guards both.
    ///
    /// It is asked at every list and every call: return what is at hand, and make a new set only when something changed.
    fn tools<'a>(&'a self, visitor: &'a Visitor) -> ToolsFuture<'a>;

    /// Calls a tool: at last by [`Plugin::call`], after whatever steps there are in front of it.
    ///
    /// The call has the operation's own name, the arguments as they came, the settings that came with the request, the
    /// headers and the time that the door allows.
    fn call<'a>(&'a self, tool: &'a Tool, call: Call) -> ToolFuture<'a>;
}

/// Says who asks an MCP server: what came with the request beside the message.
#[derive(Debug)]
pub struct Visitor {
    pub(crate) headers: http::HeaderMap,
    pub(crate) extensions: http::Extensions,
}

impl Visitor {
    /// Returns the headers of the request; none on stdio.
    #[must_use]
    pub fn headers(&self) -> &http::HeaderMap {
        &self.headers
    }

    /// Returns what a middleware left with the request.
    #[must_use]
    pub fn extensions(&self) -> &http::Extensions {
        &self.extensions
    }

    /// Returns who it is, as a middleware found out; anonymous when none did.
    #[must_use]
    pub fn caller(&self) -> CallerIdentity {
        self.extensions.get::<CallerIdentity>().cloned().unwrap_or_default()
    }
}

/// Shows operations as tools, in a fixed order.
#[derive(Clone, Debug, Default)]
pub struct ToolSet {
    tools: Vec<Arc<Tool>>,
    by_name: HashMap<String, usize>,
    is_private: bool,
}

impl ToolSet {
    /// Shows the operations of one plugin, under their own names.
    #[must_use]
    pub fn of(plugin: impl Into<Arc<Plugin>>) -> Self {
        let shown = Arc::new(Shown::alone(plugin.into()));
        let tools = shown.plugin.operations().iter();
        Self::listing(tools.map(|operation| Tool::new(names::alone(operation.name()), operation, &shown)))
    }

    /// Shows the operations of many plugins, under names that begin with the plugin's: `weather__current-weather`. What
    /// has over 52 letters is cut and ends with 8 hex digits of its SHA-256, so that a name depends on nothing but itself.
    ///
    /// Settings come in the header `X-Lobe-Plugin-Settings` only, below the identifier of the plugin that they are for:
    /// `{"weather": {"API_KEY": "…"}}`. Two plugins may both name an `API_KEY`, and neither is to get the other's.
    #[must_use]
    pub fn together(plugins: impl IntoIterator<Item = Arc<Plugin>>) -> Self {
        let tools = plugins.into_iter().flat_map(|plugin| {
            let shown = Arc::new(Shown::among_others(plugin));
            let identifier = shown.plugin.identity().identifier.clone();
            let name = |operation: &Operation| names::together(&identifier, operation.name());
            let tools = shown.plugin.operations().iter();
            tools.map(|operation| Tool::new(name(operation), operation, &shown)).collect::<Vec<_>>()
        });
        Self::listing(tools)
    }

    /// Lists tools; of two of one name the first one counts.
    fn listing(tools: impl IntoIterator<Item = Tool>) -> Self {
        tools.into_iter().map(Arc::new).fold(Self::default(), Self::and)
    }

    fn and(mut self, tool: Arc<Tool>) -> Self {
        if !self.by_name.contains_key(&tool.name) {
            self.by_name.insert(tool.name.clone(), self.tools.len());
            self.tools.push(tool);
        }
        self
    }

    /// Keeps the tools that a caller may see. The list is then one that no cache shows to anybody else.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Tool) -> bool) -> Self {
        let kept = self.tools.iter().filter(|tool| keep(tool)).cloned();
        kept.fold(Self { is_private: true, ..Self::default() }, Self::and)
    }

    /// Returns the tools in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Tool> {
        self.tools.iter().map(|tool| &**tool)
    }

    /// Finds a tool by its name, or by the spelling that OpenAPI documents have for it.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Tool> {
        let exact = self.by_name.get(name).map(|&position| &*self.tools[position]);
        exact.or_else(|| self.iter().find(|tool| name::means(name, &tool.name)))
    }

    /// Returns whether others may see another list.
    pub(super) fn is_private(&self) -> bool {
        self.is_private
    }

    /// Finds the name that was meant by one that is nobody's.
    pub(super) fn nearest(&self, asked: &str) -> Option<&str> {
        name::nearest(asked, self.tools.iter().map(|tool| &*tool.name))
    }
}

/// A plugin that is shown, and what is found out about it once.
struct Shown {
    plugin: Arc<Plugin>,
    /// Where its settings may come from each by itself; `None` where other plugins have settings, too.
    settings: Option<SettingSources>,
    icon: Option<Icon>,
}

impl Shown {
    fn alone(plugin: Arc<Plugin>) -> Self {
        Self { settings: Some(SettingSources::of(&plugin)), ..Self::among_others(plugin) }
    }

    fn among_others(plugin: Arc<Plugin>) -> Self {
        let icon = plugin.identity().avatar.as_deref().map(icons::of_avatar);
        Self { settings: None, icon, plugin }
    }
}

/// Shows one operation.
pub struct Tool {
    name: String,
    /// Which of the plugin's operations it is.
    operation: Operation,
    shown: Arc<Shown>,
    /// What the answer's JSON looks like, when it is an object.
    output: Option<Schema>,
    /// By profile: a description is asked for again and again, and costs many times what copying it does.
    written: [OnceLock<Box<RawValue>>; Profile::ALL.len()],
    example: OnceLock<String>,
}

impl Tool {
    fn new(name: String, operation: &Operation, shown: &Arc<Shown>) -> Self {
        Self {
            name,
            output: output_schema(operation),
            operation: operation.clone(),
            shown: Arc::clone(shown),
            written: Default::default(),
            example: OnceLock::new(),
        }
    }

    /// Returns the name that clients see.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the plugin that it is of.
    #[must_use]
    pub fn plugin(&self) -> &Arc<Plugin> {
        &self.shown.plugin
    }

    /// Returns what it does.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Returns the plugin's settings of what came with a request: in the one header, and in those of its own.
    pub(super) fn settings(&self, came: UserSettings, headers: &http::HeaderMap) -> UserSettings {
        match &self.shown.settings {
            Some(sources) => sources.complete(came, headers),
            None => came.below(&self.plugin().identity().identifier),
        }
    }

    /// Returns the headers that its plugin may see: not those in which the settings of others came.
    pub(super) fn headers(&self, mut came: http::HeaderMap) -> http::HeaderMap {
        if self.shown.settings.is_none() {
            came.remove(SETTINGS_HEADER);
        }
        came
    }

    /// Says where the user writes the plugin's settings.
    pub(super) fn where_settings_stand(&self) -> String {
        match &self.shown.settings {
            Some(sources) => {
                let own: Vec<_> = sources.headers().collect();
                format!(
                    "all of them as JSON in the header `{SETTINGS_HEADER}`, or each in its own: {}",
                    own.join(", ")
                )
            }
            None => {
                let identifier = &self.plugin().identity().identifier;
                format!(
                    "as JSON in the header `{SETTINGS_HEADER}`, below the plugin's name: {{\"{identifier}\": {{..}}}}"
                )
            }
        }
    }

    /// Returns whether answers have to carry their JSON beside the text.
    pub(super) fn is_structured(&self) -> bool {
        self.output.is_some()
    }

    /// Returns arguments that would have been right, as JSON.
    pub(super) fn example(&self) -> &str {
        self.example.get_or_init(|| {
            self.operation.get_parameters().in_profile(Profile::Portable).example().to_string()
        })
    }

    /// Describes it, with parameters in a profile.
    pub(super) fn written(&self, profile: Profile) -> &RawValue {
        let position = Profile::ALL.iter().position(|known| *known == profile).unwrap_or_default();
        self.written[position].get_or_init(|| {
            serde_json::value::to_raw_value(&self.describe(profile))
                .expect("cannot fail because a description is strings and JSON values")
        })
    }

    fn describe(&self, profile: Profile) -> rmcp::model::Tool {
        let Self { operation, output, shown, .. } = self;
        let input = operation.get_parameters().in_profile(profile).into_object();
        let description = match operation.get_description() {
            // Some clients want one. A stranger's operation may have none.
            "" => operation.get_title().unwrap_or(operation.name()),
            description => description,
        };
        let mut tool = rmcp::model::Tool::new(self.name.clone(), description.to_owned(), Arc::new(input));
        tool.title = operation.get_title().map(str::to_owned);
        tool.output_schema = output.clone().map(|schema| Arc::new(schema.into_object()));
        tool.annotations = annotations(operation);
        tool.icons = shown.icon.clone().map(|icon| vec![icon]);
        tool
    }
}

/// Says what the annotation says of how the operation behaves; nothing when it says nothing.
fn annotations(operation: &Operation) -> Option<ToolAnnotations> {
    let hints = operation.get_hints();
    let annotations = ToolAnnotations::from_raw(
        None,
        hints.read_only,
        hints.destructive,
        hints.idempotent,
        hints.open_world,
    );
    (annotations != ToolAnnotations::new()).then_some(annotations)
}

/// Returns what answers look like, when they are JSON objects: clients of the older era refuse a whole list for any
/// other schema, and hold every answer against this one.
fn output_schema(operation: &Operation) -> Option<Schema> {
    let reply = operation.get_reply();
    let schema =
        reply.schema.as_ref().filter(|_| reply.kind == ReplyKind::Json && operation.is_structured())?;
    Some(schema.of_answers())
        .filter(|schema| schema.as_object().get("type").is_some_and(|kind| kind == "object"))
}

impl fmt::Debug for Tool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tool").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Shows one plugin, whose calls go straight to it.
pub(super) struct OnePlugin(Arc<ToolSet>);

impl OnePlugin {
    pub(super) fn new(plugin: Arc<Plugin>) -> Self {
        Self(Arc::new(ToolSet::of(plugin)))
    }
}

impl ToolProvider for OnePlugin {
    fn tools<'a>(&'a self, _visitor: &'a Visitor) -> ToolsFuture<'a> {
        Box::pin(std::future::ready(Arc::clone(&self.0)))
    }

    fn call<'a>(&'a self, tool: &'a Tool, call: Call) -> ToolFuture<'a> {
        Box::pin(tool.plugin().call(call))
    }
}
