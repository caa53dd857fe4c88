//! An object with own properties *and* alternatives becomes one object that has the properties of all of them.
//!
//! Gemini wants `anyOf` to stand alone, and no client reads what the alternatives share with their parent. What is
//! lost (which properties belong together) is said in the description. Alternatives without a parent's properties
//! are left to `unions`; the root has its own pass.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::schema::note::{description, names, note};
use crate::schema::{Object, merge, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let own = schema.get("properties").and_then(Value::as_object).is_some_and(|own| !own.is_empty());
    if own && merge::has_union(schema) {
        flatten(schema);
    }
}

/// Replaces a schema's alternatives by one object that admits what each of them admits.
pub(crate) fn flatten(schema: &mut Object) {
    for hint in fold(schema) {
        note(schema, &hint);
    }
}

/// Does so, but returns what should be said about it.
pub(crate) fn fold(schema: &mut Object) -> Vec<String> {
    let mut hints = Vec::new();
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(branches)) = schema.remove(keyword) else { continue };
        let mut objects = Vec::new();
        collect_objects(branches, &mut objects);
        if objects.is_empty() {
            continue;
        }
        let variants = Variants::new(objects);
        hints.extend(variants.hint());
        merge::merge(schema, variants.into_object());
    }
    hints
}

/// Tells whether every alternative is surely an object.
pub(crate) fn only_objects(schema: &Object) -> bool {
    let branches = ["anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array());
    branches.flatten().all(|branch| {
        let Some(branch) = branch.as_object() else { return false };
        merge::is_object(branch) || merge::has_union(branch) && only_objects(branch)
    })
}

/// Lists the alternatives that admit objects, those of inner unions too.
fn collect_objects(branches: Vec<Value>, objects: &mut Vec<Object>) {
    for branch in branches {
        let Value::Object(mut branch) = branch else { continue };
        if merge::is_object(&branch) && branch.contains_key("properties") {
            flatten(&mut branch);
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(inner)) = branch.remove(keyword) {
                collect_objects(inner, objects);
                branch.insert("type".to_owned(), json!([]));
            }
        }
        if admits_objects(&branch) {
            objects.push(branch);
        }
    }
}

fn admits_objects(branch: &Object) -> bool {
    match branch.get("type") {
        Some(Value::Array(types)) => types.iter().any(|name| name == "object"),
        Some(name) => name == "object",
        None => true,
    }
}

/// The variants of an enum of objects.
struct Variants {
    branches: Vec<Object>,
    /// What every variant requires.
    shared: BTreeSet<String>,
}

impl Variants {
    fn new(branches: Vec<Object>) -> Self {
        let shared =
            branches.iter().map(required).reduce(|shared, names| &shared & &names).unwrap_or_default();
        Self { branches, shared }
    }

    fn into_object(self) -> Object {
        let named: BTreeSet<&String> =
            self.branches.iter().flat_map(properties).map(|(name, _)| name).collect();
        let properties: Map<_, _> =
            named.into_iter().map(|name| (name.clone(), self.property(name))).collect();
        let mut object = Object::new();
        object.insert("type".to_owned(), "object".into());
        object.insert("properties".to_owned(), Value::Object(properties));
        if !self.shared.is_empty() {
            object.insert("required".to_owned(), json!(self.shared));
        }
        if let Some(additional) = self.additional() {
            object.insert("additionalProperties".to_owned(), additional);
        }
        object
    }

    fn property(&self, name: &str) -> Value {
        if let Some(tag) = self.tag(name) {
            return tag;
        }
        let shapes: Vec<Value> = self.branches.iter().filter_map(|branch| shape(branch, name)).collect();
        if self.branches.iter().any(|branch| is_map(branch) && !has_property(branch, name)) {
            // A variant that is a map may hold anything under this name.
            let described = shapes.iter().find_map(|shape| shape.get("description"));
            return described.map_or(json!({}), |description| json!({"description": description}));
        }
        one_of_these(shapes)
    }

    /// The property that tells the variants apart: a string enum that lists them, with their docs.
    fn tag(&self, name: &str) -> Option<Value> {
        if !self.shared.contains(name) {
            return None;
        }
        let mut tags: Vec<Value> = Vec::new();
        let mut lines = Vec::new();
        for branch in &self.branches {
            let [tag] = branch.get("properties")?.get(name)?.get("enum")?.as_array()?.as_slice() else {
                return None;
            };
            let known = tags.contains(tag);
            lines.extend((!known).then(|| self.tag_line(tag.as_str()?, branch)).flatten());
            tags.extend((!known).then(|| tag.clone()));
        }
        let mut property = Object::new();
        property.insert("type".to_owned(), "string".into());
        property.insert("enum".to_owned(), Value::Array(tags));
        lines.iter().for_each(|line| note(&mut property, line));
        Some(Value::Object(property))
    }

    fn tag_line(&self, tag: &str, branch: &Object) -> Option<String> {
        let own = required(branch);
        let needs = names(own.difference(&self.shared).map(String::as_str));
        match (description(branch), needs.as_str()) {
            (None, "") => None,
            (Some(text), "") => Some(format!("- `{tag}`: {text}")),
            (None, needs) => Some(format!("- `{tag}`: Needs {needs}.")),
            (Some(text), needs) => Some(format!("- `{tag}`: {text} Needs {needs}.")),
        }
    }

    /// Says which properties go together, where no tag says it.
    fn hint(&self) -> Option<String> {
        if self.branches.len() < 2 || self.shared.iter().any(|name| self.tag(name).is_some()) {
            return None;
        }
        let mut sets: Vec<Vec<String>> = Vec::new();
        for branch in &self.branches {
            let own: Vec<String> = required(branch).difference(&self.shared).cloned().collect();
            if own.is_empty() || sets.contains(&own) {
                return None;
            }
            sets.push(own);
        }
        let sets: Vec<_> = sets.iter().map(|own| names(own.iter().map(String::as_str))).collect();
        Some(format!("Give exactly one of these: {}.", sets.join("; ")))
    }

    /// Refuses unknown names if every variant does.
    fn additional(&self) -> Option<Value> {
        let said: Option<Vec<&Value>> =
            self.branches.iter().map(|branch| branch.get("additionalProperties")).collect();
        let said = said?;
        if said.contains(&&Value::Bool(true)) {
            return Some(Value::Bool(true));
        }
        let schemas: Vec<Value> = said.into_iter().filter(|said| said.is_object()).cloned().collect();
        Some(if schemas.is_empty() { Value::Bool(false) } else { one_of_these(schemas) })
    }
}

fn properties(branch: &Object) -> impl Iterator<Item = (&String, &Value)> {
    branch.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn has_property(branch: &Object, name: &str) -> bool {
    properties(branch).any(|(known, _)| known == name)
}

fn required(branch: &Object) -> BTreeSet<String> {
    let names = branch.get("required").and_then(Value::as_array).into_iter().flatten();
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn is_map(branch: &Object) -> bool {
    match branch.get("additionalProperties") {
        Some(additional) => *additional != false,
        None => properties(branch).next().is_none() && required(branch).is_empty(),
    }
}

/// The branch's schema of a property. A variant that is one property lends it its doc comment.
fn shape(branch: &Object, name: &str) -> Option<Value> {
    let mut shape = branch.get("properties")?.get(name)?.clone();
    let lent = branch.get("description").filter(|_| properties(branch).count() == 1);
    if let (Some(shape), Some(doc)) = (shape.as_object_mut(), lent) {
        shape.entry("description").or_insert_with(|| doc.clone());
    }
    Some(shape)
}

/// Offers several shapes, each once; those that differ only in their description are one.
fn one_of_these(shapes: Vec<Value>) -> Value {
    let mut distinct: Vec<Value> = Vec::new();
    for shape in shapes {
        match distinct.iter_mut().find(|known| undescribed(known) == undescribed(&shape)) {
            Some(Value::Object(known)) => {
                if let Some(text) = shape.get("description").and_then(Value::as_str) {
                    note(known, text);
                }
            }
            Some(_) => {}
            None => distinct.push(shape),
        }
    }
    if distinct.len() == 1 { distinct.remove(0) } else { json!({"anyOf": distinct}) }
}

fn undescribed(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(members) = &mut schema {
        members.remove("description");
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(tag: &str, more: Value) -> Value {
        let mut properties = more;
        properties["kind"] = json!({"type": "string", "enum": [tag]});
        let required: Vec<_> = properties.as_object().unwrap().keys().cloned().collect();
        json!({"type": "object", "properties": properties, "required": required})
    }

    #[test]
    fn tagged_variants_become_one_object() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"type": "object", "properties": {"x": {}}, "required": ["x"], "oneOf": [
                tagged("stop", json!({})), tagged("move", json!({"by": {"type": "integer"}}))]}),
            json!({"type": "object", "required": ["x", "kind"], "properties": {
                "x": {}, "by": {"type": "integer"},
                "kind": {"type": "string", "enum": ["stop", "move"], "description": "- `move`: Needs `by`."}}}),
        );
    }

    #[test]
    fn untagged_variants_say_what_goes_together() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let branch = |name: &str| {
            json!({"type": "object", "description": name, "properties": {name: {"type": "null"}},
            "required": [name], "additionalProperties": false})
        };
        check(
            json!({"type": "object", "properties": {"x": {}}, "anyOf": [branch("a"), branch("b"), {"type": "string"}]}),
            json!({"type": "object", "additionalProperties": false, "properties": {"x": {},
                "a": {"type": "null", "description": "a"}, "b": {"type": "null", "description": "b"}},
                "description": "Give exactly one of these: `a`; `b`."}),
        );
        check(
            json!({"type": "object", "properties": {"x": {}}, "anyOf": [branch("a"), {"type": "object"}]}),
            json!({"type": "object", "properties": {"x": {}, "a": {"description": "a"}}}),
        );
    }

    #[test]
    fn alternatives_of_nothing_else_stay() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(json!({"oneOf": [tagged("a", json!({}))]}), json!({"oneOf": [tagged("a", json!({}))]}));
    }
}
