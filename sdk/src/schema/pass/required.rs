//! `required` names properties that exist, each once, in their printed order: Gemini refuses the others
//! (<https://github.com/MarkusPfundstein/mcp-obsidian/issues/105>).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let Some(required) = schema.remove("required") else { return };
    let properties = schema.get("properties").and_then(Value::as_object);
    let known = |name: &&str| properties.is_some_and(|properties| properties.contains_key(*name));
    let names = required.as_array().into_iter().flatten().filter_map(Value::as_str);
    // Objects are printed sorted by key, so this is the order of the properties.
    let names: BTreeSet<&str> = names.filter(known).collect();
    if !names.is_empty() {
        schema.insert("required".to_owned(), json!(names));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_names_what_exists() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"properties": {"a": {}, "b": {}}, "required": ["b", "x", "a", "b"]}),
            json!({"properties": {"a": {}, "b": {}}, "required": ["a", "b"]}),
        );
        check(json!({"properties": {"a": {}}, "required": ["x"]}), json!({"properties": {"a": {}}}));
        check(json!({"required": []}), json!({}));
        check(json!({"items": {"required": ["a"]}}), json!({"items": {}}));
    }
}
