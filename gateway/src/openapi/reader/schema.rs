//! What a schema wants, as far as it matters to how a value is written.

use std::cell::Cell;

use serde_json::Value;

use super::super::model::Kind;
use super::super::pointer::{Tree, items};
use super::At;

/// How deep schemas of schemas are looked into.
const MAX_DEPTH: usize = 8;

/// How many schemas are looked at for one, since one may stand in itself, and more than once.
const MAX_SCHEMAS: usize = 1_000;

/// Returns what the schema of a parameter wants.
pub(super) fn kind(at: &At<'_>, schema: &Value) -> Kind {
    let left = Cell::new(MAX_SCHEMAS);
    let kind = wanted(Look { tree: at.tree, left: &left }, schema);
    // When no steps are left the next parameter says so.
    let _ = at.shared.work.steps(MAX_SCHEMAS - left.get());
    kind
}

/// How schemas are looked into, and how many more of them.
#[derive(Clone, Copy)]
struct Look<'doc> {
    tree: Tree<'doc>,
    left: &'doc Cell<usize>,
}

impl Look<'_> {
    /// Counts a schema; none when there have been enough.
    fn one_more(self) -> Option<()> {
        self.left.set(self.left.get().checked_sub(1)?);
        Some(())
    }
}

fn wanted(look: Look<'_>, schema: &Value) -> Kind {
    let tree = look.tree;
    let schema = tree.follow_or_null(schema);
    let types = types(schema);
    let structured = |name: &&str| *name == "object" || *name == "array";
    let object = (types.is_empty() && !schema.is_null() && may_be_object(look, schema, MAX_DEPTH))
        || types.contains(&"object");
    match types[..] {
        [] => {
            Kind { structured: false, maybe_structured: may_be_structured(look, schema, MAX_DEPTH), object }
        }
        [only] => Kind { structured: structured(&only), maybe_structured: structured(&only), object },
        _ => Kind { structured: false, maybe_structured: types.iter().any(structured), object },
    }
}

/// Tells whether a schema wants bytes: `format: binary`, or in 3.1 a string of a media type that is in no encoding.
pub(super) fn is_binary(tree: Tree<'_>, schema: &Value) -> bool {
    let schema = tree.follow_or_null(schema);
    let says = |name: &str| schema.get(name).and_then(Value::as_str);
    match says("type") {
        Some("array") => schema.get("items").is_some_and(|items| is_binary_item(tree, items)),
        Some("file") => true,
        _ => is_binary_item(tree, schema),
    }
}

fn is_binary_item(tree: Tree<'_>, schema: &Value) -> bool {
    let schema = tree.follow_or_null(schema);
    let says = |name: &str| schema.get(name).and_then(Value::as_str);
    let is_octets =
        says("contentMediaType").is_some_and(|media| media.eq_ignore_ascii_case("application/octet-stream"));
    says("format") == Some("binary") || (is_octets && says("contentEncoding").is_none())
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn may_be_structured(look: Look<'_>, schema: &Value, depth: usize) -> bool {
    alternatives(schema).map_while(|schema| look.one_more().map(|()| schema)).any(|schema| {
        let schema = look.tree.follow_or_null(schema);
        let types = types(schema);
        types.iter().any(|name| *name == "object" || *name == "array")
            || (types.is_empty() && depth > 0 && may_be_structured(look, schema, depth - 1))
    })
}

fn may_be_object(look: Look<'_>, schema: &Value, depth: usize) -> bool {
    let mut alternatives = alternatives(schema).chain(items(schema, "allOf")).peekable();
    if alternatives.peek().is_none() {
        return true;
    }
    alternatives.map_while(|schema| look.one_more().map(|()| schema)).any(|schema| {
        let schema = look.tree.follow_or_null(schema);
        let types = types(schema);
        types.contains(&"object") || (types.is_empty() && depth > 0 && may_be_object(look, schema, depth - 1))
    })
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    items(schema, "oneOf").iter().chain(items(schema, "anyOf"))
}
