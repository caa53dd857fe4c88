//! A schema of a document, taken out of it: with all that it refers to beside it, and within bounds.

use std::cell::Cell;
use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::super::pointer::{Tree, reference};
use super::dialect::in_json_schema;

/// How many schemas are taken along; the largest operations of real documents refer to some hundred.
const MAX_DEFINITIONS: usize = 500;
/// How many values they have altogether.
const MAX_VALUES: usize = 50_000;
/// How deep values are nested.
const MAX_DEPTH: usize = 100;

/// Members of a parameter of Swagger 2.0 that are no part of its schema.
const OF_THE_PARAMETER: &[&str] =
    &["name", "in", "required", "description", "allowEmptyValue", "collectionFormat"];

/// Bounds how many values the schemas of all operations have together, since all may refer to the same long ones. Where there
/// is no more room they say nothing.
#[derive(Debug)]
pub(crate) struct Room(Cell<usize>);

impl Room {
    /// As much as anybody may take up: more than the largest services that are known.
    pub(crate) fn of_stranger() -> Self {
        Self::of(500_000)
    }

    /// As much as it takes.
    pub(crate) fn unbounded() -> Self {
        Self::of(usize::MAX)
    }

    pub(crate) fn of(values: usize) -> Self {
        Self(Cell::new(values))
    }

    fn has_one_more(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }
}

/// Takes schemas out of a document.
pub(super) struct Collector<'doc> {
    tree: Tree<'doc>,
    /// The names of what was referred to.
    names: HashMap<String, String>,
    definitions: Map<String, Value>,
    waiting: Vec<(String, &'doc Value)>,
    values: usize,
    room: &'doc Room,
}

impl<'doc> Collector<'doc> {
    pub(super) fn new(tree: Tree<'doc>, room: &'doc Room) -> Self {
        let (names, definitions, waiting) = Default::default();
        Self { tree, names, definitions, waiting, values: 0, room }
    }

    /// Takes a schema; what it refers to follows.
    pub(super) fn take(&mut self, schema: &Value) -> Value {
        in_json_schema(self.copy(schema, 0))
    }

    /// Returns what was referred to.
    pub(super) fn finish(mut self) -> Map<String, Value> {
        while let Some((name, schema)) = self.waiting.pop() {
            let copied = in_json_schema(self.copy(schema, 0));
            self.definitions.insert(name, copied);
        }
        self.definitions
    }

    fn copy(&mut self, value: &Value, depth: usize) -> Value {
        self.values += 1;
        if self.values > MAX_VALUES || depth > MAX_DEPTH || !self.room.has_one_more() {
            return json!({});
        }
        match value {
            Value::Array(items) => items.iter().map(|item| self.copy(item, depth + 1)).collect(),
            Value::Object(members) => match reference(value) {
                Some(reference) => self.refer(reference, members, depth),
                None => members
                    .iter()
                    .map(|(name, member)| (name.clone(), self.copy(member, depth + 1)))
                    .collect(),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    /// Writes a reference to what will stand beside the schema. One to nowhere, or one too many, says nothing.
    fn refer(&mut self, reference: &str, members: &Map<String, Value>, depth: usize) -> Value {
        let Some(name) = self.name(reference) else { return json!({}) };
        let mut copied = json!({ "$ref": format!("#/$defs/{name}") });
        // In 3.1 what stands beside a reference counts, in 3.0 at least a description is meant to.
        for (keyword, member) in members.iter().filter(|(keyword, _)| *keyword != "$ref") {
            copied[keyword] = self.copy(member, depth + 1);
        }
        copied
    }

    fn name(&mut self, reference: &str) -> Option<String> {
        if let Some(name) = self.names.get(reference) {
            return Some(name.clone());
        }
        let schema = self.tree.place(reference).ok().filter(|_| self.names.len() < MAX_DEFINITIONS)?;
        let last = reference.rsplit('/').next().unwrap_or_default();
        let plain: String =
            last.chars().filter(|letter| letter.is_ascii_alphanumeric() || "._-".contains(*letter)).collect();
        let is_free = !plain.is_empty() && !self.names.values().any(|name| *name == plain);
        let name = if is_free { plain } else { format!("{plain}_{}", self.names.len()) };
        self.names.insert(reference.to_owned(), name.clone());
        self.waiting.push((name.clone(), schema));
        Some(name)
    }
}

/// Makes a schema of a parameter of Swagger 2.0.
pub(super) fn of_parameter(parameter: &Value) -> Value {
    let members = parameter.as_object().into_iter().flatten();
    let mut schema: Map<_, _> = members
        .filter(|(name, _)| !OF_THE_PARAMETER.contains(&&***name) && !name.starts_with("x-"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if schema.get("type").is_some_and(|name| name == "file") {
        schema.insert("type".to_owned(), "string".into());
        schema.insert("format".to_owned(), "binary".into());
    }
    if let Some(description) = parameter.get("description") {
        schema.insert("description".to_owned(), description.clone());
    }
    Value::Object(schema)
}
