//! A tuple becomes a list whose items may be any of its parts, in a fixed number: positional items are refused by
//! Gemini and Copilot (<https://github.com/sbroenne/mcp-server-excel/pull/709>).
//!
//! The order, which the schema can no longer say, is said in words. Parts that are unions themselves are flattened by
//! `unions`.

use serde_json::{Value, json};

use crate::schema::note::note;
use crate::schema::{Object, walk, words};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let Some(Value::Array(parts)) = schema.remove("prefixItems") else { return };
    let longest = schema.get("maxItems").and_then(Value::as_u64);
    let open_ended = longest.is_none_or(|longest| longest > parts.len() as u64);
    let mut shapes: Vec<Value> = Vec::new();
    for part in &parts {
        if !shapes.contains(part) {
            shapes.push(part.clone());
        }
    }
    match schema.remove("items") {
        // What follows the parts may be anything, and so an item may be anything.
        None if open_ended => return,
        Some(rest) if open_ended && !shapes.contains(&rest) => shapes.push(rest),
        _ => {}
    }
    if shapes.len() > 1 {
        let parts: Vec<_> =
            parts.iter().map(|part| words::expectation(part, "").unwrap_or_default()).collect();
        note(schema, &format!("Items in order: {}.", parts.join("; ")));
    }
    schema.insert("items".to_owned(), one_form(shapes));
}

fn one_form(mut shapes: Vec<Value>) -> Value {
    if shapes.len() == 1 {
        return shapes.remove(0);
    }
    json!({"anyOf": shapes})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_become_lists() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let (string, number) = (json!({"type": "string"}), json!({"type": "number"}));
        check(
            json!({"type": "array", "prefixItems": [number, number], "minItems": 2, "maxItems": 2}),
            json!({"type": "array", "items": number, "minItems": 2, "maxItems": 2}),
        );
        check(
            json!({"type": "array", "prefixItems": [string, number], "maxItems": 2}),
            json!({"type": "array", "items": {"anyOf": [string, number]}, "maxItems": 2,
                   "description": "Items in order: a string; a number."}),
        );
        check(json!({"type": "array", "prefixItems": [string]}), json!({"type": "array"}));
        check(
            json!({"type": "array", "prefixItems": [string], "items": string}),
            json!({"type": "array", "items": string}),
        );
    }
}
