//! Every object is closed, as OpenAI's strict mode demands (<https://github.com/dotnet/extensions/issues/6266>).
//!
//! It knows no maps (<https://github.com/ravitemer/mcphub.nvim/pull/124>): nothing can be written into one, and a
//! sentence says so.

use serde_json::{Map, Value};

use crate::schema::note::note;
use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    if schema.get("type").is_none_or(|name| name != "object") {
        return;
    }
    let was_open =
        schema.insert("additionalProperties".to_owned(), Value::Bool(false)) != Some(Value::Bool(false));
    let nothing = schema.get("properties").and_then(Value::as_object).is_none_or(Map::is_empty);
    if was_open && nothing {
        note(schema, "Only an empty object can be given here.");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_closed() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        let closed = json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false});
        check(json!({"type": "object", "properties": {"a": {}}}), closed.clone());
        check(
            json!({"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "null"}}),
            closed,
        );
        check(
            json!({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "properties": {}, "additionalProperties": false,
                   "description": "Only an empty object can be given here."}),
        );
        check(
            json!({"items": {"type": "object", "properties": {}, "additionalProperties": false}}),
            json!({"items": {"type": "object", "properties": {}, "additionalProperties": false}}),
        );
        check(json!({"type": "string"}), json!({"type": "string"}));
    }
}
