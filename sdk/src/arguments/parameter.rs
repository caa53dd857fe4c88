//! What the annotation states of one parameter, and the JSON Schema that the parameters make together.

use std::borrow::Cow;

use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::tolerant;
use crate::comments;
use crate::rules::{RuleBook, Rules};
use crate::schema::Schema;

/// Marks the types that can be an argument: everything that is `Deserialize + JsonSchema`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a plugin argument",
    label = "this type does not say how it is read, or what it looks like",
    note = "add `#[derive(serde::Deserialize, schemars::JsonSchema)]` to it",
    note = "or inject it with a pattern, as in `State(db): State<Db>`"
)]
pub trait Argument: DeserializeOwned + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> Argument for T {}

/// States what is known of one parameter beyond its type.
#[derive(Clone, Debug)]
pub struct Parameter {
    name: &'static str,
    description: Cow<'static, str>,
    default: Default,
    rules: Rules,
}

#[derive(Clone, Debug)]
enum Default {
    None,
    /// There is one, but it cannot be shown: its type does not serialise.
    Hidden,
    Shown(Value),
}

impl Parameter {
    /// Starts with the name on the wire.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, description: Cow::Borrowed(""), default: Default::None, rules: Rules::default() }
    }

    /// Adds what is to hold beyond the type.
    #[must_use]
    pub fn ruled(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// Adds what the model reads about it, as a doc comment.
    #[must_use]
    pub fn documented(mut self, comment: &str) -> Self {
        self.description = comments::text(comment).into();
        self
    }

    /// Adds what stands in when the caller leaves it out, or `None` when that cannot be shown.
    #[must_use]
    pub fn defaulted(mut self, shown: Option<Value>) -> Self {
        self.default = shown.map_or(Default::Hidden, Default::Shown);
        self
    }
}

/// Gathers the parameters of one operation into one schema.
#[derive(Debug)]
pub struct Parameters {
    generator: SchemaGenerator,
    properties: Vec<(&'static str, Value)>,
    required: Vec<&'static str>,
    rules: RuleBook,
}

impl std::default::Default for Parameters {
    fn default() -> Self {
        Self {
            generator: Schema::input_generator(),
            properties: Vec::new(),
            required: Vec::new(),
            rules: RuleBook::new(),
        }
    }
}

impl Parameters {
    /// Starts without any; a word that needs no trait in scope.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one parameter.
    ///
    /// # Panics
    ///
    /// When its schema admits nothing: that of an `enum` all variants of which are skipped. An `enum` without variants is
    /// found by the compiler, but what a schema says is known only when the plugin is made, by every test of it.
    #[must_use]
    pub fn with<T: Argument>(self, parameter: Parameter) -> Self {
        // All that depends on the type happens here, in two lines: every parameter type instantiates them anew.
        let schema = |generator: &mut SchemaGenerator| generator.subschema_for::<T>();
        self.add(parameter, schema, tolerant::absent::<T>().is_ok())
    }

    fn add(
        mut self,
        parameter: Parameter,
        schema: impl FnOnce(&mut SchemaGenerator) -> schemars::Schema,
        optional: bool,
    ) -> Self {
        let mut property = schema(&mut self.generator);
        let property = property.ensure_object();
        if !parameter.description.is_empty() {
            property.insert("description".to_owned(), parameter.description.into());
        }
        let mut property = Value::Object(std::mem::take(property));
        assert!(
            !self.admits_nothing(&property),
            "nothing fits the argument `{}`: give the `enum` that is its type a variant that serde does not skip",
            parameter.name
        );
        parameter.rules.write(&mut property);
        if !parameter.rules.is_empty() {
            self.rules.push((parameter.name, parameter.rules));
        }
        match parameter.default {
            Default::None if optional => {}
            Default::None => self.required.push(parameter.name),
            Default::Hidden => property = or_null(property),
            Default::Shown(value) => {
                property = or_null(property);
                property["default"] = value;
            }
        }
        self.properties.push((parameter.name, property));
        self
    }

    /// Returns whether a schema, or the definition that it refers to, is one that no value fits.
    fn admits_nothing(&self, schema: &Value) -> bool {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let name = reference.and_then(|reference| reference.rsplit('/').next());
        let schema = name.and_then(|name| self.generator.definitions().get(name)).unwrap_or(schema);
        let no_members = |members: &Value| members.as_array().is_some_and(Vec::is_empty);
        *schema == json!(false)
            || schema.get("not").is_some_and(|not| *not == json!({}) || *not == json!(true))
            || ["enum", "oneOf", "anyOf"].iter().filter_map(|keyword| schema.get(keyword)).any(no_members)
    }

    /// Takes the rules out.
    pub(crate) fn take_rules(&mut self) -> RuleBook {
        std::mem::take(&mut self.rules)
    }

    /// Returns the schema: a closed object, because an argument under a wrong name is refused.
    #[must_use]
    pub fn into_schema(mut self) -> Schema {
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("object"));
        let properties = self.properties.into_iter().map(|(name, value)| (name.to_owned(), value));
        schema.insert("properties".to_owned(), Value::Object(properties.collect()));
        if !self.required.is_empty() {
            schema.insert("required".to_owned(), json!(self.required));
        }
        schema.insert("additionalProperties".to_owned(), json!(false));
        let definitions = self.generator.take_definitions(true);
        if !definitions.is_empty() {
            schema.insert("$defs".to_owned(), Value::Object(definitions));
        }
        Schema::complete(Value::Object(schema))
    }
}

/// Admits `null` as well: for what has a default it means the same as leaving it out.
fn or_null(mut property: Value) -> Value {
    if let (Some(Value::String(kind)), None) = (property.get("type"), property.get("enum")) {
        property["type"] = json!([kind, "null"]);
        return property;
    }
    let description = property.as_object_mut().and_then(|property| property.remove("description"));
    let mut either = json!({ "anyOf": [property, { "type": "null" }] });
    if let Some(description) = description {
        either["description"] = description;
    }
    either
}
