//! The names of Rust's numbers go: they say nothing to a model, and make Ajv warn for hundreds of lines
//! (<https://github.com/ZhangHanDong/mempal/pull/84>).
//!
//! The bounds that schemars writes beside them stay. Formats of texts are put into words by `formats`, later, when
//! descriptions have found their place.

use serde_json::Value;

use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    if schema.get("format").and_then(Value::as_str).is_some_and(is_of_rust) {
        schema.remove("format");
    }
}

/// `int`, `uint8`, `double` and the like.
fn is_of_rust(format: &str) -> bool {
    let kind = format.trim_end_matches(|digit: char| digit.is_ascii_digit());
    matches!(kind, "char" | "double" | "float" | "int" | "uint")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_have_no_format() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        for rust in ["int", "int128", "uint64", "float", "double", "char"] {
            check(json!({"format": rust}), json!({}));
        }
        check(json!({"items": {"format": "uint8", "minimum": 0}}), json!({"items": {"minimum": 0}}));
        check(json!({"format": "date"}), json!({"format": "date"}));
        check(json!({"format": "email"}), json!({"format": "email"}));
    }
}
