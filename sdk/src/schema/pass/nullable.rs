//! `null` is no type in OpenAPI 3.0: a schema of one type says `nullable`, any other gets a branch whose only value is
//! `null` (<https://spec.openapis.org/oas/v3.0.3#schema-object>).
//!
//! By the letter `nullable` does nothing without a `type` beside it, and an `enum` must list `null` as well
//! (<https://github.com/OAI/OpenAPI-Specification/blob/main/proposals/2019-10-31-Clarify-Nullable.md>).

use serde_json::{Value, json};

use super::unions;
use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    if schema.get("type").is_some_and(|name| name == "null") {
        // Any type would do, since the only value is listed.
        schema.insert("type".to_owned(), "string".into());
        schema.insert("enum".to_owned(), json!([null]));
        schema.insert("nullable".to_owned(), Value::Bool(true));
    }
    let Some(Value::Array(mut branches)) = schema.remove("anyOf") else { return };
    let first = branches.iter().position(is_null);
    let mut index = 0;
    branches.retain(|branch| {
        index += 1;
        !is_null(branch) || Some(index - 1) == first
    });
    if let (Some(null), 2) = (first, branches.len())
        && branches[1 - null].get("type").is_some()
    {
        branches.remove(null);
        insert(schema, branches);
        admit_null(schema);
        return;
    }
    insert(schema, branches);
}

fn insert(schema: &mut Object, branches: Vec<Value>) {
    let branches = branches.into_iter().filter_map(|branch| match branch {
        Value::Object(branch) => Some(branch),
        _ => None,
    });
    unions::insert(schema, branches.collect());
}

/// Tells a branch that the inner visit has rewritten already.
fn is_null(branch: &Value) -> bool {
    branch.get("enum").is_some_and(|members| *members == json!([null]))
}

fn admit_null(schema: &mut Object) {
    schema.insert("nullable".to_owned(), Value::Bool(true));
    if let Some(Value::Array(members)) = schema.get_mut("enum")
        && !members.contains(&Value::Null)
    {
        members.push(Value::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_no_type() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let nothing = json!({"type": "string", "enum": [null], "nullable": true});
        check(json!({"type": "null"}), nothing.clone());
        check(
            json!({"description": "d", "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
            json!({"description": "d", "type": "string", "enum": ["a", null], "nullable": true}),
        );
        check(
            json!({"anyOf": [{"$ref": "#/a"}, {"type": "null"}]}),
            json!({"anyOf": [{"$ref": "#/a"}, nothing]}),
        );
        check(
            json!({"anyOf": [{"type": "string"}, {"type": "boolean"}, {"type": "null"}]}),
            json!({"anyOf": [{"type": "string"}, {"type": "boolean"}, nothing]}),
        );
        check(
            json!({"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "null"}]}),
            json!({"type": "string", "nullable": true}),
        );
    }
}
