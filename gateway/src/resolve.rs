//! Which plugin is meant, and what is known of it: compiled once, when it is mounted.
//!
//! Today plugins are mounted in this process and nowhere else; what a resolver finds elsewhere becomes the same
//! [`Target`].

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use lobe_plugin_sdk::schema::{Profile, Schema};
use lobe_plugin_sdk::{Operation, Plugin};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::payload::{self, judge_manifest};
use crate::validate::Validator;

/// How many manifests are remembered to be well-formed. Callers send the same one with every call; there are as many as
/// there are addresses and versions under which the plugin is installed.
const KNOWN_MANIFESTS: usize = 8;
/// The largest manifest, in bytes, that is worth remembering; real ones have a few thousand.
const KNOWN_MANIFEST_SIZE: usize = 64 << 10;

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
    known_manifests: Mutex<VecDeque<Box<str>>>,
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
        Self { plugin, settings, apis, known_manifests: Mutex::default() }
    }

    /// Judges the caller's manifest, unless its like was judged before.
    ///
    /// It decides nothing here, but LobeHub's gateway refuses a call whose manifest has the wrong shape. Comparing it
    /// with those known to be right costs a hundredth of looking into it.
    pub(crate) fn admit_manifest(&self, manifest: &RawValue) -> Result<(), payload::Error> {
        let known = || self.known_manifests.lock().unwrap_or_else(PoisonError::into_inner);
        if known().iter().any(|known| **known == *manifest.get()) {
            return Ok(());
        }
        judge_manifest(manifest)?;
        if manifest.get().len() > KNOWN_MANIFEST_SIZE {
            return Ok(());
        }
        let mut known = known();
        known.truncate(KNOWN_MANIFESTS - 1);
        known.push_front(manifest.get().into());
        Ok(())
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

    /// Returns the schema of the arguments, in the portable profile.
    pub(crate) fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// Describes it as a manifest would.
    pub(crate) fn describe(&self) -> Value {
        json!({ "description": self.description, "name": self.name, "parameters": self.parameters })
    }
}

fn portable(schema: &Schema) -> Value {
    Value::Object(schema.in_profile(Profile::Portable).into_object())
}
