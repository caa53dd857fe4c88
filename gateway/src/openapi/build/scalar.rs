//! Values as text: what stands in a URL, a header or a field of a form, and JSON.
//!
//! As JavaScript writes them, since that is what servers get from LobeHub's gateway, but for one thing: no digit of an
//! integer is lost.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Number, Value};

use super::super::model::Escape;
use crate::validate::number_text;

/// All but what RFC 3986 calls unreserved (section 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// All but the unreserved and the reserved (section 2.2), of which `#` would end a query.
const RESERVED: &AsciiSet = &UNRESERVED
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'[')
    .remove(b']')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');
/// All but what ECMA-262 calls `uriUnescaped` (section 19.2.6.4).
const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');

/// Encodes a text.
pub(super) fn escape(text: &str, escape: Escape) -> Cow<'_, str> {
    let foreign = match escape {
        Escape::Unreserved => UNRESERVED,
        Escape::Reserved => RESERVED,
        Escape::Component => COMPONENT,
        Escape::Nothing => return Cow::Borrowed(text),
    };
    utf8_percent_encode(text, foreign).into()
}

/// Writes a value as text: a list or an object as JSON, `null` as nothing.
pub(super) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(number) => Cow::Owned(digits(number)),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(_) | Value::Object(_) => Cow::Owned(json(value)),
    }
}

/// Writes a value as text, encoded.
pub(super) fn escaped(value: &Value, how: Escape) -> String {
    escape(&text(value), how).into_owned()
}

/// Writes a value as JSON without white space.
pub(super) fn json(value: &Value) -> String {
    let mut text = String::new();
    write_json(value, &mut text);
    text
}

fn write_json(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => text.push_str(&digits(number)),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_json(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(&**name).to_string());
                text.push(':');
                write_json(member, text);
            }
            text.push('}');
        }
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

/// Writes a number.
pub(super) fn digits(number: &Number) -> String {
    match number.as_f64() {
        Some(double) if number.is_f64() => number_text(double),
        _ => number.to_string(),
    }
}
