//! One MCP server, whatever carries its messages: what comes in is read once, answered, and written once.
//!
//! It keeps nothing between two requests but the questions that it waits for the answers of, so any request may reach
//! another process than the one before.
//!
//! Here: what a server is made of, and where a message goes. The methods themselves: [`greeting`], [`tool_calls`],
//! [`handled`].

mod greeting;
mod handled;
mod tool_calls;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{CacheScope, Implementation, RequestStateCodec, ResultType};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::dialogue::{Asking, Remembered};
use super::era::{self, Common, Era};
use super::files::SignedFiles;
use super::handlers::{HandlerRequest, Handlers, Refusal};
use super::message::{self, Fault, Message, Request};
use super::tools::{OnePlugin, ToolProvider, Visitor};
use super::{icons, random};
use crate::client::LogLevel;
use crate::error::PluginError;
use crate::identity::Identity;
use crate::plugin::Plugin;
use crate::protocol::UserSettings;
use crate::schema::Profile;

/// How long a client may take a list for true without asking, in milliseconds. Plugins change when a server starts anew.
const LIST_IS_FRESH: u64 = 60_000;

/// How long a call may take: LobeHub gives up after 60 s.
const CALL_TIME: Duration = Duration::from_secs(55);

/// How many characters one text of an answer may have. LobeHub cuts at 25,000, other clients sooner.
const TEXT_BUDGET: usize = 8_000;

/// Answers MCP messages with the tools of a plugin, or of whoever provides some.
///
/// What carries the messages is not its business: [`serve::McpDoor`](crate::serve::McpDoor) does over HTTP. Clones are
/// cheap, and wait for answers together.
#[derive(Clone)]
pub struct McpServer {
    information: Implementation,
    instructions: Option<String>,
    provider: Arc<dyn ToolProvider>,
    handlers: Handlers,
    profile: Profile,
    call_time: Duration,
    text_budget: usize,
    files: Option<SignedFiles>,
    asking: Arc<Asking>,
    /// What every result of the newer era carries, written once.
    signature: Box<RawValue>,
}

/// What came with a message. Boxed where it is handed on: it is moved from hand to hand on its way to the tool.
pub(crate) struct Arrival {
    pub(crate) visitor: Visitor,
    /// What came in the one header of settings, or why that could not be read.
    pub(crate) settings: Result<UserSettings, PluginError>,
    pub(crate) profile: Option<Profile>,
    /// Whether headers are part of the message, as they are over HTTP.
    pub(crate) has_headers: bool,
    /// Where messages go that come before the answer.
    pub(crate) back: mpsc::Sender<String>,
    pub(crate) remembered: Remembered,
}

/// What goes back.
#[derive(Debug)]
pub(crate) struct Answered {
    /// What HTTP says of it.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "stdio has no statuses"))]
    pub(crate) status: u16,
    /// The answer; none to what asks for none.
    pub(crate) text: Option<String>,
    pub(crate) told: Option<Told>,
}

/// What whoever carries the messages has to know beside the answer.
#[derive(Debug)]
pub(crate) enum Told {
    /// What a client of the older era can do, which it says once, and whether some tool might ask for it.
    Capabilities {
        capabilities: Value,
        #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "stdio has no session ids"))]
        matter: bool,
    },
    /// What such a client wants to hear.
    LogLevel(LogLevel),
    /// The scopes that the caller would have to have.
    Lacks(
        #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "on stdio nobody lacks one"))]
        Vec<Cow<'static, str>>,
    ),
}

impl Answered {
    fn nothing(status: u16) -> Self {
        Self { status, text: None, told: None }
    }

    fn text(status: u16, text: String) -> Self {
        Self { status, text: Some(text), told: None }
    }
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
        let seal = RequestStateCodec::new_unchecked(random::bytes::<32>());
        Self {
            information,
            instructions: identity.system_role.as_deref().map(str::to_owned),
            provider: Arc::new(provider),
            handlers: Handlers::default(),
            profile: Profile::default(),
            call_time: CALL_TIME,
            text_budget: TEXT_BUDGET,
            files: None,
            asking: Arc::new(Asking { pending: Arc::default(), seal }),
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

    /// Sets how many characters one text of an answer may have: 8,000. What is longer is cut between two items, with a
    /// sentence about what was left out; JSON beside the text is whole in any case, and so is a [`Page`](crate::Page), whose
    /// `next` leads on from its last item.
    #[must_use]
    pub fn text_budget(mut self, characters: usize) -> Self {
        self.text_budget = characters;
        self
    }

    /// Links to pictures and files instead of holding them in answers: LobeHub, for one, hands what an answer holds to the
    /// model letter by letter. Who serves it serves the links, too: [`HttpDoor::files`](crate::serve::HttpDoor::files).
    #[must_use]
    pub fn files(mut self, files: SignedFiles) -> Self {
        self.files = Some(files);
        self
    }

    /// Sets by which key states are sealed that clients carry from one round of questions to the next. Without it the
    /// process makes one at random, so replicas of a server that asks questions need the same one.
    ///
    /// # Panics
    ///
    /// When it has fewer than 32 bytes.
    #[must_use]
    pub fn sealed_with(mut self, key: &[u8]) -> Self {
        let seal = RequestStateCodec::try_new(key).expect("a key has at least 32 bytes");
        self.asking = Arc::new(Asking { pending: Arc::default(), seal });
        self
    }

    /// Answers a method that plugins have no word for by a function of one's own: `prompts/list`, `prompts/get`,
    /// `resources/list`, `resources/read`, `resources/templates/list`, `resources/subscribe`, `completion/complete`. What it
    /// returns is the result as the protocol has it.
    ///
    /// ```
    /// use lobe_plugin_sdk::Plugin;
    /// use lobe_plugin_sdk::mcp::McpServer;
    /// use serde_json::json;
    ///
    /// let server = McpServer::of(Plugin::new("clothes")).answering("prompts/list", async |_request| {
    ///     Ok(json!({ "prompts": [{ "name": "pack", "description": "Pack a suitcase." }] }))
    /// });
    /// ```
    #[must_use]
    pub fn answering<H, F>(mut self, method: &'static str, handler: H) -> Self
    where
        H: Fn(HandlerRequest) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Value, Refusal>> + Send + 'static,
    {
        self.handlers.add(method, handler);
        self
    }

    /// Answers one message.
    pub(crate) async fn receive(&self, text: &[u8], arrival: Box<Arrival>) -> Answered {
        match Message::read(text) {
            Ok(Message::Request(request)) => self.answer(&request, arrival).await,
            Ok(Message::Response(response)) => {
                self.asking.pending.answered(&response);
                Answered::nothing(202)
            }
            Ok(Message::Notification(_)) => Answered::nothing(202),
            Err(fault) => Answered::text(fault.status, fault.write(None)),
        }
    }

    /// Answers a message whose answer the server cannot wait for, because it ends.
    #[cfg(feature = "http")]
    pub(crate) fn ended(text: &[u8]) -> Answered {
        let id = match Message::read(text) {
            Ok(Message::Request(request)) => Some(request.id),
            _ => None,
        };
        let code = rmcp::model::ErrorCode(-32_000);
        let fault = Fault::new(503, code, "the server ends, and the call did not in time: call again");
        Answered::text(fault.status, fault.write(id))
    }

    async fn answer(&self, request: &Request<'_>, arrival: Box<Arrival>) -> Answered {
        let headers = arrival.has_headers.then_some(&arrival.visitor.headers);
        let (era, common) = match era::judge(request, headers) {
            Ok(judged) => judged,
            Err(fault) => return Answered::text(fault.status, fault.write(Some(request.id))),
        };
        match self.result(request, (era, &common), arrival).await {
            Ok(answered) => answered,
            Err(fault) => {
                // The older era says nothing about statuses, and its clients take 404 for a lost session.
                let status = if era == Era::Modern { fault.status } else { 200 };
                Answered::text(status, fault.write(Some(request.id)))
            }
        }
    }

    async fn result(
        &self,
        request: &Request<'_>,
        (era, common): (Era, &Common<'_>),
        arrival: Box<Arrival>,
    ) -> Result<Answered, Fault> {
        let text = match (&*request.method, era) {
            ("initialize", Era::Legacy) => return self.initialize(request, &arrival.visitor).await,
            ("logging/setLevel", Era::Legacy) => return greeting::set_level(request),
            ("ping", Era::Legacy) => message::write_result(request.id, &json!({})),
            ("server/discover", Era::Modern) => self.discover(request),
            ("tools/list", _) => self.list_tools(request, era, &arrival).await?,
            ("tools/call", _) => return self.call_tool(request, (era, common), arrival).await,
            _ => self.handle(request, (era, &common.meta), arrival).await?,
        };
        Ok(Answered::text(200, text))
    }

    /// Writes a result, with what the newer era wants in every one.
    fn write<T: Serialize>(&self, request: &Request<'_>, era: Era, result: &T) -> String {
        match era {
            Era::Legacy => message::write_result(request.id, result),
            Era::Modern => self.write_as(request, ResultType::COMPLETE, result),
        }
    }

    fn write_as<T: Serialize>(&self, request: &Request<'_>, result_type: ResultType, result: &T) -> String {
        #[derive(Serialize)]
        struct Signed<'a, T> {
            #[serde(rename = "resultType")]
            result_type: ResultType,
            #[serde(flatten)]
            result: &'a T,
            #[serde(rename = "_meta")]
            meta: &'a RawValue,
        }
        message::write_result(request.id, &Signed { result_type, result, meta: &self.signature })
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

impl fmt::Debug for McpServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("McpServer").field("name", &self.information.name).finish_non_exhaustive()
    }
}
