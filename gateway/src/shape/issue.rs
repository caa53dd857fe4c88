//! States one issue of a document as zod 3 prints it. Key order is part of it.

use serde::Serialize;
use serde_json::Value;

/// States one issue; the variants differ in their keys' order, as zod's do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Issue {
    /// Says that a value is missing or of another type.
    WrongType {
        /// Is `invalid_type`.
        code: &'static str,
        /// Names the type wanted.
        expected: &'static str,
        /// Names the type found.
        received: &'static str,
        /// Leads to the value.
        path: Vec<Step>,
        /// Explains the issue in English.
        message: String,
    },
    /// Says that something other than a string stands where one of a few strings is wanted.
    NotAChoice {
        /// Lists the strings wanted.
        expected: String,
        /// Names the type found.
        received: &'static str,
        /// Is `invalid_type`.
        code: &'static str,
        /// Leads to the value.
        path: Vec<Step>,
        /// Explains the issue in English.
        message: String,
    },
    /// Says that a string is none of the few wanted.
    UnknownChoice {
        /// Repeats the string found.
        received: String,
        /// Is `invalid_enum_value`.
        code: &'static str,
        /// Lists the strings wanted.
        options: &'static [&'static str],
        /// Leads to the value.
        path: Vec<Step>,
        /// Explains the issue in English.
        message: String,
    },
    /// Says that a string is no address.
    InvalidUrl {
        /// Is `url`.
        validation: &'static str,
        /// Is `invalid_string`.
        code: &'static str,
        /// Explains the issue in English.
        message: &'static str,
        /// Leads to the value.
        path: Vec<Step>,
    },
    /// Objects for a reason that is not the value's shape.
    Custom {
        /// Is `custom`.
        code: &'static str,
        /// Explains the issue in English.
        message: String,
        /// Leads to the value.
        path: Vec<Step>,
    },
}

/// Leads one step into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Step {
    /// Goes to the member of this name.
    Name(&'static str),
    /// Goes to the item at this index.
    Index(usize),
}

impl Issue {
    /// Leads to the value that is objected to.
    #[must_use]
    pub fn path(&self) -> &[Step] {
        match self {
            Self::WrongType { path, .. }
            | Self::NotAChoice { path, .. }
            | Self::UnknownChoice { path, .. }
            | Self::InvalidUrl { path, .. }
            | Self::Custom { path, .. } => path,
        }
    }

    /// Explains it in English, in zod's words.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::WrongType { message, .. }
            | Self::NotAChoice { message, .. }
            | Self::UnknownChoice { message, .. }
            | Self::Custom { message, .. } => message,
            Self::InvalidUrl { message, .. } => message,
        }
    }

    pub(super) fn wrong_type(path: &[Step], expected: &'static str, found: Option<&Value>) -> Self {
        let message = message(expected, found);
        Self::WrongType {
            code: "invalid_type",
            expected,
            received: kind(found),
            path: path.to_vec(),
            message,
        }
    }

    pub(super) fn not_a_choice(path: &[Step], options: &[&str], found: Option<&Value>) -> Self {
        let expected = list(options);
        let message = message(&expected, found);
        Self::NotAChoice {
            expected,
            received: kind(found),
            code: "invalid_type",
            path: path.to_vec(),
            message,
        }
    }

    pub(super) fn unknown_choice(path: &[Step], options: &'static [&'static str], found: &str) -> Self {
        let message = format!("Invalid enum value. Expected {}, received '{found}'", list(options));
        let received = found.to_owned();
        Self::UnknownChoice { received, code: "invalid_enum_value", options, path: path.to_vec(), message }
    }

    pub(super) fn invalid_url(path: &[Step]) -> Self {
        let (validation, code, message) = ("url", "invalid_string", "Invalid url");
        Self::InvalidUrl { validation, code, message, path: path.to_vec() }
    }
}

fn message(expected: &str, found: Option<&Value>) -> String {
    match found {
        None => "Required".to_owned(),
        Some(_) => format!("Expected {expected}, received {}", kind(found)),
    }
}

fn list(options: &[&str]) -> String {
    options.iter().map(|option| format!("'{option}'")).collect::<Vec<_>>().join(" | ")
}

fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}
