//! `additionalProperties` goes, because Gemini refuses it; what a map holds is said in words
//! (<https://github.com/ravitemer/mcphub.nvim/pull/124>).

use serde_json::Value;

use crate::schema::note::note;
use crate::schema::{Object, walk, words};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let Some(values @ Value::Object(_)) = schema.remove("additionalProperties") else { return };
    let Some(values) = words::expectation(&values, "") else { return };
    note(schema, &format!("Other names may be given, each with {values}."));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_become_words() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "properties": {}, "description": "Other names may be given, each with a string."}),
        );
        check(json!({"type": "object", "additionalProperties": false}), json!({"type": "object"}));
        check(
            json!({"items": {"type": "object", "additionalProperties": true}}),
            json!({"items": {"type": "object"}}),
        );
    }
}
