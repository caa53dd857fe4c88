//! An `enum` has texts only, none of them empty, because Gemini answers 400 to others
//! (<https://github.com/microsoft/azure-devops-mcp/issues/139>); the other members are said in words.
//!
//! Texts in the place of numbers would be refused when they come back, so numbers stay numbers.

use serde_json::Value;

use crate::schema::note::note;
use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let Some(Value::Array(members)) = schema.get("enum") else { return };
    if members.iter().all(|member| member.as_str().is_some_and(|text| !text.is_empty())) {
        return;
    }
    let members: Vec<_> = members.iter().map(ToString::to_string).collect();
    schema.remove("enum");
    note(schema, &format!("One of {}.", members.join(", ")));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_texts_are_listed() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(json!({"type": "string", "enum": ["a"]}), json!({"type": "string", "enum": ["a"]}));
        check(
            json!({"type": "integer", "enum": [1, 2]}),
            json!({"type": "integer", "description": "One of 1, 2."}),
        );
        check(
            json!({"items": {"type": "string", "enum": ["a", ""]}}),
            json!({"items": {"type": "string", "description": "One of \"a\", \"\"."}}),
        );
    }
}
