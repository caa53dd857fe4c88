//! Leaves out what Gemini's `Schema` has no field for; what it would have said is put into words. The list is that of
//! <https://googleapis.github.io/js-genai/release_docs/interfaces/types.Schema.html>.
//!
//! `nullable` is among its fields, but not among ours: a `null` that means something stays a branch of `anyOf`, which
//! Gemini reads (<https://github.com/aoci-spec/aoci-code/issues/61>) and every other client too.

use serde_json::Value;

use super::spoken::sentence;
use crate::schema::note::note;
use crate::schema::{Object, walk};

const FIELDS: &[&str] = &[
    "anyOf",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "pattern",
    "properties",
    "required",
    "title",
    "type",
];

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let known = |keyword: &str, value: &Value| {
        // For texts it knows `date-time` and `enum` only: https://github.com/google-gemini/gemini-cli/issues/3178
        FIELDS.contains(&keyword) && (keyword != "format" || value == "date-time")
    };
    let mut unknown: Vec<String> = schema
        .iter()
        .filter(|(keyword, value)| !known(keyword, value))
        .map(|(name, _)| name.clone())
        .collect();
    // What is said must not depend on the order of a map.
    unknown.sort();
    for keyword in unknown {
        let said = schema.remove(&keyword).and_then(|value| sentence(&keyword, &value));
        said.iter().for_each(|said| note(schema, said));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_known_fields_stay() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"type": "string", "examples": ["a"], "deprecated": true, "x-own": 1, "default": "b"}),
            json!({"type": "string", "default": "b", "description": "Deprecated.\nFor example \"a\"."}),
        );
        check(
            json!({"properties": {"examples": {"type": "string", "format": "date"}}}),
            json!({"properties": {"examples": {"type": "string", "description": "A date, as in RFC 3339."}}}),
        );
        check(json!({"format": "date-time"}), json!({"format": "date-time"}));
    }
}
