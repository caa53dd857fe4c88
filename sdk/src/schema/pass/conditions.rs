//! Leaves out what no model API reads: conditions, negations, patterns of names, and the bookkeeping of schemas.
//!
//! Leaving out widens, and that is allowed: a profile may show more than is accepted, because the serde type still
//! decides, but it must never refuse something valid. `$defs` stays until references are gone.

use serde_json::{Value, json};

use crate::schema::{Object, walk};

const LEFT_OUT: &[&str] = &[
    "$anchor",
    "$comment",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    // A few strict clients refuse it: https://github.com/ahmadrosid/nakama/issues/292
    "$schema",
    "$vocabulary",
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "minContains",
    "not",
    // Strict validators refuse it: https://github.com/MikkoParkkola/nab/issues/61
    "nullable",
    "propertyNames",
    "readOnly",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "writeOnly",
];

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    allow_patterns(schema);
    for keyword in LEFT_OUT {
        schema.remove(*keyword);
    }
}

/// Maps with integer keys say `patternProperties` and forbid all other names. Without the pattern, every name gets
/// what the pattern's names had.
pub(crate) fn allow_patterns(schema: &mut Object) {
    let Some(Value::Object(patterns)) = schema.remove("patternProperties") else { return };
    let mut values: Vec<Value> = Vec::new();
    // By name, so that the alternatives stand in the same order whatever the map keeps.
    let mut names: Vec<_> = patterns.keys().collect();
    names.sort();
    values.extend(names.into_iter().map(|name| patterns[name].clone()));
    match schema.remove("additionalProperties") {
        Some(Value::Object(others)) => values.push(Value::Object(others)),
        Some(Value::Bool(false)) => {}
        _ => return,
    }
    let one = if values.len() == 1 { values.remove(0) } else { json!({"anyOf": values}) };
    schema.insert("additionalProperties".to_owned(), one);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unread_keywords_are_left_out() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(json!({"$schema": "s", "$comment": "c", "type": "string"}), json!({"type": "string"}));
        check(json!({"properties": {"not": {"not": {}}}}), json!({"properties": {"not": {}}}));
        check(json!({"items": {"readOnly": true, "nullable": true}}), json!({"items": {}}));
        check(json!({"if": {}, "then": {}, "else": {}, "dependentRequired": {}}), json!({}));
        check(json!({"$defs": {"a": {"$id": "a"}}}), json!({"$defs": {"a": {}}}));
    }

    #[test]
    fn a_pattern_of_names_becomes_every_name() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let number = json!({"type": "integer"});
        check(
            json!({"patternProperties": {"^\\d+$": number}, "additionalProperties": false}),
            json!({"additionalProperties": number}),
        );
        check(
            json!({"patternProperties": {"b": {"minimum": 1}, "a": number}, "additionalProperties": {"type": "null"}}),
            json!({"additionalProperties": {"anyOf": [number, {"minimum": 1}, {"type": "null"}]}}),
        );
        check(json!({"patternProperties": {"a": number}}), json!({}));
    }
}
