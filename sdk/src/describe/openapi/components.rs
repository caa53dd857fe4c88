//! The schemas of a document: gathered from all operations, each name once, and carried in utoipa's type as they are.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder, SchemaType};
use utoipa::openapi::{Ref, RefOr, Schema as UtoipaSchema};

use super::security::{self, Key};
use crate::schema::{Profile, Schema};

/// Gathers the definitions of all schemas under `#/components/schemas`, each name once.
pub(super) struct Components {
    profile: Profile,
    named: Vec<(String, Value)>,
}

impl Components {
    /// Starts without any; all that come are shown in `profile`.
    pub(super) fn in_profile(profile: Profile) -> Self {
        Self { profile, named: Vec::new() }
    }

    /// Moves the schema's `$defs` among the components and returns what remains, its references bent accordingly.
    /// Equal definitions share a name; another one that has the same name gets a number, in the order they come.
    pub(super) fn take(&mut self, schema: &Schema) -> RefOr<UtoipaSchema> {
        let (mut schema, definitions) = take_apart(schema.in_profile(self.profile));
        let names = self.place(&definitions);
        bend(&mut schema, &names);
        for (name, mut definition) in definitions {
            bend(&mut definition, &names);
            let place = &names[&name];
            if !self.named.iter().any(|(known, _)| known == place) {
                self.named.push((place.clone(), definition));
            }
        }
        carried(schema)
    }

    /// Chooses the component name of every definition.
    fn place(&self, definitions: &Map<String, Value>) -> BTreeMap<String, String> {
        // A definition is the same as a known one when it is equal after its own references are bent to the names
        // they would have without a clash; that is so for the same Rust type under the same contract.
        let plain: BTreeMap<_, _> = definitions.keys().map(|name| (name.clone(), name.clone())).collect();
        let mut names = BTreeMap::new();
        for (name, definition) in definitions {
            let mut bent = definition.clone();
            bend(&mut bent, &plain);
            let free = |candidate: &str| match self.named.iter().find(|(known, _)| known == candidate) {
                Some((_, known)) => *known == bent,
                None => true,
            };
            let numbered = (2..).map(|number| format!("{name}{number}"));
            let mut candidates = std::iter::once(name.clone()).chain(numbered);
            let place = candidates.find(|candidate| free(candidate)).unwrap_or_else(|| name.clone());
            names.insert(name.clone(), place);
        }
        names
    }

    pub(super) fn build(self, keys: &[Key]) -> utoipa::openapi::Components {
        let schemas = self.named.into_iter().map(|(name, schema)| (name, carried(schema)));
        let builder =
            schemas.fold(ComponentsBuilder::new(), |builder, (name, schema)| builder.schema(name, schema));
        keys.iter()
            .fold(builder, |builder, key| builder.security_scheme(&key.name, security::scheme(key)))
            .build()
    }
}

/// Separates a schema from its definitions. An object that has a name becomes a definition itself: then it can refer
/// to itself, and the documentation page shows it by its name.
fn take_apart(schema: Schema) -> (Value, Map<String, Value>) {
    let mut schema = schema.into_object();
    let mut definitions = match schema.remove("$defs") {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    let legal =
        |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter));
    let title = schema.get("title").and_then(Value::as_str).filter(|title| legal(title)).map(str::to_owned);
    let mut schema = alone(schema);
    let Some(name) = title.filter(|_| schema.get("properties").is_some()) else {
        // The title of anything else is Rust's name for a type like `String`, which tells nobody anything.
        schema.as_object_mut().and_then(|schema| schema.remove("title"));
        return (schema, definitions);
    };
    let target = format!("#/$defs/{name}");
    let itself = BTreeMap::from([("#".to_owned(), target.clone())]);
    redirect(&mut schema, &itself);
    definitions.values_mut().for_each(|definition| redirect(definition, &itself));
    definitions.insert(name, schema);
    (json!({ "$ref": target }), definitions)
}

/// Lets a reference stand alone that OpenAPI 3.0's profile had to wrap because of the definitions beside it.
fn alone(schema: Map<String, Value>) -> Value {
    match schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([one]) if schema.len() == 1 => one.clone(),
        _ => Value::Object(schema),
    }
}

/// Bends every `#/$defs/X` to where `X` stands among the components.
fn bend(schema: &mut Value, names: &BTreeMap<String, String>) {
    let target = |(name, place): (&String, &String)| {
        (format!("#/$defs/{name}"), format!("#/components/schemas/{place}"))
    };
    redirect(schema, &names.iter().map(target).collect());
}

/// Replaces the targets of references.
fn redirect(schema: &mut Value, targets: &BTreeMap<String, String>) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members.iter_mut() {
                match value.as_str().filter(|_| key == "$ref").and_then(|target| targets.get(target)) {
                    Some(target) => *value = target.clone().into(),
                    None => redirect(value, targets),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, targets)),
        _ => {}
    }
}

/// Puts a schema into utoipa's type, as it is.
fn carried(schema: Value) -> RefOr<UtoipaSchema> {
    let members = match schema {
        Value::Object(members) => members,
        Value::Bool(false) => Map::from_iter([("not".to_owned(), json!({}))]),
        _ => Map::new(),
    };
    if let (1, Some(Value::String(target))) = (members.len(), members.get("$ref")) {
        return RefOr::Ref(Ref::new(target.clone()));
    }
    let extensions: Extensions = members.into_iter().collect();
    let schema = ObjectBuilder::new().schema_type(SchemaType::AnyValue).extensions(Some(extensions));
    RefOr::T(UtoipaSchema::Object(schema.build()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_verbatim() {
        let schema = json!({
            "$comment": "kept", "const": 1, "not": {}, "if": { "type": "string" }, "then": false,
            "prefixItems": [{ "type": ["string", "null"] }], "unevaluatedProperties": false,
            "oneOf": [{ "const": "a", "description": "A" }], "examples": [null], "deprecated": true,
        });
        assert_eq!(serde_json::to_value(carried(schema.clone())).unwrap(), schema);
    }

    #[test]
    fn a_type_that_contains_itself_is_a_component() {
        let tree = json!({ "title": "Tree", "properties": { "children": { "items": { "$ref": "#" } } } });
        let mut components = Components::in_profile(Profile::Raw);
        let place = serde_json::to_value(components.take(&Schema::from_value(tree))).unwrap();
        assert_eq!(place, json!({ "$ref": "#/components/schemas/Tree" }));
        let items = &components.named[0].1["properties"]["children"]["items"];
        assert_eq!(*items, json!({ "$ref": "#/components/schemas/Tree" }));
    }

    #[test]
    fn a_reference_stands_alone_in_every_version() {
        let schema = Schema::from_value(json!({ "$ref": "#/$defs/A", "$defs": { "A": { "type": "null" } } }));
        for profile in [Profile::OpenApi31, Profile::OpenApi30] {
            let place = serde_json::to_value(Components::in_profile(profile).take(&schema)).unwrap();
            assert_eq!(place, json!({ "$ref": "#/components/schemas/A" }), "{profile}");
        }
    }

    #[test]
    fn definitions_of_one_name_share_it_only_when_they_are_equal() {
        let schema = |kind: &str| {
            Schema::from_value(json!({ "$ref": "#/$defs/A", "$defs": { "A": { "type": kind } } }))
        };
        let mut components = Components::in_profile(Profile::Raw);
        let mut place = |kind| serde_json::to_value(components.take(&schema(kind))).unwrap();
        assert_eq!(place("string"), json!({ "$ref": "#/components/schemas/A" }));
        assert_eq!(place("number"), json!({ "$ref": "#/components/schemas/A2" }));
        assert_eq!(place("string"), json!({ "$ref": "#/components/schemas/A" }));
        assert_eq!(place("number"), json!({ "$ref": "#/components/schemas/A2" }));
    }
}
