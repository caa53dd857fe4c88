//! What did not fit when arguments were read: the parts of a serde error, in words, and never the value.

use std::fmt;

use serde::de::{self, Expected, Unexpected};
use serde_json::Value;

use crate::error::ArgumentFault;
use crate::json;

/// What did not fit: the parts of a serde error, without the value.
#[derive(Debug)]
pub(super) struct Mismatch {
    /// JSON Pointer, from the inside out while the error travels up.
    path: String,
    expected: Option<String>,
    received: Option<&'static str>,
    /// Whether the place is one that the schema knows.
    known: bool,
}

impl Mismatch {
    pub(super) fn new(expected: String, received: Option<&'static str>) -> Self {
        Self { path: String::new(), expected: Some(expected), received, known: true }
    }

    pub(super) fn inside(mut self, member: &impl fmt::Display) -> Self {
        self.path.insert_str(0, &super::pointer(&member.to_string()));
        self
    }

    /// Says what came, unless somebody further inside has said so already.
    pub(super) fn received(mut self, received: &'static str) -> Self {
        self.received.get_or_insert(received);
        self
    }

    pub(super) fn into_fault(self, value: &Value) -> ArgumentFault {
        let found = value.pointer(&self.path);
        let received = self.received.or(found.map(json::type_name)).unwrap_or("nothing");
        let expected = self.expected.as_deref().map_or(OTHER.to_owned(), in_words);
        let fault = ArgumentFault::new(self.path, expected, received);
        if self.known { fault.by_schema() } else { fault }
    }
}

/// Stands for the expectation of a hand-written `Deserialize`, whose own sentence might repeat the value.
const OTHER: &str = "a value of another form";

/// Says serde's name of a primitive as a caller would who knows no Rust.
fn in_words(expected: &str) -> String {
    let integer =
        |low: &dyn fmt::Display, high: &dyn fmt::Display| format!("an integer from {low} to {high}");
    match expected {
        "i8" => integer(&i8::MIN, &i8::MAX),
        "i16" => integer(&i16::MIN, &i16::MAX),
        "i32" => integer(&i32::MIN, &i32::MAX),
        "u8" => integer(&u8::MIN, &u8::MAX),
        "u16" => integer(&u16::MIN, &u16::MAX),
        "u32" => integer(&u32::MIN, &u32::MAX),
        "u64" | "u128" | "usize" => "an integer, not negative".to_owned(),
        "i64" | "i128" | "isize" => "an integer".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "an object".to_owned(),
        other if other.starts_with("struct ") => "an object".to_owned(),
        other => other.to_owned(),
    }
}

/// Lists names to choose from.
pub(super) fn one_of(names: &[&str]) -> String {
    match names {
        [] => "nothing at all".to_owned(),
        [only] => format!("{only:?}"),
        names => {
            format!("one of {}", names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", "))
        }
    }
}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self { path: String::new(), expected: None, received: None, known: true }
    }

    fn invalid_type(_unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(expected.to_string(), None)
    }

    fn invalid_value(_unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(expected.to_string(), None)
    }

    fn invalid_length(_length: usize, expected: &dyn Expected) -> Self {
        Self::new(expected.to_string(), None)
    }

    fn unknown_variant(_variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(one_of(expected), None)
    }

    fn unknown_field(_field: &str, expected: &'static [&'static str]) -> Self {
        let expected = format!("no member of that name, only {}", one_of(expected));
        Self { known: false, ..Self::new(expected, Some("an unknown member")) }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("a value".to_owned(), Some("nothing")).inside(&field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        let twice = Self::new("the member once".to_owned(), Some("the same name twice"));
        Self { known: false, ..twice }.inside(&field)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: expected {}", self.path, self.expected.as_deref().unwrap_or(OTHER))
    }
}

impl std::error::Error for Mismatch {}
