//! stub
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
/// s
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Schema(Map<String, Value>);
/// p
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// p
    #[default]
    Portable,
    /// r
    Raw,
}
impl Schema {
    /// s
    pub fn from_value(value: Value) -> Self {
        match value {
            Value::Object(o) => Self(o),
            Value::Bool(false) => Self(json!({"not": {}}).as_object().cloned().unwrap_or_default()),
            _ => Self(Map::new()),
        }
    }
    pub(crate) fn input_generator() -> SchemaGenerator {
        SchemaSettings::draft2020_12().with(|s| s.meta_schema = None).for_deserialize().into_generator()
    }
    /// s
    pub fn input_of<T: JsonSchema>() -> Self {
        Self::from_value(Self::input_generator().into_root_schema_for::<T>().into())
    }
    /// s
    pub fn output_of<T: JsonSchema>() -> Self {
        let g = SchemaSettings::draft2020_12().with(|s| s.meta_schema = None).for_serialize().into_generator();
        Self::from_value(g.into_root_schema_for::<T>().into())
    }
    /// s
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }
    /// s
    pub fn into_object(self) -> Map<String, Value> {
        self.0
    }
    /// s
    #[must_use]
    pub fn in_profile(&self, _p: Profile) -> Self {
        self.clone()
    }
}
