//! Times and sizes as people write them.

use std::time::{Duration, SystemTime};

use bytesize::ByteSize;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

/// Reads a time: `10s`, `1m 30s`, `500ms`. None at all would refuse everything, so it is refused.
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let expected = || de::Error::custom("expected a time such as \"10s\", \"500ms\" or \"1m 30s\"");
    let text = Text::deserialize(deserializer)?;
    let Text::Written(text) = text else { return Err(expected()) };
    humantime::parse_duration(&text).ok().filter(|time| !time.is_zero()).ok_or_else(expected)
}

/// Reads a moment.
pub(super) fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let expected = "expected a moment such as \"2026-01-31T00:00:00Z\", in quotes";
    humantime::parse_rfc3339(&text).map(Some).map_err(|_| de::Error::custom(expected))
}

/// Reads a size: `64 KiB`, `1MB`, or a number of bytes.
pub(super) fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let expected = || de::Error::custom("expected a size such as \"64 KiB\", \"1 MiB\" or a number of bytes");
    let bytes = match Text::deserialize(deserializer)? {
        Text::Written(text) => text.parse::<ByteSize>().map_err(|_| expected())?.as_u64(),
        Text::Number(number) => u64::try_from(number).map_err(|_| expected())?,
        Text::Other(_) => return Err(expected()),
    };
    usize::try_from(bytes).map_err(|_| expected())
}

pub(super) fn optional_duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}

pub(super) fn optional_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    size(deserializer).map(Some)
}

/// A size as a schema has it.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "a schema is made of it, and no value")]
pub(super) enum Size {
    Written(String),
    Bytes(u64),
}

/// Holds what stands there, so that the objection can be in our own words.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Written(String),
    Number(i64),
    Other(de::IgnoredAny),
}
