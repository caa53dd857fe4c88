//! An optional property does not offer `null`: leaving it out says the same, and nullable types break many clients
//! (<https://github.com/modelcontextprotocol/rust-sdk/issues/135>).
//!
//! Whoever decodes arguments must therefore read a `null` there as absent: models send it all the same. Where a
//! property is required, and in lists and maps, `null` means something and stays a branch of `anyOf`.

use serde_json::Value;

use super::unions;
use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    walk::each_optional_property(schema, without_null);
}

fn without_null(property: &mut Object) {
    let Some(Value::Array(branches)) = property.get("anyOf") else { return };
    if !branches.iter().any(is_null) {
        return;
    }
    let Some(Value::Array(branches)) = property.remove("anyOf") else { return };
    let others = branches.into_iter().filter(|branch| !is_null(branch));
    let others =
        others.filter_map(|branch| if let Value::Object(branch) = branch { Some(branch) } else { None });
    unions::insert(property, others.collect());
    if property.get("default").is_some_and(Value::is_null) {
        property.remove("default");
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|name| name == "null")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn optional_properties_lose_null() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let nullable =
            json!({"description": "d", "default": null, "anyOf": [{"type": "string"}, {"type": "null"}]});
        check(
            json!({"properties": {"a": nullable}}),
            json!({"properties": {"a": {"description": "d", "type": "string"}}}),
        );
        check(
            json!({"properties": {"a": nullable}, "required": ["a"]}),
            json!({"properties": {"a": nullable}, "required": ["a"]}),
        );
        check(
            json!({"items": nullable, "additionalProperties": nullable}),
            json!({"items": nullable, "additionalProperties": nullable}),
        );
        check(
            json!({"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "boolean"}]}}}),
            json!({"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "boolean"}]}}}),
        );
        check(json!({"properties": {"a": {"type": "null"}}}), json!({"properties": {"a": {"type": "null"}}}));
    }
}
