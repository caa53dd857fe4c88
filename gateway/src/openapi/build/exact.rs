//! Integers that no value can hold. Those of 64 bits it can; a longer one would be rounded to a double, and the request
//! would be about another thing. Such a call is refused.

use std::collections::BTreeMap;

use lobe_plugin_sdk::{ArgumentFault, json};
use serde_json::Number;
use serde_json::value::RawValue;

use super::scalar::digits;

/// How many digits the shortest integer has that is neither a `u64` nor an `i64`.
const SHORTEST: usize = 19;

/// Finds an integer in a JSON text of which digits would be lost.
pub(crate) fn rounded(text: &[u8]) -> Option<ArgumentFault> {
    // Hardly any call has so many digits in a row.
    if !text.split(|byte| !byte.is_ascii_digit()).any(|run| run.len() >= SHORTEST) {
        return None;
    }
    let place = within(std::str::from_utf8(text).ok()?.trim())?;
    Some(ArgumentFault::new(place, "an integer of at most 64 bits", "one with more digits"))
}

/// Finds its place, as a JSON Pointer. That the text was read before bounds how deep this goes.
fn within(text: &str) -> Option<String> {
    match text.as_bytes().first()? {
        b'{' => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            members.iter().find_map(|(name, value)| Some(json::pointer(name) + &within(value.get())?))
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            items
                .iter()
                .enumerate()
                .find_map(|(index, item)| Some(format!("/{index}{}", within(item.get())?)))
        }
        b'-' | b'0'..=b'9' => is_rounded(text).then(String::new),
        _ => None,
    }
}

fn is_rounded(number: &str) -> bool {
    let is_long = number.len() >= SHORTEST && !number.contains(['.', 'e', 'E']);
    is_long && serde_json::from_str(number).is_ok_and(|read: Number| digits(&read) != number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_is_kept_or_refused() {
        let check = |text: &str, place: Option<&str>| {
            assert_eq!(rounded(text.as_bytes()).map(|fault| fault.path), place.map(str::to_owned), "{text}");
        };
        check(r#"{"id":18446744073709551615,"low":-9223372036854775808}"#, None);
        check(r#"{"id":18446744073709551617}"#, Some("/id"));
        check(r#"{"id":-9223372036854775809}"#, Some("/id"));
        check(r#" {"zero":-0,"a/b":[1,{"c":[[123456789012345678901234567890]]}]} "#, Some("/a~1b/1/c/0/0"));
        // What is written as a floating-point number is meant as one, and a text is none.
        check(r#"{"x":1.2345678901234567890123,"y":12345678901234567890123e0}"#, None);
        check(r#"{"x":"123456789012345678901234567890"}"#, None);
        // A double holds these as they are.
        check(r#"{"x":100000000000000000000}"#, None);
    }
}
