//! What OpenAI's strict mode does not read is put into words: defaults, formats, patterns and bounds
//! (<https://github.com/posit-dev/chatlas/pull/255>, <https://github.com/anthony-chaudhary/fak/issues/10777>).
//!
//! Newer models read some of it, fine-tuned ones and Azure's none; what nobody refuses is the words.

use serde_json::Value;

use crate::schema::note::note;
use crate::schema::{Object, walk};

/// In the order in which they are said.
const SAID: &[&str] = &[
    "title",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "default",
    "examples",
    "deprecated",
];

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    for keyword in SAID {
        let Some(value) = schema.remove(*keyword) else { continue };
        if let Some(sentence) = sentence(keyword, &value) {
            note(schema, &sentence);
        }
    }
}

/// Says what a keyword asks for; nothing for what only names a Rust type.
pub(crate) fn sentence(keyword: &str, value: &Value) -> Option<String> {
    Some(match (keyword, value) {
        ("format", Value::String(format)) if format == "date" => "A date, as in RFC 3339.".to_owned(),
        ("format", Value::String(format)) if format == "date-time" => {
            "A date and time, as in RFC 3339.".to_owned()
        }
        ("pattern", Value::String(pattern)) => format!("Must match the pattern `{pattern}`."),
        ("minLength", _) => format!("At least {value} characters."),
        ("maxLength", _) => format!("At most {value} characters."),
        ("minimum", _) => format!("At least {value}."),
        ("maximum", _) => format!("At most {value}."),
        ("minItems", _) => format!("At least {value} items."),
        ("maxItems", _) => format!("At most {value} items."),
        ("minProperties", _) => format!("At least {value} members."),
        ("maxProperties", _) => format!("At most {value} members."),
        ("default", _) => format!("Default: {value}."),
        ("examples", Value::Array(examples)) if !examples.is_empty() => {
            let examples: Vec<_> = examples.iter().map(ToString::to_string).collect();
            format!("For example {}.", examples.join(", "))
        }
        ("deprecated", Value::Bool(true)) => "Deprecated.".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_read_is_said() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"type": "integer", "minimum": 1, "maximum": 9, "default": 3, "description": "d"}),
            json!({"type": "integer", "description": "d\nAt least 1.\nAt most 9.\nDefault: 3."}),
        );
        check(
            json!({"type": "string", "format": "date", "pattern": "^2", "examples": ["2026-01-01"]}),
            json!({"type": "string", "description":
                "A date, as in RFC 3339.\nMust match the pattern `^2`.\nFor example \"2026-01-01\"."}),
        );
        check(json!({"title": "Rust", "deprecated": false}), json!({}));
        check(json!({"properties": {"default": {}}}), json!({"properties": {"default": {}}}));
    }
}
