//! Finds what a `$ref` means inside one document: pointers, `$anchor`, and `$id` of nested resources.
//!
//! Built only when a document has a reference at all. Other documents are never fetched. Where the edge finds a
//! target this room finds the same one; where the edge gives up on the spelling (two resources of one name, a
//! pointer with unescaped braces, a pointer into a keyword that holds no schema) it is more patient.

use std::collections::HashMap;
use std::ptr;

use serde_json::{Map, Value};
use url::Url;

use super::javascript;

/// Stands for the address of a document that does not name its own.
const NAMELESS: &str = "https://schema.invalid/document";

/// Keywords whose values are data, not schemas.
const DATA: [&str; 25] = [
    "id",
    "$id",
    "$ref",
    "$schema",
    "$anchor",
    "$vocabulary",
    "$comment",
    "default",
    "enum",
    "const",
    "required",
    "type",
    "maximum",
    "minimum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "multipleOf",
    "maxLength",
    "minLength",
    "pattern",
    "format",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
];
const LISTS: [&str; 5] = ["prefixItems", "items", "allOf", "anyOf", "oneOf"];
const MAPS: [&str; 5] = ["$defs", "definitions", "properties", "patternProperties", "dependentSchemas"];

/// Knows where in one document every reference leads.
#[derive(Debug)]
pub(super) struct References<'s> {
    document: Home<'s>,
    resources: HashMap<String, &'s Value>,
    anchors: HashMap<String, &'s Value>,
    /// The home of each schema that has a reference, by the schema's address in memory.
    homes: HashMap<usize, Home<'s>>,
}

/// Names the resource that a schema belongs to.
#[derive(Debug, Clone)]
struct Home<'s> {
    base: Url,
    root: &'s Value,
}

impl<'s> References<'s> {
    pub(super) fn of(document: &'s Value) -> Option<Self> {
        // Cannot fail because the constant is an address.
        let base = Url::parse(NAMELESS).ok()?;
        let home = Home { base, root: document };
        let mut references = Self {
            document: home.clone(),
            resources: HashMap::from([(NAMELESS.to_owned(), document)]),
            anchors: HashMap::new(),
            homes: HashMap::new(),
        };
        references.document = references.adopt(document, home);
        references.walk(document);
        Some(references)
    }

    /// Finds the schema that a `$ref` in the given schema names.
    pub(super) fn target(&self, schema: &'s Map<String, Value>, reference: &str) -> Option<&'s Value> {
        let home = self.home(schema);
        let mut address = home.base.join(reference).ok()?;
        if let Some(anchored) = self.anchors.get(address.as_str()) {
            return Some(anchored);
        }
        let pointer = address.fragment().map(decode).unwrap_or_default();
        address.set_fragment(None);
        let resource = self.resources.get(address.as_str())?;
        resource.pointer(&pointer).filter(|target| target.is_object() || target.is_boolean())
    }

    /// Finds the root of the resource that the given schema belongs to.
    pub(super) fn root(&self, schema: &'s Map<String, Value>) -> &'s Value {
        self.home(schema).root
    }

    fn home(&self, schema: &Map<String, Value>) -> &Home<'s> {
        self.homes.get(&ptr::from_ref(schema).addr()).unwrap_or(&self.document)
    }

    /// Visits every schema of the document; not recursive, for documents may be deep.
    fn walk(&mut self, document: &'s Value) {
        let mut waiting = vec![(document, self.document.clone())];
        while let Some((value, home)) = waiting.pop() {
            let home = self.adopt(value, home);
            let Value::Object(schema) = value else { continue };
            if schema.contains_key("$ref") || schema.contains_key("$recursiveRef") {
                self.homes.insert(ptr::from_ref(schema).addr(), home.clone());
            }
            waiting.extend(children(schema).map(|child| (child, home.clone())));
        }
    }

    /// Notes the names that a schema gives itself, and says where its children are at home.
    fn adopt(&mut self, value: &'s Value, mut home: Home<'s>) -> Home<'s> {
        let name =
            ["$id", "id"].iter().filter_map(|key| value.get(key)).find(|name| javascript::truthy(name));
        if let Some(address) = name.and_then(|name| home.base.join(&javascript::to_text(name)).ok()) {
            home = self.name(value, address, home);
        }
        if let Some(anchor) = value.get("$anchor").and_then(Value::as_str)
            && let Ok(address) = home.base.join(&format!("#{anchor}"))
        {
            self.anchors.entry(address.into()).or_insert(value);
        }
        home
    }

    fn name(&mut self, value: &'s Value, mut address: Url, home: Home<'s>) -> Home<'s> {
        if address.fragment().is_some_and(|fragment| !fragment.is_empty()) {
            self.anchors.entry(address.into()).or_insert(value);
            return home;
        }
        address.set_fragment(None);
        self.resources.entry(address.to_string()).or_insert(value);
        Home { base: address, root: value }
    }
}

/// Lists the schemas that stand directly in a schema, unknown keywords included.
fn children(schema: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    schema.iter().filter(|(key, _)| !DATA.contains(&key.as_str())).flat_map(|(key, value)| {
        let list = value.as_array().filter(|_| LISTS.contains(&key.as_str()));
        let map = value.as_object().filter(|_| MAPS.contains(&key.as_str()));
        let single = (value.is_object() && map.is_none()).then_some(value);
        list.into_iter().flatten().chain(map.into_iter().flat_map(Map::values)).chain(single)
    })
}

/// Undoes percent-encoding; what is no UTF-8 then points nowhere.
fn decode(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = tail.get(..2).filter(|_| byte == b'%').and_then(hexadecimal);
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()
}
