//! Reading JSON more strictly than serde_json does by itself: an object with the same member twice is refused.
//!
//! Two parsers that disagree on which of two equal members counts are how a check is passed with one value and the
//! call made with another. serde_json's own limit stays on, which is at 127 nested levels: where there is exactly one more, the
//! outermost one is taken off first.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

/// How deep values may be nested.
const MAX_DEPTH: usize = 128;

/// Reads a JSON text whose objects name every member once.
///
/// # Errors
///
/// Text that is not JSON, is nested deeper than 128 levels, goes on after the value, or names a member twice.
pub fn parse(text: &[u8]) -> serde_json::Result<Value> {
    match serde_json::from_slice::<Strict>(text) {
        Ok(Strict(value)) => Ok(value),
        Err(_) if depth(text) == MAX_DEPTH => serde_json::from_slice::<Outermost>(text).map(|value| value.0),
        Err(error) => Err(error),
    }
}

/// Counts the levels of a text, as far as it is JSON.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest, mut bytes) = (0_usize, 0, text.iter());
    let mut is_quoted = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if is_quoted => drop(bytes.next()),
            b'"' => is_quoted = !is_quoted,
            b'[' | b'{' if !is_quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Writes a member's name as one step of a JSON Pointer (RFC 6901): `/` and the name.
#[must_use]
pub fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Names the JSON type of a value, for messages that must not hold the value itself.
#[must_use]
pub const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value, read in one go.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor::<Self>(PhantomData)).map(Self)
    }
}

/// A value of which each item or member is read by itself, and has serde_json's levels for itself.
struct Outermost(Value);

impl<'de> Deserialize<'de> for Outermost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor::<&'de RawValue>(PhantomData)).map(Self)
    }
}

/// What stands in a list or an object.
trait Inner<'de>: Deserialize<'de> {
    fn value(self) -> serde_json::Result<Value>;
}

impl Inner<'_> for Strict {
    fn value(self) -> serde_json::Result<Value> {
        Ok(self.0)
    }
}

impl<'de> Inner<'de> for &'de RawValue {
    fn value(self) -> serde_json::Result<Value> {
        serde_json::from_str::<Strict>(self.get())?.value()
    }
}

struct StrictVisitor<I>(PhantomData<I>);

impl<'de, I: Inner<'de>> Visitor<'de> for StrictVisitor<I> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element::<I>()? {
            items.push(item.value().map_err(de::Error::custom)?);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry::<String, I>()? {
            if members.insert(name, value.value().map_err(de::Error::custom)?).is_some() {
                return Err(de::Error::custom("an object names the same member twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_named_twice_is_refused_at_any_depth() {
        let check = |text: &str, fine| assert_eq!(parse(text.as_bytes()).is_ok(), fine, "{text}");
        check(r#"{"a":1,"b":[{"c":null},-1.5,18446744073709551615]}"#, true);
        check(r#"{"a":1,"a":1}"#, false);
        check(r#"[{"a":{"b":1,"\u0062":2}}]"#, false);
        check("{} {}", false);
    }

    #[test]
    fn it_reads_128_levels() {
        let check = |text: &str, fine| assert_eq!(parse(text.as_bytes()).is_ok(), fine, "{text}");
        let lists = |count| format!("{}{}", "[".repeat(count), "]".repeat(count));
        let objects = |count, within| format!("{}{within}{}", r#"{"a":"#.repeat(count), "}".repeat(count));
        for (count, fine) in [(127, true), (128, true), (129, false), (200, false), (100_000, false)] {
            check(&lists(count), fine);
            check(&objects(count, "1"), fine);
            check(&format!(r#"{{"brackets":"\\\"[[[","a":{},"b":1}}"#, lists(count - 1)), fine);
        }
        let value = parse(objects(128, "1").as_bytes()).unwrap();
        assert_eq!(value.to_string(), objects(128, "1"));
        check(&objects(127, r#"{"a":1,"a":1}"#), false);
        check(&format!(r#"{{"a":{},"a":1}}"#, lists(127)), false);
        check(&format!("{} 1", lists(128)), false);
        check(&format!("[{},]", lists(127)), false);
        check(&lists(128)[..200], false);
    }

    #[test]
    fn it_reads_what_serde_json_reads() {
        let text = r#"{"a":[true,null,"x\n",1,-2,0.5,1e3],"b":{}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }
}
