//! A JSON Schema as one value: made from a serde type, kept self-contained, shown in a profile.
//!
//! Schemas are for showing. Nothing here validates: what is accepted is decided by the serde type, so that a
//! profile may rewrite freely. How a schema is rewritten stands in [`profile`] and its passes.

mod example;
mod formats;
mod limits;
mod merge;
mod note;
mod pass;
pub mod profile;
mod walk;
mod words;

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde::Serialize;
use serde_json::{Map, Value, json};

pub use profile::{Profile, UnknownProfile};
pub(crate) use walk::{Holds, holds};

/// The members of one schema.
pub(crate) type Object = Map<String, Value>;

/// Holds a JSON Schema (2020-12) that is an object and carries its own `$defs`.
///
/// Its objects are sorted by key, so that it prints as the same bytes whether or not some crate in the build turns
/// on serde_json's `preserve_order`. The order of arrays is the author's.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Schema(Map<String, Value>);

impl Schema {
    /// Takes a schema as it is; `true` becomes `{}`, and `false` becomes `{"not": {}}`.
    ///
    /// Anything that is no schema at all (a number, a list) says nothing about a value and becomes `{}`.
    #[must_use]
    pub fn from_value(value: Value) -> Self {
        let mut value = match value {
            Value::Object(_) => value,
            Value::Bool(false) => json!({"not": {}}),
            _ => json!({}),
        };
        value.sort_all_objects();
        match value {
            Value::Object(members) => Self(members),
            _ => Self(Map::new()),
        }
    }

    /// Describes what serde reads into a `T`.
    #[must_use]
    pub fn input_of<T: JsonSchema + ?Sized>() -> Self {
        Self::complete(Self::input_generator().into_root_schema_for::<T>().to_value())
    }

    /// Describes what serde writes for a `T`.
    #[must_use]
    pub fn output_of<T: JsonSchema + ?Sized>() -> Self {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        Self::complete(generator(settings).into_root_schema_for::<T>().to_value())
    }

    /// Takes a schema as schemars made it, and adds what that leaves out.
    pub(crate) fn complete(mut schema: Value) -> Self {
        limits::apply(&mut schema);
        Self::from_value(schema)
    }

    /// Starts a schema that describes what serde reads into several types.
    pub(crate) fn input_generator() -> SchemaGenerator {
        generator(SchemaSettings::draft2020_12().for_deserialize())
    }

    /// Shows the members of the schema.
    #[must_use]
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Gives the members of the schema away.
    #[must_use]
    pub fn into_object(self) -> Map<String, Value> {
        self.0
    }

    /// Copies the schema into a JSON value.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Describes the objects that fit this schema and the other one: what two functions of a plugin want to have
    /// entered is one form. Both are taken in the portable profile, in which an object is its properties.
    pub(crate) fn united_with(&self, other: &Self) -> Self {
        let [mut one, other] = [self, other].map(|schema| schema.in_profile(Profile::Portable).0);
        for (keyword, value) in other {
            match (one.get_mut(&keyword), value) {
                (Some(Value::Object(known)), Value::Object(more)) if keyword == "properties" => {
                    for (name, property) in more {
                        known.entry(name).or_insert(property);
                    }
                }
                (Some(Value::Array(known)), Value::Array(more)) if keyword == "required" => {
                    known.extend(more);
                    known.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
                    known.dedup();
                }
                (Some(_), _) => {}
                // A rule of one of them alone, such as `additionalProperties`, would forbid what the other wants.
                (None, value) if keyword == "required" || keyword == "properties" => {
                    one.insert(keyword, value);
                }
                (None, _) => {}
            }
        }
        one.remove("additionalProperties");
        Self(one)
    }

    /// Says in words what it expects at a place in a value, given as a JSON Pointer; nothing when it does not know.
    pub(crate) fn expectation(&self, pointer: &str) -> Option<String> {
        let mut schema = self.to_value();
        walk::each_object(&mut schema, leave_out_null);
        words::expectation(&schema, pointer)
    }

    /// Makes a plausible value that the schema admits, its required members only. For a schema in the
    /// [`Portable`](Profile::Portable) profile.
    #[must_use]
    pub fn example(&self) -> Value {
        example::of(&self.to_value())
    }

    /// Rewrites the schema into the form that a profile's clients accept.
    #[must_use]
    pub fn in_profile(&self, profile: Profile) -> Self {
        let mut value = self.to_value();
        for pass in profile.passes() {
            pass(&mut value);
        }
        Self::from_value(value)
    }
}

impl Schema {
    /// Shows what answers look like to clients that hold every answer against it: self-contained and narrowed in nothing.
    #[cfg(feature = "mcp")]
    pub(crate) fn of_answers(&self) -> Self {
        let mut value = self.to_value();
        for pass in profile::ANSWERS {
            pass(&mut value);
        }
        Self::from_value(value)
    }
}

/// Leaves `null` out where something else would do, too: nobody who got it wrong wanted to send nothing.
fn leave_out_null(schema: &mut Object) {
    if let Some(Value::Array(names)) = schema.get_mut("type") {
        names.retain(|name| name != "null");
    }
    for keyword in ["anyOf", "oneOf"] {
        if let Some(Value::Array(branches)) = schema.get_mut(keyword) {
            branches.retain(|branch| branch.get("type").is_none_or(|name| name != "null"));
        }
    }
}

fn generator(settings: SchemaSettings) -> SchemaGenerator {
    // A few strict clients refuse `$schema`, and every reader of ours knows the draft.
    settings.with(|settings| settings.meta_schema = None).into_generator()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_become_objects() {
        assert_eq!(Schema::from_value(json!(true)).to_value(), json!({}));
        assert_eq!(Schema::from_value(json!(false)).to_value(), json!({"not": {}}));
        assert_eq!(Schema::from_value(json!(7)).to_value(), json!({}));
    }

    #[test]
    fn prints_sorted() {
        let schema = Schema::from_value(json!({"type": "object", "properties": {"b": {}, "a": {}}}));
        let printed = serde_json::to_string(&schema).unwrap();
        assert_eq!(printed, r#"{"properties":{"a":{},"b":{}},"type":"object"}"#);
    }

    #[test]
    fn what_is_expected_leaves_null_out() {
        let check = |schema, expected: &str| {
            assert_eq!(Schema::from_value(schema).expectation("").as_deref(), Some(expected));
        };
        check(json!({"type": ["string", "null"]}), "a string");
        check(json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}), "an integer");
        check(json!({"type": "null"}), "null");
    }

    #[test]
    fn raw_changes_nothing() {
        let raw =
            Schema::from_value(json!({"$anchor": "a", "if": {}, "then": {}, "$defs": {"a": {"$ref": "#"}}}));
        assert_eq!(raw.in_profile(Profile::Raw), raw);
    }

    #[test]
    fn input_and_output_differ_where_serde_does() {
        #[derive(serde::Deserialize, Serialize, JsonSchema)]
        struct Page {
            #[serde(default)]
            number: u8,
        }
        assert_eq!(Schema::input_of::<Page>().as_object().get("required"), None);
        assert_eq!(Schema::output_of::<Page>().into_object()["required"], json!(["number"]));
        assert_eq!(serde_json::from_str::<Page>("{}").unwrap().number, 0);
    }
}
