//! What serde refuses and schemars does not say: numbers that do not fit Rust's integers, and a `Result` that is both.
//!
//! schemars writes bounds for the small types and only names the others (`"format": "int64"`), which says nothing to a
//! validator. A schema that admits a number which the plugin then refuses would be a lie.

use serde_json::{Number, Value, json};

use super::{Object, walk};

/// Writes the missing bounds of every integer, and closes both sides of every `Result`.
pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, bound);
    walk::each_object(schema, close_results);
}

/// An enum of the user's own is closed already.
fn close_results(schema: &mut Object) {
    let Some(Value::Array(sides)) = schema.get_mut("oneOf") else { return };
    if let [Value::Object(ok), Value::Object(err)] = sides.as_mut_slice()
        && is_side(ok, "Ok")
        && is_side(err, "Err")
    {
        for side in [ok, err] {
            side.entry("additionalProperties").or_insert(Value::Bool(false));
        }
    }
}

/// Tells an object whose only known member is this one.
fn is_side(schema: &Object, name: &str) -> bool {
    let known = schema.get("properties").and_then(Value::as_object);
    known.is_some_and(|known| known.len() == 1 && known.contains_key(name))
        && schema.get("required").is_some_and(|required| *required == json!([name]))
}

fn bound(schema: &mut Object) {
    let Some((low, high)) = schema.get("format").and_then(Value::as_str).and_then(range) else { return };
    let missing =
        |schema: &Object, keywords: [&str; 2]| !keywords.iter().any(|keyword| schema.contains_key(*keyword));
    if missing(schema, ["minimum", "exclusiveMinimum"]) {
        schema.insert("minimum".to_owned(), low.into());
    }
    if missing(schema, ["maximum", "exclusiveMaximum"]) {
        schema.insert("maximum".to_owned(), high.into());
    }
}

/// Returns the smallest and the largest value of a Rust integer, by the name that schemars has for it. Those of 128 bits
/// have none that JSON libraries agree on.
fn range(format: &str) -> Option<(Number, Number)> {
    match format {
        "int8" => Some((i8::MIN.into(), i8::MAX.into())),
        "int16" => Some((i16::MIN.into(), i16::MAX.into())),
        "int32" => Some((i32::MIN.into(), i32::MAX.into())),
        "int64" => Some((i64::MIN.into(), i64::MAX.into())),
        "int" => Some((isize::MIN.into(), isize::MAX.into())),
        "uint8" => Some((u8::MIN.into(), u8::MAX.into())),
        "uint16" => Some((u16::MIN.into(), u16::MAX.into())),
        "uint32" => Some((u32::MIN.into(), u32::MAX.into())),
        "uint64" => Some((u64::MIN.into(), u64::MAX.into())),
        "uint" => Some((usize::MIN.into(), usize::MAX.into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_one_of_two() {
        let side = |name: &str| json!({ "type": "object", "properties": { name: {} }, "required": [name] });
        let closed = |name: &str| {
            let mut side = side(name);
            side["additionalProperties"] = json!(false);
            side
        };
        let mut schema =
            json!({ "items": { "oneOf": [side("Ok"), side("Err")] }, "oneOf": [side("Ok"), side("No")] });
        apply(&mut schema);
        let expected =
            json!({ "items": { "oneOf": [closed("Ok"), closed("Err")] }, "oneOf": [side("Ok"), side("No")] });
        assert_eq!(schema, expected);
    }

    #[test]
    fn integers_say_how_large_they_may_be() {
        let mut schema = json!({ "properties": {
            "a": { "type": "integer", "format": "uint64", "minimum": 0 },
            "b": { "type": ["integer", "null"], "format": "int32", "exclusiveMaximum": 5 },
            "c": { "type": "number", "format": "double" },
        } });
        apply(&mut schema);
        let expected = json!({ "properties": {
            "a": { "type": "integer", "format": "uint64", "minimum": 0, "maximum": u64::MAX },
            "b": { "type": ["integer", "null"], "format": "int32", "exclusiveMaximum": 5, "minimum": i32::MIN },
            "c": { "type": "number", "format": "double" },
        } });
        assert_eq!(schema, expected);
    }
}
