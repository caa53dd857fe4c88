//! A schema and all schemas in it, each with its place.

use serde_json::Value;

use crate::json::pointer;
use crate::schema::{Holds, holds};

/// Visits a schema and all in it, the outer one first, each with the JSON Pointer that leads there.
///
/// `true` and `false` are visited where a client wants to know what something looks like, and not where they say whether
/// there may be more.
pub(super) fn each(schema: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    visit_below("", schema, visit);
}

fn visit_below(place: &str, schema: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    visit(place, schema);
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        let place = format!("{place}/{keyword}");
        match (holds(keyword), value) {
            (None, _) | (Some(Holds::Schemas), Value::Bool(_)) => {}
            (Some(Holds::NamedSchemas), named) => {
                for (name, child) in named.as_object().into_iter().flatten() {
                    visit_below(&(place.clone() + &pointer(name)), child, visit);
                }
            }
            (Some(Holds::Schemas), Value::Array(children)) => {
                for (index, child) in children.iter().enumerate() {
                    visit_below(&format!("{place}/{index}"), child, visit);
                }
            }
            (Some(Holds::Schemas), child) => visit_below(&place, child, visit),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_schema_is_visited_at_its_place() {
        let schema = json!({
            "properties": {"a/b": {"items": [true, {}]}, "enum": {"not": {}}},
            "additionalProperties": false, "default": {"properties": {}}, "anyOf": [{}],
        });
        let mut places = Vec::new();
        each(&schema, &mut |place, _| places.push(place.to_owned()));
        places.sort();
        let expected = [
            "",
            "/anyOf/0",
            "/properties/a~1b",
            "/properties/a~1b/items/0",
            "/properties/a~1b/items/1",
            "/properties/enum",
            "/properties/enum/not",
        ];
        assert_eq!(places, expected);
    }
}
