//! What a schema expects, in words that a model can act on: "an integer from 0 to 255".
//!
//! For error messages. Reads the author's schema, references and all, because that one says most. Finding out *where*
//! a value is wrong is not done here.

use std::cell::Cell;

use serde_json::Value;

use super::pass::{refs, wide_bounds};
use super::{formats, note};

/// How many alternatives and enum members a sentence lists.
const LISTED: usize = 20;
/// How deep a sentence looks into lists and alternatives; enough for "an array of arrays of strings".
const DEPTH: usize = 4;
/// How many alternatives are kept apart on the way, and how many references are followed in a row.
const FOLLOWED: usize = 32;
/// How many schemas are looked at for one sentence: schemas that refer to themselves must not take for ever.
const LOOKED_AT: usize = 4000;

/// Says what a schema expects at a place in a value: "a string of 1 to 20 characters".
///
/// Says nothing when the schema does not know the place, or when its alternatives disagree about it.
///
/// `pointer` is a JSON Pointer (RFC 6901) into the value.
pub(crate) fn expectation(schema: &Value, pointer: &str) -> Option<String> {
    let reader = Reader { root: schema, left: Cell::new(LOOKED_AT) };
    let mut places = vec![schema];
    for segment in pointer.split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        let mut next = Vec::new();
        places.iter().for_each(|place| reader.step(place, &segment, FOLLOWED, &mut next));
        places = next;
    }
    reader.agreed(&places)
}

/// Reads a schema together with the definitions of its root.
struct Reader<'a> {
    root: &'a Value,
    /// How many schemas may still be looked at.
    left: Cell<usize>,
}

impl<'a> Reader<'a> {
    /// Collects the schemas that stand for one member or item of a value.
    fn step(&self, schema: &'a Value, segment: &str, left: usize, found: &mut Vec<&'a Value>) {
        let Some(left) = left.checked_sub(1).filter(|_| self.may_look()) else { return };
        if found.len() >= FOLLOWED {
            return;
        }
        let item = || item(schema, segment.parse().ok()?);
        if let Some(direct) = member(schema, segment).or_else(item) {
            found.push(direct);
            return;
        }
        if let Some(target) = self.target(schema) {
            self.step(target, segment, left, found);
        }
        for inner in
            ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array())
        {
            inner.iter().for_each(|branch| self.step(branch, segment, left, found));
        }
    }

    fn may_look(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    fn target(&self, schema: &Value) -> Option<&'a Value> {
        refs::find(self.root, schema.get("$ref")?.as_str()?)
    }

    /// Says what several schemas have in common: the same words, or one list of values.
    fn agreed(&self, places: &[&'a Value]) -> Option<String> {
        let values: Option<Vec<Vec<&Value>>> = places.iter().map(|place| self.values(place, DEPTH)).collect();
        if let Some(values) = values.filter(|values| !values.is_empty()) {
            return Some(one_of(&values.concat()));
        }
        let mut words = places.iter().map(|place| self.describe(place, DEPTH));
        let first = words.next()?;
        words.all(|other| other == first).then_some(first)
    }

    /// Lists the values of an enum, however it is written; nothing for other schemas.
    fn values(&self, schema: &'a Value, depth: usize) -> Option<Vec<&'a Value>> {
        let depth = depth.checked_sub(1).filter(|_| self.may_look())?;
        if let Some(one) = schema.get("const") {
            return Some(vec![one]);
        }
        if let Some(members) = schema.get("enum") {
            return Some(members.as_array()?.iter().collect());
        }
        if let Some(target) = self.target(schema) {
            return self.values(target, depth);
        }
        let branches = alternatives(schema)?;
        let values: Option<Vec<_>> = branches.iter().map(|branch| self.values(branch, depth)).collect();
        Some(values?.concat())
    }

    fn describe(&self, schema: &'a Value, depth: usize) -> String {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.may_look()) else {
            return "a value".to_owned();
        };
        if let Some(values) = self.values(schema, depth + 1).filter(|values| !values.is_empty()) {
            return one_of(&values);
        }
        match schema.get("type") {
            Some(Value::String(name)) => return self.of_type(schema, name, depth),
            Some(Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                return either(names.map(|name| self.of_type(schema, name, depth)).collect());
            }
            _ => {}
        }
        if let Some(target) = self.target(schema) {
            return self.describe(target, depth);
        }
        if let Some(branches) = alternatives(schema) {
            return either(branches.iter().take(LISTED).map(|branch| self.describe(branch, depth)).collect());
        }
        if let Some([one]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            return self.describe(one, depth);
        }
        let name = if schema.get("properties").is_some() { "object" } else { "any" };
        self.of_type(schema, name, depth)
    }

    fn of_type(&self, schema: &'a Value, name: &str, depth: usize) -> String {
        match name {
            "array" => self.array(schema, depth),
            "boolean" => "true or false".to_owned(),
            "integer" => format!("an integer{}", range(schema)),
            "null" => "null".to_owned(),
            "number" => format!("a number{}", range(schema)),
            "object" => self.object(schema, depth),
            "string" => text(schema),
            _ => "any JSON value".to_owned(),
        }
    }

    fn array(&self, schema: &'a Value, depth: usize) -> String {
        if let Some(Value::Array(parts)) = schema.get("prefixItems") {
            let parts: Vec<_> = parts.iter().take(LISTED).map(|part| self.describe(part, depth)).collect();
            return format!("an array of {}: {}", counted(parts.len() as u64, "item"), parts.join(", then "));
        }
        let items = match schema.get("items") {
            Some(items) => self.plural(items, depth),
            None => "values".to_owned(),
        };
        let count = match sizes(schema, "minItems", "maxItems") {
            None => String::new(),
            Some(size) => format!(" ({size})"),
        };
        format!("an array of {items}{count}")
    }

    /// Names many values of a schema: "strings", "arrays of integers from 0 to 255".
    fn plural(&self, schema: &'a Value, depth: usize) -> String {
        let one = self.describe(schema, depth);
        let Some((first, rest)) = one.split_once(' ').filter(|(article, _)| matches!(*article, "a" | "an"))
        else {
            return if one == "any JSON value" {
                "any JSON values".to_owned()
            } else {
                format!("values, each {one}")
            };
        };
        let (noun, more) =
            rest.split_once(' ').map_or((rest, String::new()), |(n, more)| (n, format!(" {more}")));
        // Two alternatives read badly as one plural.
        if more.contains(" or ") { format!("values, each {first} {rest}") } else { format!("{noun}s{more}") }
    }

    fn object(&self, schema: &'a Value, depth: usize) -> String {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let mut names: Vec<&str> = required.filter_map(Value::as_str).collect();
        names.dedup();
        if !names.is_empty() {
            return format!("an object with {}", note::names(names));
        }
        let named =
            schema.get("properties").and_then(Value::as_object).is_some_and(|named| !named.is_empty());
        match schema.get("additionalProperties").filter(|values| values.is_object() && !named) {
            Some(values) => format!("an object whose values are {}", self.plural(values, depth)),
            None => "an object".to_owned(),
        }
    }
}

fn member<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    let named = schema.get("properties").and_then(|properties| properties.get(key));
    named.or_else(|| schema.get("additionalProperties").filter(|values| values.is_object()))
}

fn item(schema: &Value, index: usize) -> Option<&Value> {
    let part = schema.get("prefixItems").and_then(|parts| parts.get(index));
    part.or_else(|| schema.get("items").filter(|items| items.is_object()))
}

fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array().filter(|branches| !branches.is_empty())
}

fn one_of(values: &[&Value]) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for value in values.iter().map(|value| value.to_string()) {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    let more = distinct.len().saturating_sub(LISTED);
    distinct.truncate(LISTED);
    match (distinct.as_slice(), more) {
        ([one], _) => one.clone(),
        (_, 0) => format!("one of {}", distinct.join(", ")),
        _ => format!("one of {} and {more} more", distinct.join(", ")),
    }
}

/// Joins alternatives, each said once.
fn either(words: Vec<String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for one in words {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    match distinct.as_slice() {
        [] => "any JSON value".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn range(schema: &Value) -> String {
    let bound =
        |keyword: &str| schema.get(keyword).filter(|bound| bound.is_number() && !wide_bounds::is_wide(bound));
    let mut words = match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    };
    let others = [
        ("exclusiveMinimum", "greater than"),
        ("exclusiveMaximum", "less than"),
        ("multipleOf", "a multiple of"),
    ];
    for (keyword, said) in others {
        if let Some(bound) = bound(keyword) {
            words.push_str(if words.is_empty() { " " } else { ", " });
            words.push_str(&format!("{said} {bound}"));
        }
    }
    words
}

fn text(schema: &Value) -> String {
    let format = schema.get("format").and_then(Value::as_str);
    match format.and_then(formats::described) {
        // A format alone is said best by an example.
        Some(described)
            if !["minLength", "maxLength", "pattern"].iter().any(|rule| schema.get(rule).is_some()) =>
        {
            described.to_owned()
        }
        _ => format!("a string{}", text_rules(schema)),
    }
}

fn text_rules(schema: &Value) -> String {
    let word = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
    let mut words =
        sizes(schema, "minLength", "maxLength").map(|size| format!(" of {size}")).unwrap_or_default();
    if let Some(pattern) = word("pattern") {
        words.push_str(&format!(" that matches `{pattern}`"));
    }
    if let Some(format) = word("format") {
        words.push_str(&format!(" ({format})"));
    }
    words
}

/// "1 to 20 characters", "exactly 3 items"
fn sizes(schema: &Value, least: &str, most: &str) -> Option<String> {
    let noun = if least == "minLength" { "character" } else { "item" };
    let size = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
    match (size(least).filter(|least| *least > 0), size(most)) {
        (Some(least), Some(most)) if least == most => Some(format!("exactly {}", counted(least, noun))),
        (Some(least), Some(most)) => Some(format!("{least} to {}", counted(most, noun))),
        (Some(least), None) => Some(format!("at least {}", counted(least, noun))),
        (None, Some(most)) => Some(format!("at most {}", counted(most, noun))),
        (None, None) => None,
    }
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_read_as_words() {
        check(json!({"type": "integer", "minimum": 0, "maximum": 255}), "an integer from 0 to 255");
        check(json!({"type": "integer", "minimum": 0}), "an integer of at least 0");
        check(json!({"type": "number", "exclusiveMinimum": 0.5}), "a number greater than 0.5");
        check(
            json!({"type": "integer", "maximum": 9, "multipleOf": 3}),
            "an integer of at most 9, a multiple of 3",
        );
        check(json!({"type": "string"}), "a string");
        check(json!({"type": "string", "format": "date-time"}), "a date-time as in 2026-01-31T12:00:00Z");
        check(json!({"type": "string", "format": "zip"}), "a string (zip)");
        check(
            json!({"type": "string", "format": "date", "maxLength": 9}),
            "a string of at most 9 characters (date)",
        );
        check(
            json!({"type": "array", "items": {"type": "string", "format": "uuid"}}),
            "an array of UUIDs as in 67e55044-10b1-426f-9247-bb680e5fe0c8",
        );
        check(json!({"type": "string", "minLength": 1, "maxLength": 20}), "a string of 1 to 20 characters");
        check(json!({"type": "string", "minLength": 1, "maxLength": 1}), "a string of exactly 1 character");
        check(json!({"type": "string", "pattern": "^a+$"}), "a string that matches `^a+$`");
        check(json!({"type": "boolean"}), "true or false");
        check(json!({"type": "null"}), "null");
        check(json!({}), "any JSON value");
        check(json!(true), "any JSON value");
        check(json!({"type": ["string", "null"]}), "a string or null");
        check(
            json!({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}),
            "a string, an integer or null",
        );
        check(json!({"enum": ["happy", "sad"]}), "one of \"happy\", \"sad\"");
        check(json!({"const": "happy"}), "\"happy\"");
        check(json!({"oneOf": [{"enum": ["sad"]}, {"const": "happy"}]}), "one of \"sad\", \"happy\"");
    }

    #[test]
    fn shapes_read_as_words() {
        check(json!({"type": "array", "items": {"type": "string"}}), "an array of strings");
        check(
            json!({"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 9}, "minItems": 1}),
            "an array of integers from 0 to 9 (at least 1 item)",
        );
        check(
            json!({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}),
            "an array of arrays of numbers",
        );
        check(
            json!({"type": "array", "items": {"enum": ["a", "b"]}}),
            "an array of values, each one of \"a\", \"b\"",
        );
        check(
            json!({"type": "array", "items": {"type": ["string", "null"]}}),
            "an array of values, each a string or null",
        );
        check(
            json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]}),
            "an array of 2 items: a string, then a number",
        );
        check(json!({"type": "object", "required": ["name", "age"]}), "an object with `name` and `age`");
        check(
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            "an object whose values are strings",
        );
        check(json!({"type": "object", "properties": {"a": {}}}), "an object");
    }

    #[test]
    fn paths_lead_through_references_and_variants() {
        let schema = json!({
            "properties": {"pets": {"type": "array", "items": {"$ref": "#/$defs/Pet"}}, "any": true},
            "$defs": {
                "Pet": {"oneOf": [
                    {"properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}, "x": {"type": "null"}}},
                    {"properties": {"kind": {"const": "dog"}, "x": {"type": "string"}, "of": {"$ref": "#"}}}]},
                "Loop": {"$ref": "#/$defs/Loop"}},
        });
        let at = |pointer: &str| expectation(&schema, pointer);
        assert_eq!(at("/pets/0/lives").as_deref(), Some("an integer"));
        assert_eq!(at("/pets/7/kind").as_deref(), Some("one of \"cat\", \"dog\""));
        assert_eq!(at("/pets/0/of/pets/0/lives").as_deref(), Some("an integer"));
        assert_eq!(at("/any").as_deref(), Some("any JSON value"));
        assert_eq!(at("/pets/0/x"), None, "the variants disagree");
        assert_eq!(at("/nobody"), None);
        assert_eq!(expectation(&json!({"$ref": "#"}), "/0"), None);
        check(json!({"$ref": "#"}), "a value");
        let itself = json!({"anyOf": vec![json!({"$ref": "#"}); 50]});
        assert_eq!(expectation(&itself, "/0"), None);
        check(itself, "a value");
    }

    #[expect(clippy::needless_pass_by_value, reason = "tables of literals read better")]
    fn check(schema: Value, expected: &str) {
        assert_eq!(expectation(&schema, "").as_deref(), Some(expected));
    }
}
