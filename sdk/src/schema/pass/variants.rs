//! The unit variants of a Rust enum become one `enum` of names, with their doc comments as lines of the description.
//!
//! schemars writes the documented ones as branches of their own and the others together before them; models read
//! one list far better, and no client has trouble with it.

use serde_json::{Value, json};

use super::unions;
use crate::schema::note::{description, note};
use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let Some(Value::Array(branches)) = schema.remove("anyOf") else { return };
    let mut folded: Vec<Object> = Vec::new();
    // Where the list of each type stands that takes up the others.
    let mut lists: Vec<usize> = Vec::new();
    for branch in branches {
        let Value::Object(branch) = branch else { continue };
        let single = is_variant(&branch);
        match lists.iter().find(|list| single && same_type(&folded[**list], &branch)) {
            Some(list) => fold(&mut folded[*list], &branch),
            None => {
                lists.extend(single.then_some(folded.len()));
                folded.push(branch);
            }
        }
    }
    let lines = if folded.len() == 1 { folded[0].remove("description") } else { None };
    unions::insert(schema, folded);
    if let Some(Value::String(lines)) = lines {
        note(schema, &lines);
    }
}

/// A branch that is nothing but one value, or several without a word. A described list of several is an enum of its
/// own, whose description does not fit others.
fn is_variant(branch: &Object) -> bool {
    let only_list =
        branch.keys().all(|key| matches!(key.as_str(), "description" | "enum" | "title" | "type"));
    let Some(Value::Array(values)) = branch.get("enum") else { return false };
    only_list && (values.len() == 1 || !branch.contains_key("description"))
}

fn same_type(one: &Object, other: &Object) -> bool {
    one.get("type") == other.get("type")
}

fn fold(known: &mut Object, variant: &Object) {
    let line = line(variant);
    if let Some(own) = self::line(known) {
        known.insert("description".to_owned(), own.into());
    }
    if let (Some(Value::Array(values)), Some(Value::Array(more))) =
        (known.get_mut("enum"), variant.get("enum"))
    {
        for value in more {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
    }
    known.remove("title");
    if let Some(line) = line {
        note(known, &line);
    }
}

/// The line of a described variant.
fn line(variant: &Object) -> Option<String> {
    let text = description(variant)?;
    match variant.get("enum")?.as_array()?.as_slice() {
        [one] => Some(format!("- {}: {text}", as_code(one))),
        _ => None,
    }
}

fn as_code(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("`{}`", json!(value)), |text| format!("`{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_become_one_list() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let one = |name: &str, doc: &str| json!({"type": "string", "enum": [name], "description": doc});
        check(
            json!({"description": "Mood.", "anyOf": [{"type": "string", "enum": ["b"]}, one("a", "Good\n  day."), one("c", "Bad.")]}),
            json!({"type": "string", "enum": ["b", "a", "c"], "description": "Mood.\n- `a`: Good day.\n- `c`: Bad."}),
        );
        check(
            json!({"anyOf": [one("a", "Good."), {"type": "object"}, one("c", "Bad.")]}),
            json!({"anyOf": [{"type": "string", "enum": ["a", "c"], "description": "- `a`: Good.\n- `c`: Bad."}, {"type": "object"}]}),
        );
        check(
            json!({"anyOf": [{"type": "integer", "enum": [1], "description": "One."}, {"type": "integer", "enum": [2]}]}),
            json!({"type": "integer", "enum": [1, 2], "description": "- `1`: One."}),
        );
        check(
            json!({"anyOf": [{"type": "string"}, one("a", "x")]}),
            json!({"anyOf": [{"type": "string"}, one("a", "x")]}),
        );
    }
}
