//! Anthropic's API answers 400 to the whole request.

use serde_json::Value;

use super::Objections;

/// A root that is no plain object (<https://github.com/anthropics/claude-code/issues/5973>,
/// <https://github.com/makenotion/notion-mcp-server/issues/341>), and a property whose name it does not take: "Property keys
/// should match pattern '^[a-zA-Z0-9_.-]{1,64}$'", it says.
pub(super) fn judge(schema: &Value, objections: &mut Objections) {
    objections.unless(
        schema["type"] == "object",
        "",
        "a root that is no object",
        "write `\"type\": \"object\"`",
    );
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let merged = "merge the alternatives into one object whose properties are those of all";
        objections.unless(schema.get(keyword).is_none(), "", format!("`{keyword}` at the root"), merged);
    }
    for name in schema["properties"].as_object().into_iter().flat_map(|named| named.keys()) {
        let legal = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
        let holds = (1..=64).contains(&name.len()) && name.chars().all(legal);
        let instead = "name it with 1 to 64 ASCII letters, digits, `_`, `.` and `-`";
        objections.unless(holds, "/properties", format!("a property named `{name}`"), instead);
    }
}
