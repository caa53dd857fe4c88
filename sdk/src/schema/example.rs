//! A value that a portable schema admits, for people to try an operation with. It is plausible, not clever.

use serde_json::{Map, Value, json};

/// Makes a value of the required members only.
pub(crate) fn of(schema: &Value) -> Value {
    let first = |keyword: &str| schema.get(keyword)?.as_array()?.first().cloned();
    if let Some(given) =
        first("examples").or_else(|| schema.get("default").cloned()).or_else(|| first("enum"))
    {
        return given;
    }
    if let Some(branch) = first("anyOf") {
        return of(&branch);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => object(schema),
        Some("array") => array(schema),
        Some("string") => json!("text"),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(true),
        _ => Value::Null,
    }
}

fn object(schema: &Value) -> Value {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let members = required.filter_map(Value::as_str).map(|name| {
        let property = schema.get("properties").and_then(|properties| properties.get(name));
        (name.to_owned(), property.map_or(Value::Null, of))
    });
    Value::Object(members.collect::<Map<_, _>>())
}

fn array(schema: &Value) -> Value {
    let wanted = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(1, 4);
    let item = schema.get("items").map_or(Value::Null, of);
    (0..wanted).map(|_| item.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_has_what_is_required() {
        let schema = json!({
            "type": "object",
            "properties": {
                "mood": { "type": "string", "enum": ["happy", "sad"] },
                "limit": { "type": "integer", "minimum": 2 },
                "tags": { "type": "array", "items": { "type": "string" } },
                "note": { "type": "string" },
            },
            "required": ["limit", "mood", "tags"],
        });
        assert_eq!(of(&schema), json!({ "limit": 2, "mood": "happy", "tags": ["text"] }));
    }
}
