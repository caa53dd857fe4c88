//! A `$ref` stands alone, because OpenAPI 3.0 ignores what stands beside one
//! (<https://spec.openapis.org/oas/v3.0.3#reference-object>): it moves into `allOf`.

use serde_json::{Value, json};

use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    if schema.len() < 2 || !schema.contains_key("$ref") {
        return;
    }
    let Some(reference) = schema.remove("$ref") else { return };
    let reference = json!({"$ref": reference});
    match schema.get_mut("allOf") {
        Some(Value::Array(parts)) => parts.push(reference),
        _ => drop(schema.insert("allOf".to_owned(), json!([reference]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stand_alone() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(json!({"items": {"$ref": "#/a"}}), json!({"items": {"$ref": "#/a"}}));
        check(
            json!({"$ref": "#/a", "description": "d"}),
            json!({"allOf": [{"$ref": "#/a"}], "description": "d"}),
        );
        check(
            json!({"$ref": "#/a", "allOf": [{"type": "string"}]}),
            json!({"allOf": [{"type": "string"}, {"$ref": "#/a"}]}),
        );
    }
}
