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

/// States what is known of one parameter.
#[derive(Debug)]
pub struct Parameter {
    name: &'static str,
    description: Cow<'static, str>,
    /// What its type looks like.
    schema: Value,
    /// Whether its type has a value for an argument that does not come.
    optional: bool,
    default: Default,
    rules: Rules,
}

#[derive(Debug)]
enum Default {
    None,
    /// There is one, but it cannot be shown: its type does not serialise.
    Hidden,
    Shown(Value),
}

impl Parameter {
    /// Adds what stands in when the caller leaves it out, or `None` when that cannot be shown.
    pub fn defaulted(&mut self, shown: Option<Value>) -> &mut Self {
        self.default = shown.map_or(Default::Hidden, Default::Shown);
        self
    }

    /// Returns what is to hold beyond the type, to be added to.
    pub fn rules(&mut self) -> &mut Rules {
        &mut self.rules
    }

    fn is_required(&self) -> bool {
        matches!(self.default, Default::None) && !self.optional
    }

    /// Returns its schema with all that is said of it.
    fn into_property(self) -> Value {
        let Self { description, schema: mut property, default, rules, .. } = self;
        if !description.is_empty() {
            property["description"] = description.into();
        }
        rules.write(&mut property);
        match default {
            Default::None => property,
            Default::Hidden => or_null(property),
            Default::Shown(value) => {
                property = or_null(property);
                property["default"] = value;
                property
            }
        }
    }
}

/// Gathers the parameters of one operation into one schema.
///
/// The annotation writes a statement for each parameter, and none that moves anything: the compiler takes a multiple of the
/// time for a chain of values that are handed on.
#[derive(Debug)]
pub struct Parameters {
    generator: SchemaGenerator,
    parameters: Vec<Parameter>,
}

impl std::default::Default for Parameters {
    fn default() -> Self {
        Self { generator: Schema::input_generator(), parameters: Vec::new() }
    }
}

impl Parameters {
    /// Starts without any; a word that needs no trait in scope.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one parameter with its name on the wire and the doc comment that the model reads, and returns it for what
    /// else there is to say.
    ///
    /// # Panics
    ///
    /// When its schema admits nothing: that of an `enum` all variants of which are skipped. An `enum` without variants is
    /// found by the compiler, but what a schema says is known only when the plugin is made, by every test of it.
    pub fn add<T: Argument>(&mut self, name: &'static str, comment: &str) -> &mut Parameter {
        // All that depends on the type happens here, in two lines: every parameter type instantiates them anew.
        let schema = self.generator.subschema_for::<T>();
        self.add_schema(name, comment, schema, tolerant::absent::<T>().is_ok())
    }

    fn add_schema(
        &mut self,
        name: &'static str,
        comment: &str,
        mut schema: schemars::Schema,
        optional: bool,
    ) -> &mut Parameter {
        let schema = Value::Object(std::mem::take(schema.ensure_object()));
        assert!(
            !self.admits_nothing(&schema),
            "nothing fits the argument `{name}`: give the `enum` that is its type a variant that serde does not skip"
        );
        let description = comments::text(comment).into();
        let (default, rules) = (Default::None, Rules::default());
        let place = self.parameters.len();
        self.parameters.push(Parameter { name, description, schema, optional, default, rules });
        &mut self.parameters[place]
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

    /// Returns the rules of those parameters that have some.
    pub(crate) fn rules(&self) -> RuleBook {
        let ruled = self.parameters.iter().filter(|parameter| !parameter.rules.is_empty());
        ruled.map(|parameter| (parameter.name, parameter.rules.clone())).collect()
    }

    /// Returns the schema: a closed object, because an argument under a wrong name is refused.
    #[must_use]
    pub fn into_schema(mut self) -> Schema {
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("object"));
        let required = self.parameters.iter().filter(|parameter| parameter.is_required());
        let required: Vec<_> = required.map(|parameter| parameter.name).collect();
        let properties = self.parameters.into_iter();
        let properties = properties.map(|parameter| (parameter.name.to_owned(), parameter.into_property()));
        schema.insert("properties".to_owned(), Value::Object(properties.collect()));
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
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
