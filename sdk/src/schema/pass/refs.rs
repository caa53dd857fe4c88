//! Every `$ref` is replaced by what it points at, because Gemini, VS Code and others read no `$defs`
//! (<https://github.com/google-gemini/gemini-cli/issues/13326>,
//! <https://github.com/lobehub/lobehub/issues/12602>).
//!
//! Three bounds keep the result small: how often a type may stand inside itself, how deep the tree may grow, and how
//! much may be copied in all. Where one of them is reached, a stub of the right type stands with a sentence. Whether
//! recursion should be allowed at all is a lint's business.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::constants::types_of;
use crate::schema::merge::merge;
use crate::schema::note::note;
use crate::schema::{Object, walk};

/// How often a type may be repeated inside itself; fewer when the first number makes too large a schema.
const REPEATS: [usize; 2] = [1, 0];
/// How many levels of schemas may be nested. JSON is twice as deep, and common readers stop at 128.
const MAX_DEPTH: usize = 40;
/// How many JSON values may be copied; about 100 kB, far more than a model should read.
const MAX_COPIED: usize = 4000;
/// The weight from which on a description is not worth repeating.
const LONG_TEXT: usize = 30;
/// How many schemas are looked at to find the type of a stub.
const MAX_LOOKED_AT: usize = 200;

pub(crate) fn apply(schema: &mut Value) {
    for repeats in REPEATS {
        let mut inliner = Inliner { root: schema, repeats, copied: 0, path: vec!["#".to_owned()] };
        let inlined = inliner.expand(schema, 0);
        let fits = inliner.copied <= MAX_COPIED;
        if fits || repeats == 0 {
            *schema = inlined;
            return;
        }
    }
}

/// Copies a schema with its references resolved.
struct Inliner<'a> {
    root: &'a Value,
    repeats: usize,
    copied: usize,
    /// The references that are being expanded, outermost first.
    path: Vec<String>,
}

impl Inliner<'_> {
    fn expand(&mut self, schema: &Value, depth: usize) -> Value {
        let Value::Object(members) = schema else { return schema.clone() };
        let mut expanded = Object::new();
        for (keyword, value) in sorted(members) {
            if !matches!(keyword.as_str(), "$defs" | "$ref" | "definitions") {
                expanded.insert(keyword.clone(), self.expand_member(keyword, value, depth));
            }
        }
        if let Some(Value::String(reference)) = members.get("$ref") {
            // What stands beside the reference wins: it is the field's own description.
            self.insert_target(&mut expanded, reference, depth);
        }
        Value::Object(expanded)
    }

    fn expand_member(&mut self, keyword: &str, value: &Value, depth: usize) -> Value {
        match (walk::holds(keyword), value) {
            (Some(walk::Holds::NamedSchemas), Value::Object(named)) => {
                let children = sorted(named);
                children
                    .into_iter()
                    .map(|(name, child)| (name.clone(), self.expand(child, depth + 1)))
                    .collect()
            }
            (Some(walk::Holds::Schemas), Value::Array(list)) => {
                list.iter().map(|child| self.expand(child, depth + 1)).collect()
            }
            (Some(walk::Holds::Schemas), one) => self.expand(one, depth + 1),
            (_, data) => data.clone(),
        }
    }

    /// Adds the target, or a stub of it where a bound is reached. A reference to nothing adds nothing.
    fn insert_target(&mut self, schema: &mut Object, reference: &str, depth: usize) {
        let Some(target) = find(self.root, reference) else { return };
        let repeated = self.path.iter().filter(|outer| *outer == reference).count();
        if repeated > self.repeats {
            return self.insert_stub(schema, reference, "nested, of the same shape again");
        }
        if self.copied <= MAX_COPIED {
            self.copied += weight(target);
        }
        if self.copied > MAX_COPIED || depth > MAX_DEPTH || self.path.len() > MAX_DEPTH {
            return self.insert_stub(schema, reference, "too large to be spelled out here");
        }
        self.path.push(reference.to_owned());
        let expanded = self.expand(target, depth);
        self.path.pop();
        if let Value::Object(mut expanded) = expanded {
            if reference == "#" {
                expanded.remove("title");
            }
            merge(schema, expanded);
        }
    }

    fn insert_stub(&self, schema: &mut Object, reference: &str, why: &str) {
        let mut stub = Object::new();
        let mut left = MAX_LOOKED_AT;
        if let Some(types) = find(self.root, reference).and_then(|target| self.types(target, &mut left)) {
            let types: Vec<_> = types.into_iter().collect();
            stub.insert(
                "type".to_owned(),
                if let [one] = types.as_slice() { json!(one) } else { json!(types) },
            );
        }
        let target = find(self.root, reference).and_then(Value::as_object);
        let description = target.and_then(|target| target.get("description"));
        if let Some(description) = description.filter(|text| weight(text) <= LONG_TEXT) {
            stub.insert("description".to_owned(), description.clone());
        }
        merge(schema, stub);
        note(schema, &format!("(`{}`, {why}.)", self.name(reference)));
    }

    /// Names every type that a schema admits; nothing when it admits any, or when that takes too long to find out.
    fn types(&self, schema: &Value, left: &mut usize) -> Option<BTreeSet<String>> {
        *left = left.checked_sub(1)?;
        match schema.get("type") {
            Some(Value::String(one)) => return Some(BTreeSet::from([one.clone()])),
            Some(Value::Array(many)) => {
                return many.iter().map(|name| name.as_str().map(str::to_owned)).collect();
            }
            _ => {}
        }
        if let Some(Value::String(reference)) = schema.get("$ref") {
            return self.types(find(self.root, reference)?, left);
        }
        if let Some(Value::Array(members)) = schema.get("enum") {
            return Some(types_of(members).into_iter().map(str::to_owned).collect());
        }
        let branches = schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array()?;
        let types: Option<Vec<_>> = branches.iter().map(|branch| self.types(branch, left)).collect();
        Some(types?.into_iter().flatten().collect())
    }

    fn name(&self, reference: &str) -> String {
        if reference == "#" {
            return self.root.get("title").and_then(Value::as_str).unwrap_or("the whole").to_owned();
        }
        let last = reference.rsplit('/').next().unwrap_or(reference);
        percent_decoded(last).replace("~1", "/").replace("~0", "~")
    }
}

/// The members by name: what is copied before a bound is reached must not depend on the order of a map.
fn sorted(members: &Object) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    members
}

/// Finds what a reference into the same schema points at.
pub(crate) fn find<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(&percent_decoded(reference.strip_prefix('#')?))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped =
            tail.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &tail[2..]),
            None => (bytes.push(first), rest = tail),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Counts the JSON values in a schema, long texts as several, definitions not at all: they are never copied whole.
fn weight(value: &Value) -> usize {
    let defines = |name: &str| name == "$defs" || name == "definitions";
    match value {
        Value::Array(list) => 1 + list.iter().map(weight).sum::<usize>(),
        Value::Object(members) => {
            1 + members
                .iter()
                .filter(|(name, _)| !defines(name))
                .map(|(_, value)| weight(value))
                .sum::<usize>()
        }
        Value::String(text) => 1 + text.len() / 32,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_inlined() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let defs =
            json!({"Mood": {"type": "string", "description": "Theirs"}, "Alias": {"$ref": "#/$defs/Mood"}});
        check(
            json!({"items": {"$ref": "#/$defs/Alias"}, "$defs": defs}),
            json!({"items": {"type": "string", "description": "Theirs"}}),
        );
        check(
            json!({"items": {"$ref": "#/$defs/Mood", "description": "Ours", "default": "a"}, "$defs": defs}),
            json!({"items": {"type": "string", "description": "Ours", "default": "a"}}),
        );
        check(
            json!({"items": {"$ref": "#/$defs/a%3Cb~1c%3E"}, "$defs": {"a<b/c>": {"type": "null"}}}),
            json!({"items": {"type": "null"}}),
        );
        check(json!({"$ref": "https://elsewhere"}), json!({}));
        check(
            json!({"properties": {"$ref": {"type": "null"}}, "default": {"$ref": "#"}}),
            json!({"properties": {"$ref": {"type": "null"}}, "default": {"$ref": "#"}}),
        );
    }

    #[test]
    fn what_stands_beside_a_reference_is_kept() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"properties": {"kind": {"const": "a"}}, "required": ["kind"], "$ref": "#/$defs/A",
                   "$defs": {"A": {"type": "object", "properties": {"b": {}}, "required": ["b"]}}}),
            json!({"type": "object", "properties": {"kind": {"const": "a"}, "b": {}}, "required": ["kind", "b"]}),
        );
    }

    #[test]
    fn recursion_ends_in_a_stub_of_the_right_type() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"title": "Tree", "type": "object", "properties": {"left": {"$ref": "#"}}}),
            json!({"title": "Tree", "type": "object", "properties": {"left": {
                "type": "object", "properties": {"left": {
                    "type": "object", "description": "(`Tree`, nested, of the same shape again.)"}}}}}),
        );
        check(
            json!({"$ref": "#/$defs/Json", "$defs": {"Json": {
                "anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/Json"}}]}}}),
            json!({"anyOf": [{"type": "string"}, {"type": "array", "items":
                {"anyOf": [{"type": "string"}, {"type": "array", "items":
                    {"type": ["array", "string"], "description": "(`Json`, nested, of the same shape again.)"}}]}}]}),
        );
        check(
            json!({"items": {"$ref": "#/$defs/A"}, "$defs": {"A": {"$ref": "#/$defs/A"}}}),
            json!({"items": {"description": "(`A`, nested, of the same shape again.)"}}),
        );
    }

    #[test]
    fn references_to_references_cannot_blow_up() {
        let level = |next: usize| {
            let next = json!({"$ref": format!("#/$defs/L{next}")});
            json!({"type": "object", "properties": {"a": next, "b": next, "c": next}})
        };
        let defs: Object = (0..60).map(|n| (format!("L{n}"), level((n + 1) % 60))).collect();
        let mut schema = json!({"$ref": "#/$defs/L0", "$defs": defs});
        apply(&mut schema);
        assert!(weight(&schema) < 2 * MAX_COPIED, "{}", weight(&schema));
        let all: Object =
            (0..30).map(|n| (format!("a{n}"), json!({"$ref": format!("#/$defs/A{n}")}))).collect();
        let defs: Object =
            (0..30).map(|n| (format!("A{n}"), json!({"type": "object", "properties": all}))).collect();
        let mut schema = json!({"$ref": "#/$defs/A0", "$defs": defs});
        apply(&mut schema);
        assert!(weight(&schema) < 2 * MAX_COPIED, "{}", weight(&schema));
    }
}
