//! One MCP server, whatever carries its messages: what comes in is read once, answered, and written once.
//!
//! It keeps nothing between two requests, so any of them may reach another process than the one before.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    CacheScope, ErrorCode, Implementation, InitializeResult, ResultType, ServerCapabilities, ToolsCapability,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::answer::ToolAnswer;
use super::era::{self, Era};
use super::icons;
use super::message::{self, Fault, Message, Request};
use super::tools::{OnePlugin, Tool, ToolProvider, ToolSet, Visitor};
use crate::call::{Arguments, Call};
use crate::caller::Door;
use crate::error::PluginError;
use crate::identity::Identity;
use crate::plugin::Plugin;
use crate::protocol::UserSettings;
use crate::schema::Profile;

/// How long a client may take a list for true without asking, in milliseconds. Plugins change when a server starts anew.
const LIST_IS_FRESH: u64 = 60_000;

/// How long a call may take: LobeHub gives up after 60 s.
const CALL_TIME: Duration = Duration::from_secs(55);

/// Answers MCP messages with the tools of a plugin, or of whoever provides some.
///
/// What carries the messages is not its business: [`serve::McpDoor`](crate::serve::McpDoor) does over HTTP.
pub struct McpServer {
    information: Implementation,
    instructions: Option<String>,
    provider: Box<dyn ToolProvider>,
    profile: Profile,
    call_time: Duration,
    /// What every result of the modern era carries, written once.
    signature: Box<RawValue>,
}

/// What came with a message.
pub(crate) struct Arrival {
    pub(crate) visitor: Visitor,
    /// What came in the one header of settings, or why that could not be read.
    pub(crate) settings: Result<UserSettings, PluginError>,
    pub(crate) profile: Option<Profile>,
    /// Whether headers are part of the message, as they are over HTTP.
    pub(crate) has_headers: bool,
}

/// What goes back.
#[derive(Debug)]
pub(crate) struct Answered {
    /// What HTTP says of it.
    pub(crate) status: u16,
    /// The answer; none to what asks for none.
    pub(crate) text: Option<String>,
}

impl McpServer {
    /// Makes a server of one plugin.
    #[must_use]
    pub fn of(plugin: impl Into<Arc<Plugin>>) -> Self {
        let plugin = plugin.into();
        Self::new(&plugin.identity().clone(), OnePlugin::new(plugin))
    }

    /// Makes a server of that identity whose tools somebody provides.
    #[must_use]
    pub fn new(identity: &Identity, provider: impl ToolProvider) -> Self {
        let information = information(identity);
        let signature = json!({ "io.modelcontextprotocol/serverInfo": information });
        Self {
            information,
            instructions: identity.system_role.as_deref().map(str::to_owned),
            provider: Box::new(provider),
            profile: Profile::default(),
            call_time: CALL_TIME,
            signature: serde_json::value::to_raw_value(&signature)
                .expect("cannot fail because it is JSON already"),
        }
    }

    /// Sets in which profile parameters are shown. Over HTTP `?profile=openai-strict` asks for another one.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets how long a call may take. 55 s, because LobeHub gives up after 60.
    #[must_use]
    pub fn call_time(mut self, call_time: Duration) -> Self {
        self.call_time = call_time;
        self
    }

    /// Answers one message.
    pub(crate) async fn receive(&self, text: &[u8], arrival: Arrival) -> Answered {
        match Message::read(text) {
            Ok(Message::Request(request)) => self.answer(&request, arrival).await,
            // What a client tells changes nothing: there is nothing kept that it could change.
            Ok(Message::Notification(_) | Message::Response(_)) => Answered { status: 202, text: None },
            Err(fault) => Answered { status: fault.status, text: Some(fault.write(None)) },
        }
    }

    async fn answer(&self, request: &Request<'_>, arrival: Arrival) -> Answered {
        let headers = arrival.has_headers.then_some(&arrival.visitor.headers);
        let era = match era::judge(request, headers) {
            Ok((era, _)) => era,
            Err(fault) => {
                return Answered { status: fault.status, text: Some(fault.write(Some(request.id))) };
            }
        };
        match self.result(request, era, arrival).await {
            Ok(text) => Answered { status: 200, text: Some(text) },
            Err(fault) => {
                // The older era says nothing about statuses, and its clients take 404 for a lost session.
                let status = if era == Era::Modern { fault.status } else { 200 };
                Answered { status, text: Some(fault.write(Some(request.id))) }
            }
        }
    }

    async fn result(&self, request: &Request<'_>, era: Era, arrival: Arrival) -> Result<String, Fault> {
        match (&*request.method, era) {
            ("initialize", Era::Legacy) => self.initialize(request),
            ("ping", Era::Legacy) => Ok(message::write_result(request.id, &json!({}))),
            ("server/discover", Era::Modern) => Ok(self.discover(request)),
            ("tools/list", _) => self.list_tools(request, era, &arrival).await,
            ("tools/call", _) => self.call_tool(request, era, arrival).await,
            (method, _) => Err(Fault::unknown_method(method)),
        }
    }

    fn initialize(&self, request: &Request<'_>) -> Result<String, Fault> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Params {
            protocol_version: String,
        }
        let Params { protocol_version } = request.params()?;
        let mut result = InitializeResult::new(capabilities())
            .with_protocol_version(era::negotiate(&protocol_version))
            .with_server_info(self.information.clone());
        result.instructions.clone_from(&self.instructions);
        Ok(message::write_result(request.id, &result))
    }

    fn discover(&self, request: &Request<'_>) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Discovered<'a> {
            supported_versions: Vec<rmcp::model::ProtocolVersion>,
            capabilities: ServerCapabilities,
            #[serde(skip_serializing_if = "Option::is_none")]
            instructions: Option<&'a str>,
            #[serde(flatten)]
            freshness: Freshness,
        }
        let discovered = Discovered {
            supported_versions: era::supported(),
            capabilities: capabilities(),
            instructions: self.instructions.as_deref(),
            freshness: Freshness::of(CacheScope::Public),
        };
        self.write(request, Era::Modern, &discovered)
    }

    async fn list_tools(&self, request: &Request<'_>, era: Era, arrival: &Arrival) -> Result<String, Fault> {
        #[derive(Serialize)]
        struct Listed<'a> {
            tools: Vec<&'a RawValue>,
            #[serde(flatten)]
            freshness: Option<Freshness>,
        }
        refuse_cursor(request)?;
        let tools = self.provider.tools(&arrival.visitor).await;
        let profile = arrival.profile.unwrap_or(self.profile);
        let scope = if tools.is_private() { CacheScope::Private } else { CacheScope::Public };
        let listed = Listed {
            tools: tools.iter().map(|tool| tool.written(profile)).collect(),
            freshness: (era == Era::Modern).then(|| Freshness::of(scope)),
        };
        Ok(self.write(request, era, &listed))
    }

    async fn call_tool(&self, request: &Request<'_>, era: Era, arrival: Arrival) -> Result<String, Fault> {
        #[derive(Deserialize)]
        struct Params<'a> {
            #[serde(borrow)]
            name: std::borrow::Cow<'a, str>,
            #[serde(borrow, default)]
            arguments: Option<&'a RawValue>,
        }
        let Params { name, arguments } = request.params()?;
        let tools = self.provider.tools(&arrival.visitor).await;
        let tool = tools.find(&name).ok_or_else(|| unknown_tool(&tools, &name))?;
        let arguments = arguments.map(|text| Arguments::from_text(text.get().to_owned())).unwrap_or_default();
        let answer = match self.call(tool, arguments, arrival).await {
            Ok(answer) => answer,
            Err(error) => ToolAnswer::of_error(&error, tool),
        };
        Ok(self.write(request, era, &answer))
    }

    async fn call(
        &self,
        tool: &Tool,
        arguments: Arguments,
        arrival: Arrival,
    ) -> Result<ToolAnswer, PluginError> {
        let Arrival { visitor: Visitor { headers, extensions }, settings, .. } = arrival;
        let settings = tool.settings().complete(settings?, &headers);
        let call = Call::new(tool.operation().shared_name(), arguments)
            .with_settings(settings)
            .through(Door::Mcp)
            .within(self.call_time)
            .with_headers(headers)
            .with_extensions(extensions);
        let reply = self.provider.call(tool, call).await?.collect().await?;
        ToolAnswer::of_reply(reply, tool)
    }

    /// Writes a result, with what the modern era wants in every one.
    fn write<T: Serialize>(&self, request: &Request<'_>, era: Era, result: &T) -> String {
        #[derive(Serialize)]
        struct Complete<'a, T> {
            #[serde(rename = "resultType")]
            result_type: ResultType,
            #[serde(flatten)]
            result: &'a T,
            #[serde(rename = "_meta")]
            meta: &'a RawValue,
        }
        match era {
            Era::Legacy => message::write_result(request.id, result),
            Era::Modern => {
                let complete = Complete { result_type: ResultType::COMPLETE, result, meta: &self.signature };
                message::write_result(request.id, &complete)
            }
        }
    }
}

/// How long and for whom a result stays true.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Freshness {
    ttl_ms: u64,
    cache_scope: CacheScope,
}

impl Freshness {
    fn of(cache_scope: CacheScope) -> Self {
        Self { ttl_ms: LIST_IS_FRESH, cache_scope }
    }
}

fn information(identity: &Identity) -> Implementation {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let mut information = Implementation::new(&*identity.identifier, &*identity.version);
    information.title = identity.title.as_deref().and_then(text);
    information.description = text(&identity.description);
    information.icons = identity.avatar.as_deref().map(|avatar| vec![icons::of_avatar(avatar)]);
    information.website_url = identity.homepage.as_deref().and_then(text);
    information
}

fn capabilities() -> ServerCapabilities {
    let mut capabilities = ServerCapabilities::default();
    capabilities.tools = Some(ToolsCapability::default());
    capabilities
}

/// Refuses a second page: LobeHub reads only the first one, so there is no other.
fn refuse_cursor(request: &Request<'_>) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Params<'a> {
        #[serde(borrow, default)]
        cursor: Option<&'a RawValue>,
    }
    match request.params()? {
        Params { cursor: None } => Ok(()),
        Params { cursor: Some(_) } => {
            Err(Fault::params("the list has one page only, so there is no such cursor"))
        }
    }
}

fn unknown_tool(tools: &ToolSet, asked: &str) -> Fault {
    let asked: String = asked.chars().take(80).collect();
    let hint = tools.nearest(&asked).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    Fault::new(200, ErrorCode::INVALID_PARAMS, format!("unknown tool `{asked}`{hint}"))
}

impl fmt::Debug for McpServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("McpServer").field("name", &self.information.name).finish_non_exhaustive()
    }
}
