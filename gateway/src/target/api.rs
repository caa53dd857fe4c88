//! An operation of a plugin: where it is called, and what its arguments are judged by.

use std::sync::Arc;

use lobe_plugin_sdk::Operation;
use serde_json::{Map, Value, json};

use super::judge::Judge;
use super::portable;
use crate::openapi::{Fault, REQUEST_BODY};
use crate::outbound::{TargetUrl, UrlFault};

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

impl Api {
    pub(super) fn mounted(operation: &Operation) -> Self {
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
