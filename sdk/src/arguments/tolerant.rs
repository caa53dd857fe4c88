//! The second reading of arguments that did not fit at the first: it forgives what models commonly do wrong, and
//! where it cannot, it says what is wrong without repeating any value.
//!
//! Forgiven: a whole number written as `3.0`, and `null` for something optional. Both are legal under the schema that
//! the model was given, or so common that refusing them helps nobody.
//!
//! It is a deserializer over [`serde_json::Value`] of its own, because serde_json's error is a sentence with the value
//! in it, and what is needed here are its parts: the place, the expectation, the JSON type that came.

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use super::Unread;
use super::mismatch::{Mismatch, one_of};
use crate::error::ArgumentFault;
use crate::json;

/// Reads a JSON text, forgiving.
pub(super) fn decode<T: DeserializeOwned>(text: &[u8]) -> Result<T, ArgumentFault> {
    let value = json::parse(text).map_err(|cause| not_json(&cause))?;
    decode_value(&value)
}

/// Reads a JSON value, forgiving.
pub(super) fn decode_value<T: DeserializeOwned>(value: &Value) -> Result<T, ArgumentFault> {
    let read = |nulls| T::deserialize(Tolerant { value, nulls });
    read(Nulls::Kept).or_else(|mismatch| read(Nulls::Absent).map_err(|_| mismatch.into_fault(value)))
}

/// Says that a text is not JSON, and where it stops to be.
pub(super) fn not_json(cause: &serde_json::Error) -> ArgumentFault {
    if cause.is_data() {
        return ArgumentFault::new("", "objects that name every member once", "the same name twice");
    }
    let place = format!("text that is not JSON (line {}, column {})", cause.line(), cause.column());
    ArgumentFault::new("", "a JSON object", place)
}

/// Returns what a type makes of a value that is not there: `None` for an `Option`, under whatever alias it goes.
pub(super) fn absent<T: DeserializeOwned>() -> Result<T, Unread> {
    T::deserialize(Absent).map_err(|_| Unread)
}

/// Says what is done with members that are `null`.
#[derive(Clone, Copy, PartialEq)]
enum Nulls {
    Kept,
    Absent,
}

#[derive(Clone, Copy)]
struct Tolerant<'de> {
    value: &'de Value,
    nulls: Nulls,
}

impl<'de> Tolerant<'de> {
    fn of(self, value: &'de Value) -> Self {
        Self { value, nulls: self.nulls }
    }

    fn mismatch(self, expected: &dyn Expected) -> Mismatch {
        Mismatch::new(expected.to_string(), Some(json::type_name(self.value)))
    }
}

impl<'de> Deserializer<'de> for Tolerant<'de> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => visit_number(number, visitor),
            Value::String(value) => visitor.visit_borrowed_str(value),
            Value::Array(items) => {
                visit_items(Items { items: items.iter(), index: 0, parent: self }, visitor)
            }
            Value::Object(members) => visitor.visit_map(Members::new(members, self)),
        }
        // What a visitor refuses it describes by the value; here the JSON type takes its place.
        .map_err(|mismatch| mismatch.received(json::type_name(self.value)))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let choice = match self.value {
            Value::String(variant) => Choice { variant, content: None, parent: self },
            Value::Object(members) if members.len() == 1 => {
                let (variant, content) = members.iter().next().ok_or_else(|| self.mismatch(&"one member"))?;
                Choice { variant, content: Some(content), parent: self }
            }
            _ => return Err(self.mismatch(&one_of(variants).as_str())),
        };
        visitor.visit_enum(choice).map_err(|mismatch| mismatch.received(json::type_name(self.value)))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

/// Hands a number to the visitor; a whole one as an integer, however it is written.
fn visit_number<'de, V: Visitor<'de>>(number: &serde_json::Number, visitor: V) -> Result<V::Value, Mismatch> {
    if let Some(value) = number.as_u64() {
        return visitor.visit_u64(value);
    }
    if let Some(value) = number.as_i64() {
        return visitor.visit_i64(value);
    }
    let value = number.as_f64().unwrap_or(f64::NAN);
    // Up to 2^53 every whole f64 is exactly that integer.
    if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and at most 2^53, as was just asked")]
        let whole = value as i64;
        return visitor.visit_i64(whole);
    }
    visitor.visit_f64(value)
}

/// Hands a list to the visitor; one that is longer than it reads does not fit, and nothing of it is dropped silently.
fn visit_items<'de, V: Visitor<'de>>(mut items: Items<'de>, visitor: V) -> Result<V::Value, Mismatch> {
    let value = visitor.visit_seq(&mut items)?;
    match items.items.len() {
        0 => Ok(value),
        _ => Err(Mismatch::new(format!("an array of length {}", items.index), Some("a longer one"))),
    }
}

struct Items<'de> {
    items: std::slice::Iter<'de, Value>,
    index: usize,
    parent: Tolerant<'de>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(self.parent.of(item)).map(Some).map_err(|mismatch| mismatch.inside(&index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Members<'de> {
    members: serde_json::map::Iter<'de>,
    current: Option<(&'de str, &'de Value)>,
    parent: Tolerant<'de>,
}

impl<'de> Members<'de> {
    fn new(members: &'de Map<String, Value>, parent: Tolerant<'de>) -> Self {
        Self { members: members.iter(), current: None, parent }
    }
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        let wanted = |value: &Value| self.parent.nulls == Nulls::Kept || !value.is_null();
        let Some((name, value)) = self.members.by_ref().find(|(_, value)| wanted(value)) else {
            return Ok(None);
        };
        self.current = Some((name, value));
        seed.deserialize(Name(name)).map(Some).map_err(|mismatch| mismatch.inside(&name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        let (name, value) = self.current.take().ok_or_else(|| Mismatch::new("a member".to_owned(), None))?;
        seed.deserialize(self.parent.of(value)).map_err(|mismatch| mismatch.inside(&name))
    }
}

/// The name of a member, in which a map may look for a number: JSON has no other keys than texts.
struct Name<'de>(&'de str);

/// Writes the methods that read a number from a name. The sign `+` is none of JSON's.
macro_rules! numbers_in_names {
    ($($method:ident, $visit:ident, $number:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            match self.0.parse::<$number>() {
                Ok(number) if !self.0.starts_with('+') => visitor.$visit(number),
                _ => visitor.visit_borrowed_str(self.0),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Name<'de> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_borrowed_str(self.0)
    }

    numbers_in_names! {
        deserialize_bool, visit_bool, bool;
        deserialize_i8, visit_i8, i8;
        deserialize_i16, visit_i16, i16;
        deserialize_i32, visit_i32, i32;
        deserialize_i64, visit_i64, i64;
        deserialize_i128, visit_i128, i128;
        deserialize_u8, visit_u8, u8;
        deserialize_u16, visit_u16, u16;
        deserialize_u32, visit_u32, u32;
        deserialize_u64, visit_u64, u64;
        deserialize_u128, visit_u128, u128;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        StrDeserializer::new(self.0).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

struct Choice<'de> {
    variant: &'de str,
    content: Option<&'de Value>,
    parent: Tolerant<'de>,
}

impl<'de> EnumAccess<'de> for Choice<'de> {
    type Error = Mismatch;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Mismatch> {
        let name: StrDeserializer<'de, Mismatch> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> Choice<'de> {
    fn content(&self) -> Result<Tolerant<'de>, Mismatch> {
        let content = self.content.ok_or_else(|| self.parent.mismatch(&"an object with one member"))?;
        Ok(self.parent.of(content))
    }
}

impl<'de> VariantAccess<'de> for Choice<'de> {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        match self.content {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(self.parent.mismatch(&"a string")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mismatch> {
        seed.deserialize(self.content()?).map_err(|mismatch| mismatch.inside(&self.variant))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Mismatch> {
        self.content()?.deserialize_seq(visitor).map_err(|mismatch| mismatch.inside(&self.variant))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.content()?.deserialize_map(visitor).map_err(|mismatch| mismatch.inside(&self.variant))
    }
}

/// Deserializes the value that is not there.
struct Absent;

impl<'de> Deserializer<'de> for Absent {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        Err(de::Error::invalid_type(Unexpected::Other("nothing"), &visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Mood {
        Happy,
        Tired { hours: u8 },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Person {
        name: String,
        #[serde(default)]
        age: u8,
        mood: Option<Mood>,
        #[serde(default)]
        sizes: Vec<i16>,
    }

    fn fault<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        decode::<T>(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_list_that_is_too_long_is_not_cut() {
        assert_eq!(fault::<(u8, u8)>("[1,2.0,3]"), fault::<(u8, u8)>("[1,2,3]"));
        assert!(fault::<(u8, u8)>("[1,2,3]").contains("an array of length 2"));
    }

    #[test]
    fn what_models_commonly_do_is_forgiven() {
        let read = decode::<Person>(br#"{"name":"Ada","age":36.0,"mood":null,"sizes":null}"#).unwrap();
        assert_eq!(read, Person { name: "Ada".into(), age: 36, mood: None, sizes: vec![] });
        assert_eq!(decode::<f64>(b"3").unwrap(), 3.0);
        assert_eq!(decode::<i8>(b"-3.0").unwrap(), -3);
        assert_eq!(decode::<Mood>(br#"{"tired":{"hours":3}}"#).unwrap(), Mood::Tired { hours: 3 });
        let numbered = decode::<BTreeMap<u8, u8>>(br#"{"7":3.0}"#).unwrap();
        assert_eq!(numbered, BTreeMap::from([(7, 3)]));
        let nulls = decode::<BTreeMap<String, Option<u8>>>(br#"{"a":null}"#).unwrap();
        assert_eq!(nulls.len(), 1, "a null that means something stays");
    }

    #[test]
    fn every_fault_has_its_place_and_never_the_value() {
        let check = |text: &str, expected: &str| assert_eq!(fault::<Person>(text), expected, "{text}");
        check(r#"{"name":7}"#, "/name: expected a string, got number");
        check(r#"{"name":"Ada","age":300}"#, "/age: expected an integer from 0 to 255, got number");
        check(r#"{"name":"Ada","age":1.5}"#, "/age: expected an integer from 0 to 255, got number");
        check(r#"{"name":"Ada","mood":"secret"}"#, "/mood: expected one of \"happy\", \"tired\", got string");
        check(
            r#"{"name":"Ada","mood":{"tired":{"hours":"x"}}}"#,
            "/mood/tired/hours: expected an integer from 0 to 255, got string",
        );
        check(
            r#"{"name":"Ada","sizes":[1,"x"]}"#,
            "/sizes/1: expected an integer from -32768 to 32767, got string",
        );
        check(r#"{"age":3}"#, "/name: expected a value, got nothing");
        check("[1]", "/0: expected a string, got number");
        check("7", "the arguments: expected an object, got number");
        check(
            r#"{"name""#,
            "the arguments: expected a JSON object, got text that is not JSON (line 1, column 7)",
        );
    }

    #[test]
    fn an_option_may_be_absent_under_any_alias() {
        type Maybe = Option<u8>;
        assert_eq!(absent::<Maybe>().ok(), Some(None));
        assert!(absent::<u8>().is_err());
        assert!(absent::<Vec<u8>>().is_err());
    }
}
