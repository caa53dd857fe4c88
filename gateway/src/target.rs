//! A plugin that was found, and what calls of it are judged by: schemas, compiled when they are first needed.
//!
//! A plugin in this process and one that stands in a manifest become the same [`Target`]; where it was found decides
//! who answers for its addresses and its manifest. How it is found is [`crate::resolve`]'s business.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use lobe_plugin_sdk::schema::{Profile, Schema};
use lobe_plugin_sdk::{Operation, Plugin};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::admission::Busy;
use crate::beside::Beside;
use crate::filter::Filter;
use crate::openapi::{Document, Fault, REQUEST_BODY};
use crate::outbound::{Origin, TargetUrl, UrlFault};
use crate::payload::{self, read_manifest};
use crate::validate::{CheckError, SchemaLimits, Validator};

/// How many manifests are remembered to be well-formed. Callers send the same one with every call; there are as many as
/// there are addresses and versions under which the plugin is installed.
const KNOWN_MANIFESTS: usize = 8;
/// The largest manifest, in bytes, that is worth remembering; real ones have a few thousand.
const KNOWN_MANIFEST_SIZE: usize = 64 << 10;

/// A plugin, and the schemas that its calls are checked against.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) source: Source,
    settings: Option<Judge>,
    apis: Vec<Api>,
    /// The OpenAPI document that its operations are called by, instead of their addresses.
    openapi: Option<OpenApi>,
    /// Where tokens for its calls are had.
    token_servers: Vec<Origin>,
    pub(crate) bounds: Bounds,
}

/// Names an OpenAPI document, and remembers what the manifest became by it.
#[derive(Debug)]
pub(crate) struct OpenApi {
    /// Where it stands, as the manifest has it.
    pub(crate) url: String,
    completed: Mutex<Option<(Arc<Document>, Arc<Target>)>>,
    /// Is held by whoever completes it, so that nobody else does at the same time.
    completing: tokio::sync::Mutex<()>,
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
    /// In the caller's payload, or in a market index that the caller named.
    Caller,
}

impl Source {
    /// Returns a word for it: `mounted`, `operator` or `caller`.
    pub(crate) fn origin(&self) -> &'static str {
        match self {
            Self::Mounted(_) => "mounted",
            Self::Operator => "operator",
            Self::Caller => "caller",
        }
    }
}

/// An operation in LobeChat's words.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) name: String,
    pub(crate) endpoint: Endpoint,
    /// The operation as the manifest has it.
    description: Arc<Value>,
    judge: Judge,
    tags: Vec<String>,
}

/// Says where an operation is called.
#[derive(Debug)]
pub(crate) enum Endpoint {
    /// In this process; a client that read the OpenAPI document wraps the arguments, and has another schema.
    Here { wrapped: Judge },
    /// At this address.
    At(TargetUrl),
    /// It is a tool of an MCP server, whose plugin knows the way.
    Tool,
    /// At an address that is none.
    Nowhere(UrlFault),
    /// Nowhere: what its document says of it cannot be understood.
    Faulty { document: Arc<str>, fault: Fault },
    /// Nowhere: its document does not know it.
    Undescribed,
    /// Its manifest names no address.
    Unsaid,
}

/// Compiles a schema when the first value is held against it: most operations of a manifest are never called.
#[derive(Debug)]
pub(crate) struct Judge {
    schema: Value,
    author: Author,
    validator: OnceLock<Result<Validator, CheckError>>,
}

/// Says who wrote a schema.
#[derive(Clone, Copy, Debug)]
enum Author {
    /// The program itself, which may be as wordy as it likes.
    Ourselves,
    Stranger,
}

impl Judge {
    /// Judges by a schema of this program.
    pub(crate) fn own(schema: Value) -> Self {
        Self { schema, author: Author::Ourselves, validator: OnceLock::new() }
    }

    /// Judges by a schema that somebody else wrote.
    pub(crate) fn of_stranger(schema: Value) -> Self {
        Self { schema, author: Author::Stranger, validator: OnceLock::new() }
    }

    /// Returns what judges, compiled within the limits if it was not compiled before.
    pub(crate) fn validator(&self, limits: &SchemaLimits) -> Result<&Validator, CheckError> {
        let compile = || match self.author {
            Author::Ourselves => Ok(Validator::new(&self.schema)),
            Author::Stranger => Validator::within(limits, &self.schema),
        };
        self.validator.get_or_init(compile).as_ref().map_err(CheckError::clone)
    }

    /// Returns the same, unless it would have to be compiled.
    pub(crate) fn ready(&self) -> Option<Result<&Validator, CheckError>> {
        Some(self.validator.get()?.as_ref().map_err(CheckError::clone))
    }

    pub(crate) fn schema(&self) -> &Value {
        &self.schema
    }
}

/// Remembers manifests that were judged to be well-formed.
#[derive(Debug, Default)]
pub(crate) struct KnownManifests(Mutex<VecDeque<Box<str>>>);

impl KnownManifests {
    /// Judges the caller's manifest, unless its like was judged before.
    ///
    /// It decides nothing here, but LobeHub's gateway refuses a call whose manifest has the wrong shape. Comparing it
    /// with those known to be right costs a hundredth of looking into it.
    pub(crate) fn admit(&self, manifest: &RawValue) -> Result<(), payload::Error> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known().iter().any(|known| **known == *manifest.get()) {
            return Ok(());
        }
        read_manifest(manifest)?;
        if manifest.get().len() > KNOWN_MANIFEST_SIZE {
            return Ok(());
        }
        let mut known = known();
        known.truncate(KNOWN_MANIFESTS - 1);
        known.push_front(manifest.get().into());
        Ok(())
    }
}

impl Target {
    /// Makes a target of a plugin in this process.
    pub(crate) fn mounted(plugin: Arc<Plugin>) -> Self {
        let settings = plugin.settings().map(|schema| Judge::own(portable(schema)));
        let apis = plugin.operations().iter().map(Api::mounted).collect();
        let (source, bounds) = (Source::Mounted(KnownManifests::default()), Bounds::default());
        Self { plugin, source, settings, apis, openapi: None, token_servers: Vec::new(), bounds }
    }

    /// Makes a target of a plugin elsewhere, as its manifest describes it.
    pub(crate) fn elsewhere(plugin: Plugin, source: Source, settings: Option<Judge>, apis: Vec<Api>) -> Self {
        let bounds = Bounds::default();
        let (openapi, token_servers) = (None, Vec::new());
        Self { plugin: Arc::new(plugin), source, settings, apis, openapi, token_servers, bounds }
    }

    /// Leaves out the operations that the operator does not want: they can neither be seen nor called.
    pub(crate) fn filtered(mut self, filter: &Filter) -> Self {
        if filter.admits_all() {
            return self;
        }
        self.apis.retain(|api| filter.admits(&api.name, &api.tags));
        let is_left = |operation: &Operation| self.apis.iter().any(|api| api.name == operation.name());
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
        self.openapi = url.map(|url| OpenApi {
            url,
            completed: Mutex::default(),
            completing: tokio::sync::Mutex::default(),
        });
        self
    }

    /// Says where tokens for its calls are had.
    pub(crate) fn with_token_servers(mut self, servers: Vec<Origin>) -> Self {
        self.token_servers = servers;
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
        &self.apis
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
            Source::Operator | Source::Caller => name,
        };
        self.apis.iter().find(|api| api.name == name)
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
                let mut urls = self.apis.iter().filter_map(|api| api.endpoint.url()).peekable();
                urls.peek().is_some() && urls.all(|url| is_below(url.as_str()))
            }
        }
    }

    /// Returns whose servers its operations are at, and have their tokens from.
    pub(crate) fn origins(&self) -> impl Iterator<Item = &Origin> {
        let called = self.apis.iter().filter_map(|api| api.endpoint.url()).map(TargetUrl::origin);
        called.chain(&self.token_servers)
    }
}

impl Endpoint {
    pub(crate) fn url(&self) -> Option<&TargetUrl> {
        match self {
            Self::At(url) => Some(url),
            Self::Here { .. }
            | Self::Tool
            | Self::Nowhere(_)
            | Self::Faulty { .. }
            | Self::Undescribed
            | Self::Unsaid => None,
        }
    }
}

impl OpenApi {
    /// Returns what the manifest becomes by its document, which is made once for each document there is.
    pub(crate) async fn completed(
        &self,
        document: &Arc<Document>,
        beside: &Beside,
        make: impl FnOnce() -> Target,
    ) -> Result<Arc<Target>, Busy> {
        if let Some(known) = self.known(document) {
            return Ok(known);
        }
        let _one_at_a_time = self.completing.lock().await;
        if let Some(known) = self.known(document) {
            return Ok(known);
        }
        let target = Arc::new(beside.run("a document to describe", make).await?);
        let completed = Some((Arc::clone(document), Arc::clone(&target)));
        *self.completed.lock().unwrap_or_else(PoisonError::into_inner) = completed;
        Ok(target)
    }

    fn known(&self, document: &Arc<Document>) -> Option<Arc<Target>> {
        let completed = self.completed.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, target) = completed.as_ref().filter(|(known, _)| Arc::ptr_eq(known, document))?;
        Some(Arc::clone(target))
    }
}

impl Api {
    fn mounted(operation: &Operation) -> Self {
        let parameters = portable(operation.get_parameters());
        let wrapped = json!({ "type": "object", "properties": { REQUEST_BODY: parameters } });
        let (name, description) = (operation.name(), operation.get_description());
        Self {
            name: name.to_owned(),
            endpoint: Endpoint::Here { wrapped: Judge::own(wrapped) },
            description: json!({ "description": description, "name": name, "parameters": parameters }).into(),
            judge: Judge::own(parameters),
            tags: Vec::new(),
        }
    }

    /// Makes an operation of one that a manifest describes.
    pub(crate) fn described(name: &str, description: Value, endpoint: Endpoint) -> Self {
        let parameters = description.get("parameters").cloned().unwrap_or_default();
        let judge = Judge::of_stranger(parameters);
        Self { name: name.to_owned(), endpoint, description: description.into(), judge, tags: Vec::new() }
    }

    /// Returns the same operation at another place.
    pub(crate) fn at(&self, endpoint: Endpoint) -> Self {
        let (name, description) = (self.name.clone(), self.description.clone());
        let judge = Judge::of_stranger(self.judge.schema().clone());
        Self { name, endpoint, description, judge, tags: self.tags.clone() }
    }

    /// Lets its arguments be judged by another schema than the one it is described by.
    pub(crate) fn judged_by(mut self, schema: Value) -> Self {
        self.judge = Judge::of_stranger(schema);
        self
    }

    /// Says what it is filed under.
    pub(crate) fn tagged(mut self, tags: Vec<String>) -> Self {
        self.tags = tags;
        self
    }

    /// Returns what it is filed under.
    pub(crate) fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Returns what judges arguments that are a whole request body in the way of LobeHub's OpenAPI convertor, if these
    /// are.
    pub(crate) fn wrapped(&self, arguments: &Value) -> Option<&Judge> {
        let Endpoint::Here { wrapped } = &self.endpoint else { return None };
        let declared = self.parameters().and_then(|own| own.get("properties")?.get(REQUEST_BODY)).is_some();
        (!declared && arguments.get(REQUEST_BODY).is_some()).then_some(wrapped)
    }

    pub(crate) fn judge(&self) -> &Judge {
        &self.judge
    }

    /// Describes it as its manifest does.
    pub(crate) fn describe(&self) -> Arc<Value> {
        Arc::clone(&self.description)
    }

    /// Returns one member of its description, when that is a text.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.description.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the schema of its arguments, unless that is no object.
    pub(crate) fn parameters(&self) -> Option<&Map<String, Value>> {
        self.judge.schema().as_object()
    }
}

fn portable(schema: &Schema) -> Value {
    Value::Object(schema.in_profile(Profile::Portable).into_object())
}
