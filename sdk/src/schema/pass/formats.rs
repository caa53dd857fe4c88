//! `format` says only `date-time` and `date`, which OpenAI's strict mode and every model read
//! (<https://github.com/posit-dev/chatlas/pull/255>), and `password`, by which LobeChat hides what is typed into the
//! settings form; other formats become words.
//!
//! The names of Rust's numbers are left to `numbers`.

use serde_json::Value;

use crate::schema::note::note;
use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let Some(format) = schema.remove("format") else { return };
    let Value::String(name) = &format else { return };
    if matches!(name.as_str(), "date" | "date-time" | "password") {
        schema.insert("format".to_owned(), format);
        return;
    }
    note(schema, &sentence(name));
}

fn sentence(format: &str) -> String {
    let known = match format {
        "duration" => "An ISO 8601 duration.",
        "email" => "An email address.",
        "hostname" => "A host name.",
        "ip" => "An IP address.",
        "ipv4" => "An IPv4 address.",
        "ipv6" => "An IPv6 address.",
        "regex" => "A regular expression.",
        "time" => "A time of day with offset, as in RFC 3339.",
        "uri" => "An absolute URI.",
        "uuid" => "A UUID.",
        other => return format!("Format: {other}."),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_dates_are_formats() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(json!({"format": "date-time"}), json!({"format": "date-time"}));
        check(json!({"format": "date"}), json!({"format": "date"}));
        check(
            json!({"format": "email", "description": "Yours"}),
            json!({"description": "Yours\nAn email address."}),
        );
        check(json!({"format": "partial-date-time"}), json!({"description": "Format: partial-date-time."}));
        check(
            json!({"properties": {"format": {"type": "string"}}}),
            json!({"properties": {"format": {"type": "string"}}}),
        );
    }
}
