//! Where a schema keeps its subschemas.
//!
//! Told once, because data that merely looks like a schema (a `default`, an `enum` member, a property that is named
//! `$ref`) must never be rewritten.

use serde_json::Value;

use super::Object;

/// Says how a keyword keeps subschemas: one of them (or a list, in older drafts), or a map by name.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Holds {
    Schemas,
    NamedSchemas,
}

/// Tells whether a keyword keeps subschemas, and how.
pub(crate) fn holds(keyword: &str) -> Option<Holds> {
    match keyword {
        "$defs" | "definitions" | "dependentSchemas" | "patternProperties" | "properties" => {
            Some(Holds::NamedSchemas)
        }
        "additionalItems"
        | "additionalProperties"
        | "allOf"
        | "anyOf"
        | "contains"
        | "contentSchema"
        | "else"
        | "if"
        | "items"
        | "not"
        | "oneOf"
        | "prefixItems"
        | "propertyNames"
        | "then"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Some(Holds::Schemas),
        _ => None,
    }
}

/// Visits the direct subschemas that stand under one keyword.
pub(crate) fn under(keyword: &str, value: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    match (holds(keyword), value) {
        (None, _) => {}
        (Some(Holds::NamedSchemas), Value::Object(named)) => named.values_mut().for_each(visit),
        (Some(Holds::NamedSchemas), _) => {}
        (Some(Holds::Schemas), Value::Array(list)) => list.iter_mut().for_each(visit),
        (Some(Holds::Schemas), one) => visit(one),
    }
}

/// Visits the properties that may be left out.
pub(crate) fn each_optional_property(schema: &mut Object, mut visit: impl FnMut(&mut Object)) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (name, property) in properties.iter_mut() {
        let optional = !required.iter().any(|known| known == name);
        if let Some(property) = property.as_object_mut().filter(|_| optional) {
            visit(property);
        }
    }
}

/// Rewrites every schema object of the tree, inner ones first.
pub(crate) fn each_object(schema: &mut Value, rewrite: fn(&mut Object)) {
    let Value::Object(members) = schema else { return };
    for (keyword, value) in members.iter_mut() {
        under(keyword, value, &mut |child| each_object(child, rewrite));
    }
    rewrite(members);
}
