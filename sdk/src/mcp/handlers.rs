//! Methods of MCP that a plugin has no word for (prompts, resources, completion), handed to the author's own functions.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use rmcp::model::{ErrorCode, PromptsCapability, ResourcesCapability, ServerCapabilities};
use serde_json::{Map, Value};

use super::era::Era;
use super::message::Fault;
use super::tools::Visitor;
use crate::context::CallContext;
use crate::error::PluginError;

/// What a handler answers in the end.
pub(super) type HandlerFuture = Pin<Box<dyn Future<Output = Result<Value, Refusal>> + Send>>;

type Handler = Arc<dyn Fn(HandlerRequest) -> HandlerFuture + Send + Sync>;

/// What a handler of an MCP method is given.
#[derive(Debug)]
#[non_exhaustive]
pub struct HandlerRequest {
    /// The request's `params`, as they came.
    pub params: Map<String, Value>,
    /// What is known of the running request: time, cancellation, and the way to ask the client.
    pub context: CallContext,
    /// Who asks.
    pub visitor: Visitor,
}

/// Refuses a request of MCP in the protocol's own words: a JSON-RPC error.
///
/// What a *tool* fails with is a [`PluginError`], which the model reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    code: i32,
    message: Cow<'static, str>,
    data: Option<Value>,
}

impl Refusal {
    /// Refuses parameters. -32602.
    pub fn invalid_params(message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: ErrorCode::INVALID_PARAMS.0, message: message.into(), data: None }
    }

    /// Adds what a program may read of the reason.
    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }
}

impl From<PluginError> for Refusal {
    fn from(error: PluginError) -> Self {
        if let Some(cause) = error.cause() {
            tracing::error!(cause = cause.to_string(), "an MCP handler failed");
        }
        Self { code: ErrorCode::INTERNAL_ERROR.0, message: error.message().to_owned().into(), data: None }
    }
}

impl From<Refusal> for Fault {
    fn from(Refusal { code, message, data }: Refusal) -> Self {
        let fault = Self::new(200, ErrorCode(code), message);
        match data {
            Some(data) => fault.with(data),
            None => fault,
        }
    }
}

/// The author's own functions, by the method that they answer.
#[derive(Clone, Default)]
pub(super) struct Handlers(BTreeMap<&'static str, Handler>);

impl Handlers {
    pub(super) fn add<H, F>(&mut self, method: &'static str, handler: H)
    where
        H: Fn(HandlerRequest) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Value, Refusal>> + Send + 'static,
    {
        self.0.insert(method, Arc::new(move |request| Box::pin(handler(request))));
    }

    pub(super) fn find(&self, method: &str) -> Option<&Handler> {
        self.0.get(method)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells clients what there is.
    pub(super) fn declare(&self, capabilities: &mut ServerCapabilities, era: Era) {
        let has = |prefix: &str| self.0.keys().any(|method| method.starts_with(prefix));
        if has("prompts/") {
            capabilities.prompts = Some(PromptsCapability::default());
        }
        if has("resources/") {
            let mut resources = ResourcesCapability::default();
            // The newer era has another way to subscribe, which is not offered here.
            resources.subscribe = (era == Era::Legacy && has("resources/subscribe")).then_some(true);
            capabilities.resources = Some(resources);
        }
        if has("completion/") {
            capabilities.completions = Some(Map::new());
        }
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}
