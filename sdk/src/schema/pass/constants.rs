//! `const` becomes an `enum` of one value, because Gemini knows no `const`
//! (<https://github.com/pizza-bot-app/pizza-bot/issues/62>), and every `enum` gets the type of its members.
//!
//! Enums of integers stay as they are, although Gemini wants strings
//! (<https://github.com/microsoft/azure-devops-mcp/issues/139>): their names are not in the schema, and strings would
//! refuse what serde reads.

use serde_json::{Value, json};

use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    if let Some(value) = schema.remove("const") {
        schema.insert("enum".to_owned(), json!([value]));
    }
    let Some(Value::Array(members)) = schema.get("enum") else { return };
    if members.is_empty() {
        // Clients refuse an empty enum, and one that allows nothing is a mistake that a lint reports.
        schema.remove("enum");
        return;
    }
    let types = types_of(members);
    if !schema.contains_key("type") {
        let one_or_many = if let [one] = types.as_slice() { json!(one) } else { json!(types) };
        schema.insert("type".to_owned(), one_or_many);
    }
}

/// Lists the JSON types of some values, each once, in the order of their first value.
pub(crate) fn types_of(values: &[Value]) -> Vec<&'static str> {
    let mut types = Vec::new();
    for name in values.iter().map(type_of) {
        if !types.contains(&name) {
            types.push(name);
        }
    }
    if types.contains(&"number") {
        types.retain(|name| *name != "integer");
    }
    types
}

/// Names the JSON Schema type of a value.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_become_typed_enums() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(json!({"const": "a"}), json!({"enum": ["a"], "type": "string"}));
        check(json!({"const": "a", "type": "string"}), json!({"enum": ["a"], "type": "string"}));
        check(
            json!({"properties": {"const": {"const": 1}}}),
            json!({"properties": {"const": {"enum": [1], "type": "integer"}}}),
        );
        check(json!({"enum": [1, 2.5]}), json!({"enum": [1, 2.5], "type": "number"}));
        check(json!({"enum": ["a", null]}), json!({"enum": ["a", null], "type": ["string", "null"]}));
        check(json!({"enum": []}), json!({}));
        check(json!({"default": {"const": 1}}), json!({"default": {"const": 1}}));
    }
}
