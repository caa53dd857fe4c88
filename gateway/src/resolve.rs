//! Which plugin is meant, and what is known of it: compiled once, when it is mounted.
//!
//! Today plugins are mounted in this process and nowhere else; what a resolver finds elsewhere becomes the same
//! [`Target`].

use std::collections::HashMap;
use std::sync::Arc;

use lobe_plugin_sdk::schema::{Profile, Schema};
use lobe_plugin_sdk::{Operation, Plugin};
use serde_json::{Map, Value, json};

use crate::validate::Validator;

/// Knows the plugins by their identifier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolver {
    mounted: HashMap<String, Arc<Target>>,
}

/// A plugin, and the schemas that calls are checked against.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) settings: Option<Validator>,
    apis: Vec<Api>,
}

/// An operation in LobeChat's words.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) name: String,
    description: String,
    parameters: Map<String, Value>,
    validator: Validator,
    /// The same for a client that read the OpenAPI document, whose arguments are wrapped.
    wrapped: Validator,
}

/// The member that LobeHub's OpenAPI convertor puts a request's body in.
pub(crate) const REQUEST_BODY: &str = "_requestBody";

impl Resolver {
    pub(crate) fn mount(&mut self, plugin: Arc<Plugin>) {
        self.mounted.insert(plugin.identity().identifier.to_string(), Arc::new(Target::new(plugin)));
    }

    /// Finds the plugin of that identifier.
    pub(crate) fn resolve(&self, identifier: &str) -> Result<&Target, Error> {
        self.mounted.get(identifier).map(|target| &**target).ok_or(Error::Unknown)
    }
}

/// Says why no plugin was found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("no plugin of that identifier is mounted")]
    Unknown,
}

impl Target {
    fn new(plugin: Arc<Plugin>) -> Self {
        let settings = plugin.settings().map(|schema| Validator::new(&portable(schema)));
        let apis = plugin.operations().iter().map(Api::new).collect();
        Self { plugin, settings, apis }
    }

    /// Finds an operation by its name, or by the one it has in the OpenAPI document.
    pub(crate) fn api(&self, name: &str) -> Option<&Api> {
        let operation = self.plugin.find(name)?;
        self.apis.iter().find(|api| api.name == operation.name())
    }
}

impl Api {
    fn new(operation: &Operation) -> Self {
        let parameters = portable(operation.get_parameters());
        let wrapped = json!({ "type": "object", "properties": { REQUEST_BODY: parameters } });
        Self {
            name: operation.name().to_owned(),
            description: operation.get_description().to_owned(),
            validator: Validator::new(&parameters),
            wrapped: Validator::new(&wrapped),
            parameters: parameters.as_object().cloned().unwrap_or_default(),
        }
    }

    /// Returns whether the arguments are a whole request body in the way of LobeHub's OpenAPI convertor.
    pub(crate) fn wraps(&self, arguments: &Value) -> bool {
        let declared = self.parameters.get("properties").is_some_and(|all| all.get(REQUEST_BODY).is_some());
        !declared && arguments.get(REQUEST_BODY).is_some()
    }

    pub(crate) fn validator(&self, wrapped: bool) -> &Validator {
        if wrapped { &self.wrapped } else { &self.validator }
    }

    pub(crate) fn required(&self, name: &str) -> bool {
        let required = self.parameters.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|required| required == name))
    }

    /// Describes it as a manifest would.
    pub(crate) fn describe(&self) -> Value {
        json!({ "description": self.description, "name": self.name, "parameters": self.parameters })
    }
}

fn portable(schema: &Schema) -> Value {
    Value::Object(schema.in_profile(Profile::Portable).into_object())
}
