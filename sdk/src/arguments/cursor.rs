//! The argument `cursor` of operations that answer page by page. Functions know nothing of it: it is described beside their
//! own arguments, and taken away before they are called.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{Members, tolerant};
use crate::call::{Arguments, Call};
use crate::error::{ArgumentFault, PluginError};
use crate::json;
use crate::schema::Schema;

const CURSOR: &str = "cursor";

/// Describes it beside other arguments; nothing when there is one of that name, which is the function's own to read.
pub(crate) fn beside(parameters: &Schema) -> Option<Schema> {
    let mut schema = parameters.to_value();
    let properties = schema.as_object_mut()?.entry("properties").or_insert_with(|| json!({}));
    let properties = properties.as_object_mut().filter(|properties| !properties.contains_key(CURSOR))?;
    let cursor = json!({
        "type": ["string", "null"],
        "description": "Where to go on: `next` of the answer before. Leave it out to begin.",
    });
    properties.insert(CURSOR.to_owned(), cursor);
    Some(Schema::from_value(schema))
}

/// Takes it out of a call: how many items are left behind.
///
/// # Errors
///
/// When it is none that an answer gave.
pub(crate) fn take(call: Call) -> Result<(Call, usize), PluginError> {
    let Ok(Members(members)) = serde_json::from_slice(call.arguments().text()) else {
        // Whoever reads the other arguments says what is wrong.
        return Ok((call, 0));
    };
    let Some((_, cursor)) = members.iter().find(|(name, _)| name == CURSOR) else { return Ok((call, 0)) };
    let start = read(cursor)?;
    let others = members.iter().filter(|(name, _)| name != CURSOR);
    let others: Vec<_> = others.map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    let arguments = Arguments::from_text(format!("{{{}}}", others.join(",")));
    Ok((call.with_arguments(arguments), start))
}

fn read(cursor: &RawValue) -> Result<usize, PluginError> {
    let faulty = |fault| PluginError::argument_faults(vec![fault]);
    let cursor = json::parse(cursor.get().as_bytes()).map_err(|cause| faulty(tolerant::not_json(&cause)))?;
    let start = match &cursor {
        Value::Null => Some(0),
        // What some models write for nothing.
        Value::String(text) if text.is_empty() => Some(0),
        Value::String(text) => text.parse().ok(),
        // What others make of a text of digits.
        Value::Number(number) => number.as_u64().and_then(|number| number.try_into().ok()),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    start.ok_or_else(|| {
        let expected = "what the answer before has as `next`";
        let received = if cursor.is_string() { "another text" } else { json::type_name(&cursor) };
        faulty(ArgumentFault::new(json::pointer(CURSOR), expected, received))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_taken_away() {
        let check = |arguments: &'static str, expected: Result<(&str, usize), ()>| {
            let taken = take(Call::new("list", Arguments::from_text(arguments)));
            let taken = taken.as_ref().map(|(call, start)| (call.arguments().text(), *start));
            assert_eq!(taken.map_err(|_| ()), expected.map(|(text, start)| (text.as_bytes(), start)));
        };
        check("", Ok(("", 0)));
        check("[1]", Ok(("[1]", 0)));
        check(r#"{ "a": 1 }"#, Ok((r#"{ "a": 1 }"#, 0)));
        check(r#"{ "a": [1, 2], "cursor": "7", "\"": "x" }"#, Ok((r#"{"a":[1, 2],"\"":"x"}"#, 7)));
        check(r#"{"c\u0075rsor":null}"#, Ok(("{}", 0)));
        check(r#"{"cursor":""}"#, Ok(("{}", 0)));
        check(r#"{"cursor":20}"#, Ok(("{}", 20)));
        for wrong in [r#"{"cursor":"-1"}"#, r#"{"cursor":"a"}"#, r#"{"cursor":1.5}"#, r#"{"cursor":[]}"#] {
            check(wrong, Err(()));
        }
    }
}
