//! Of several `examples` the first becomes the `example` of OpenAPI 3.0
//! (<https://spec.openapis.org/oas/v3.0.3#schema-object>).

use serde_json::Value;

use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let Some(Value::Array(examples)) = schema.remove("examples") else { return };
    if let Some(first) = examples.into_iter().next() {
        schema.entry("example").or_insert(first);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn there_is_one_example() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(json!({"examples": [1, 2]}), json!({"example": 1}));
        check(json!({"examples": [1], "example": 3}), json!({"example": 3}));
        check(json!({"items": {"examples": []}}), json!({"items": {}}));
        check(json!({"properties": {"examples": {}}}), json!({"properties": {"examples": {}}}));
    }
}
