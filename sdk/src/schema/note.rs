//! Saying in a description what a keyword may no longer say.
//!
//! The sentences themselves stand with the rewrites that need them.

use serde_json::Value;

use super::Object;

/// Adds a line to a schema's description, unless the description says so already.
pub(crate) fn note(schema: &mut Object, line: &str) {
    let description = match schema.get("description") {
        Some(Value::String(text)) if text.contains(line) => return,
        Some(Value::String(text)) if !text.is_empty() => format!("{text}\n{line}"),
        _ => line.to_owned(),
    };
    schema.insert("description".to_owned(), Value::String(description));
}

/// Reads a schema's description as one line.
pub(crate) fn description(schema: &Object) -> Option<String> {
    let text = schema.get("description")?.as_str()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|line| !line.is_empty())
}

/// Writes names as code, one after the other: `` `a`, `b` and `c` ``.
pub(crate) fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_added_once() {
        let mut schema = Object::new();
        for line in ["One.", "Two.", "One.", "Two."] {
            note(&mut schema, line);
        }
        assert_eq!(Value::Object(schema), json!({"description": "One.\nTwo."}));
    }

    #[test]
    fn names_read_as_a_list() {
        assert_eq!(names(["a"]), "`a`");
        assert_eq!(names(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
