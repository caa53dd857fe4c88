//! Where a schema and serde cannot agree: the table of reasons, each with a value that shows it, and the tests that
//! keep such values from being held against a type.
//!
//! A schema that is too narrow keeps a model from a second spelling, and harms nobody. One that is too wide lets it
//! write what is then refused; the answer says what is wrong, and each reason here says why it is not mended.

use serde_json::{Map, Value, json};

use super::types::*;
use super::{Sample, Verdict};

/// One thing on which the two cannot agree.
pub(super) struct Disagreement {
    pub(super) why: &'static str,
    pub(super) sample: Sample,
    pub(super) value: Value,
    pub(super) verdict: Verdict,
}

macro_rules! disagree {
    ($($verdict:ident $name:ty, $value:tt, $why:literal;)*) => { vec![$(Disagreement {
        why: $why,
        sample: Sample::of::<$name>(stringify!($name)),
        value: json!($value),
        verdict: Verdict::$verdict,
    }),*] };
}

pub(super) fn table() -> Vec<Disagreement> {
    [too_wide(), too_narrow()].into_iter().flatten().collect()
}

fn too_wide() -> Vec<Disagreement> {
    disagree![
        TooWide Aliased, {"name": "a", "nickname": "b"},
            "schemars knows no `alias`: to it the second name is unknown, to serde the first again";
        TooWide AliasedOptional, {"nickname": "text"}, "and what is unknown may be anything";
        TooWide Adjacent, {"type": "Empty", "content": 1},
            "schemars does not say that a unit variant has no content, and an internally tagged enum \
             with a field of that name looks the same";
        TooWide std::time::Duration, {"secs": 1, "nanos": 1, "more": 1},
            "serde's own `Duration` refuses unknown members, and a user's struct of the same fields \
             does not";
        TooWide std::time::Duration, {"secs": u64::MAX, "nanos": u32::MAX},
            "and carries nanoseconds over, which may be too many seconds";
        TooWide std::ops::Range<u8>, {"start": 1, "end": 1, "more": 1}, "as does its `Range`";
        TooWide ByTrial, [1, ""], "what `try_from` refuses stands in no type";
        TooWide std::net::IpAddr, "text", "a format is a remark in JSON Schema, and tests nothing";
        TooWide std::collections::BTreeMap<u8, u8>, {"300": 1},
            "schemars writes a pattern of digits, which has no bounds";
        TooWide UntaggedNumbers, {"7": 1},
            "serde keeps the names of an untagged map as texts \
             (https://github.com/serde-rs/serde/issues/1183)";
        TooWide u64, 1e18,
            "above 2^53 a number with an exponent may have been another one, and is not guessed at";
        TooWide u128, 1e30, "as above; and JSON libraries do not agree on any bounds";
    ]
}

fn too_narrow() -> Vec<Disagreement> {
    disagree![
        TooNarrow Newer, [1], "a struct is read from a list of its fields as well";
        TooNarrow Mood, {"Sad": null},
            "a unit variant is read from an object with a `null` as well";
        TooNarrow Internal, {"kind": 0}, "a tag is read from the number of the variant as well";
        TooNarrow CatchAll, {"kind": "new"},
            "schemars knows no `other`: it takes the variant for one of that name";
        TooNarrow AliasedVariants, "glad", "schemars knows no `alias`";
        TooNarrow Aliased, {"nickname": "a"},
            "so it is not enough to give a required field by its other name";
        TooNarrow AliasedClosed, {"nickname": 1}, "and a closed struct seems to refuse it";
        TooNarrow std::collections::BTreeSet<u8>, [1, 1],
            "a set takes the same item twice; the schema says how it is meant";
        TooNarrow serde_json::Map<String, Value>, null, "serde_json reads `null` as an empty map";
        TooNarrow FlatOptional, {"own": 1, "since": "text"},
            "what does not fit a flattened `Option` is `None`";
        TooNarrow PairDefaulted, [1], "schemars counts items of a tuple struct that have a default";
        TooNarrow Ruled, 11,
            "what `#[schemars(range)]` asks for is the author's wish; serde does not know it";
    ]
}

/// Gives a flattened `Option` what does not fit.
pub(super) fn misfit(value: &Value) -> bool {
    value
        .get("since")
        .is_some_and(|since| !(0..256).any(|fitting| since.as_f64() == Some(f64::from(fitting))))
}

pub(super) fn empty_text(value: &Value) -> bool {
    value.get(1).is_some_and(|text| text == "")
}

/// Gives a member by an alias.
pub(super) fn by_alias(value: &Value) -> bool {
    holds(value, &|value| {
        ["nickname", "years", "glad"].iter().any(|name| value.get(name).is_some() || value == name)
    })
}

pub(super) fn null_map(value: &Value) -> bool {
    value.get("object").is_some_and(Value::is_null)
}

pub(super) fn item_twice(value: &Value) -> bool {
    let twice =
        |items: &Vec<Value>| items.iter().enumerate().any(|(index, item)| items[..index].contains(item));
    let same_number = |items: &Vec<Value>| items.iter().any(Value::is_f64);
    holds(value, &|value| value.as_array().is_some_and(|items| twice(items) || same_number(items)))
}

/// Gives serde's `Duration` or `Range` a member that it does not know, or too many nanoseconds.
pub(super) fn member_of_std(value: &Value) -> bool {
    const KNOWN: [&[&str]; 3] = [&["duration", "range"], &["nanos", "secs"], &["end", "start"]];
    let known = |all: &Map<String, Value>| {
        KNOWN.iter().any(|names| all.keys().all(|name| names.contains(&name.as_str())))
    };
    let unknown = |value: &Value| value.as_object().is_some_and(|all| !known(all));
    let carries = |value: &Value| value["nanos"].as_f64().is_some_and(|nanos| nanos >= 1e9);
    holds(value, &|value| unknown(value) || carries(value))
}

pub(super) fn unit_as_object(value: &Value) -> bool {
    holds(value, &|value| {
        value.as_object().is_some_and(|all| all.len() == 1 && all.values().all(Value::is_null))
    })
}

pub(super) fn tag_as_number(value: &Value) -> bool {
    holds(value, &|value| value.get("kind").or_else(|| value.get("type")).is_some_and(Value::is_number))
}

pub(super) fn unknown_tag(value: &Value) -> bool {
    value.get("kind").is_some_and(|kind| kind != "Known" && kind != "Unknown")
}

pub(super) fn unit_with_content(value: &Value) -> bool {
    enum_forms(value) || value["type"] == "Empty" && value.get("content").is_some()
}

pub(super) fn short_tuple(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.len() == 1)
}

pub(super) fn enum_forms(value: &Value) -> bool {
    let list = |value: &Value| value.get("Move").is_some_and(Value::is_array);
    unit_as_object(value) || tag_as_number(value) || holds(value, &list)
}

pub(super) fn alias_or_unit(value: &Value) -> bool {
    by_alias(value) || unit_as_object(value)
}

/// Tells whether a value is such a one, or has one in it.
fn holds(value: &Value, test: &dyn Fn(&Value) -> bool) -> bool {
    test(value)
        || match value {
            Value::Array(items) => items.iter().any(|item| holds(item, test)),
            Value::Object(members) => members.values().any(|member| holds(member, test)),
            _ => false,
        }
}
