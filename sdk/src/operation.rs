//! One thing a plugin can do: its name, what documents say about it, and what runs when it is called.
//!
//! It knows nothing of doors. The annotation makes operations out of functions, the gateway out of strangers' plugins.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::arguments::{Parameters, cursor};
use crate::call::Call;
use crate::comments;
use crate::error::PluginError;
use crate::extract::{FromCall, NeededState, Needs};
use crate::reply::{Reply, ReplyDescription, ReplyKind};
use crate::rules::RuleBook;
use crate::schema::Schema;

/// A future that a handler returns.
pub type Answer = Pin<Box<dyn Future<Output = Result<Reply, PluginError>> + Send>>;

type Handler = Arc<dyn Fn(Call) -> Answer + Send + Sync>;

/// Is what a guard stands before: the rest of a call's way, which it may let the call go or not.
///
/// See [`Plugin::guarded_by`](crate::Plugin::guarded_by).
pub struct Next {
    handler: Handler,
    /// Whether the function returns a list of which an answer holds one page.
    pages: bool,
}

impl Next {
    /// Lets the call go on.
    pub fn run(self, call: Call) -> Answer {
        let Self { handler, pages } = self;
        if pages { Box::pin(one_page(handler, call)) } else { handler(call) }
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Next")
    }
}

/// Describes something a plugin can do, and does it.
///
/// `#[lobe_plugin]` writes one for a function. By hand it takes more words:
///
/// ```
/// use lobe_plugin_sdk::{Call, Operation, Plugin, Reply};
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let echo = Operation::new("echo", |call: Call| async move {
///     Ok(Reply::text(String::from_utf8_lossy(call.arguments().text())))
/// })
/// .summary("Says what it was told.");
///
/// let plugin = Plugin::new("parrot").operation(echo);
/// let reply = plugin.call(Call::new("echo", json!({ "text": "hi" }))).await.unwrap();
/// assert_eq!(reply.as_text(), r#"{"text":"hi"}"#);
/// # }
/// ```
#[derive(Clone)]
pub struct Operation {
    name: Cow<'static, str>,
    title: Option<Cow<'static, str>>,
    summary: Cow<'static, str>,
    description: Cow<'static, str>,
    parameters: Schema,
    reply: ReplyDescription,
    rules: Arc<RuleBook>,
    settings: Vec<Schema>,
    states: Vec<NeededState>,
    hints: Hints,
    scopes: Vec<Cow<'static, str>>,
    structured: bool,
    watched: bool,
    /// Whether its function returns a list of which an answer holds one page.
    pages: bool,
    handler: Handler,
}

/// Says how an operation behaves, for clients that ask people before some calls and not before others.
///
/// They are hints to MCP clients and change nothing here; what is not said is not shown. The words are those of MCP
/// ([tool annotations](https://modelcontextprotocol.io/specification/2025-11-25/schema#toolannotations)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hints {
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may take away or overwrite; otherwise it only adds.
    pub destructive: Option<bool>,
    /// To call it twice with the same arguments is to call it once.
    pub idempotent: Option<bool>,
    /// It reaches out to things that nobody here knows, as a web search does.
    pub open_world: Option<bool>,
}

impl Operation {
    /// Makes an operation that takes any arguments and answers any text, until more is said.
    pub fn new<H, F>(name: impl Into<Cow<'static, str>>, handler: H) -> Self
    where
        H: Fn(Call) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Reply, PluginError>> + Send + 'static,
    {
        Self::handled(name.into(), Arc::new(move |call| Box::pin(handler(call))))
    }

    /// Makes the operation of a function: what the annotation knows of every one.
    ///
    /// Its handler is a pointer, so that nothing of this is compiled anew for each function.
    #[doc(hidden)]
    #[must_use]
    pub fn of_function(
        name: &'static str,
        comment: &str,
        parameters: Parameters,
        reply: ReplyDescription,
        handler: fn(Call) -> Answer,
    ) -> Self {
        let rules = Arc::new(parameters.rules());
        let operation = Self::handled(Cow::Borrowed(name), Arc::new(handler)).documented(comment);
        Self { rules, ..operation }.parameters(parameters.into_schema()).replies(reply)
    }

    fn handled(name: Cow<'static, str>, handler: Handler) -> Self {
        Self {
            name,
            title: None,
            summary: Cow::Borrowed(""),
            description: Cow::Borrowed(""),
            parameters: Schema::from_value(serde_json::json!({ "type": "object", "properties": {} })),
            reply: ReplyDescription { kind: ReplyKind::Text, schema: None, is_paged: false },
            rules: Arc::default(),
            settings: Vec::new(),
            states: Vec::new(),
            hints: Hints::default(),
            scopes: Vec::new(),
            structured: true,
            watched: false,
            pages: false,
            handler,
        }
    }

    /// Lets `handler` run in place of its function, which then needs nothing any more.
    pub(crate) fn handled_by<H, F>(self, handler: H) -> Self
    where
        H: Fn(Call) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Reply, PluginError>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |call| Box::pin(handler(call)));
        Self { rules: Arc::default(), states: Vec::new(), watched: false, pages: false, handler, ..self }
    }

    /// Lets `guard` see calls before its function, which needs what it did.
    pub(crate) fn guarded_by<G, F>(self, guard: G) -> Self
    where
        G: Fn(Call, Next) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Reply, PluginError>> + Send + 'static,
    {
        let Self { handler, pages, .. } = self;
        let guarded: Handler = Arc::new(move |call| {
            let next = Next { handler: Arc::clone(&handler), pages };
            Box::pin(guard(call, next))
        });
        Self { handler: guarded, pages: false, ..self }
    }

    /// Sets the name people see.
    #[must_use]
    pub fn title(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the one sentence that says what it does.
    #[must_use]
    pub fn summary(mut self, summary: impl Into<Cow<'static, str>>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Sets all that a model should know about it; the summary alone when this is not set.
    #[must_use]
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets summary and description from a doc comment: its first paragraph, and all of it.
    #[must_use]
    pub fn documented(self, comment: &str) -> Self {
        let text = comments::text(comment);
        let summary = comments::summary(&text);
        self.summary(summary).description(text)
    }

    /// Sets what its arguments look like.
    #[must_use]
    pub fn parameters(mut self, parameters: Schema) -> Self {
        self.parameters = parameters;
        self.pages = false;
        self.paged()
    }

    /// Sets what it answers. One that answers with a [`Page`](crate::Page) gets an argument `cursor`.
    #[must_use]
    pub fn replies(mut self, reply: ReplyDescription) -> Self {
        self.reply = reply;
        self.paged()
    }

    /// Describes the argument `cursor`, unless the function has one of that name itself.
    fn paged(mut self) -> Self {
        if self.reply.is_paged
            && let Some(parameters) = cursor::beside(&self.parameters)
        {
            self.parameters = parameters;
            self.pages = true;
        }
        self
    }

    /// Says whether it changes anything.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.hints.read_only = Some(read_only);
        self
    }

    /// Says whether it may take away or overwrite.
    #[must_use]
    pub fn destructive(mut self, destructive: bool) -> Self {
        self.hints.destructive = Some(destructive);
        self
    }

    /// Says whether to call it twice with the same arguments is to call it once.
    #[must_use]
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.hints.idempotent = Some(idempotent);
        self
    }

    /// Says whether it reaches out to things that nobody here knows.
    #[must_use]
    pub fn open_world(mut self, open_world: bool) -> Self {
        self.hints.open_world = Some(open_world);
        self
    }

    /// Keeps it for callers who have all of these [scopes](https://www.rfc-editor.org/rfc/rfc6749#section-3.3), whatever the
    /// door: it is neither listed for others who speak MCP nor called by them, and they read which scope is missing. Whom
    /// nobody authenticated has none.
    ///
    /// Added to those that it has.
    #[must_use]
    pub fn scopes<T: Into<Cow<'static, str>>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        for scope in scopes.into_iter().map(Into::into) {
            if !self.scopes.contains(&scope) {
                self.scopes.push(scope);
            }
        }
        self
    }

    /// Says whether MCP clients are shown what its answers look like, and get them as JSON beside the text. They are,
    /// without a word, when it answers with an object.
    #[must_use]
    pub fn structured(mut self, structured: bool) -> Self {
        self.structured = structured;
        self
    }

    /// Adds what an injected parameter needs.
    #[must_use]
    pub fn extracts<T: FromCall>(self) -> Self {
        let mut needs = Needs::default();
        T::describe(&mut needs);
        self.with_needs(needs)
    }

    fn with_needs(mut self, needs: Needs) -> Self {
        if let Some(arguments) = needs.arguments {
            self = self.parameters(arguments);
        }
        self.settings.extend(needs.settings);
        self.states.extend(needs.states);
        self.watched |= needs.context;
        self
    }

    /// Returns its name towards machines.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its name, to keep: free for the names that the annotation writes.
    pub(crate) fn shared_name(&self) -> Cow<'static, str> {
        self.name.clone()
    }

    /// Returns the name people see, if it has one of its own.
    #[must_use]
    pub fn get_title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Returns the one sentence that says what it does; empty when nobody wrote one.
    #[must_use]
    pub fn get_summary(&self) -> &str {
        &self.summary
    }

    /// Returns all that a model should know about it.
    #[must_use]
    pub fn get_description(&self) -> &str {
        if self.description.is_empty() { &self.summary } else { &self.description }
    }

    /// Returns what its arguments look like, unabridged.
    #[must_use]
    pub fn get_parameters(&self) -> &Schema {
        &self.parameters
    }

    /// Returns what it answers.
    #[must_use]
    pub fn get_reply(&self) -> &ReplyDescription {
        &self.reply
    }

    /// Returns how it behaves.
    #[must_use]
    pub fn get_hints(&self) -> Hints {
        self.hints
    }

    /// Returns the scopes that its callers have.
    #[must_use]
    pub fn get_scopes(&self) -> &[Cow<'static, str>] {
        &self.scopes
    }

    /// Returns whether its answers may be shown as JSON beside the text.
    #[must_use]
    pub fn is_structured(&self) -> bool {
        self.structured
    }

    pub(crate) fn rules(&self) -> Arc<RuleBook> {
        Arc::clone(&self.rules)
    }

    pub(crate) fn needed_settings(&self) -> &[Schema] {
        &self.settings
    }

    pub(crate) fn needed_states(&self) -> &[NeededState] {
        &self.states
    }

    /// Returns whether its function wants to know of the running call.
    pub(crate) fn is_watched(&self) -> bool {
        self.watched
    }

    /// Returns what begins a call when it is called, on whatever thread. Panics of the handler are the caller's to catch:
    /// [`Plugin::call`](crate::Plugin::call) does.
    pub(crate) fn begin(&self, call: Call) -> impl FnOnce() -> Answer + Send + use<> {
        let next = Next { handler: Arc::clone(&self.handler), pages: self.pages };
        move || next.run(call)
    }
}

/// Lets a handler answer with all there is, and shows the page that is asked for.
async fn one_page(handler: Handler, call: Call) -> Result<Reply, PluginError> {
    let (call, start) = cursor::take(call)?;
    handler(call).await?.page(start)
}

impl fmt::Debug for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Operation").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Gives the operation that an annotated function makes.
///
/// `#[lobe_plugin]` implements it for a hidden type of the function's own name, so that one `use` brings both and
/// [`Plugin::with`](crate::Plugin::with) can be told which function is meant.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an annotated plugin function",
    note = "put `#[lobe_plugin]` on the function and name it here: `.with::<my_function>()`"
)]
pub trait Function {
    /// Makes the operation.
    fn operation() -> Operation;
}
