//! What is wrong with a configuration, where, and what was expected. No value of the file is in it: any may be a secret.

use std::fmt;
use std::path::Path;

use lobe_plugin_sdk::name;
use toml::de::{DeTable, DeValue};

/// Says what is wrong with a configuration.
#[derive(Debug, PartialEq)]
pub struct Error {
    pub(super) said: Option<Said>,
    /// The keys that lead to it: `limits`, `body`. Empty where there are none.
    pub(super) key: Vec<String>,
    message: String,
}

/// Where a word of a configuration was said: in a file, a variable, by a flag.
#[derive(Debug, PartialEq)]
pub(super) struct Said {
    by: String,
    place: Option<Place>,
}

/// A place in the file.
#[derive(Debug, PartialEq)]
pub(super) struct Place {
    pub(super) line: usize,
    column: usize,
}

impl Error {
    /// Objects to the configuration as a whole.
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self { said: None, key: Vec::new(), message: message.into() }
    }

    /// Objects to what stands under a key, wherever it was said.
    pub(crate) fn at(key: &[&str], message: impl Into<String>) -> Self {
        Self { said: None, key: owned(key), message: message.into() }
    }

    /// Objects to a whole file.
    pub(crate) fn of_file(file: &Path, message: impl Into<String>) -> Self {
        Self { said: Some(Said::in_file(file, None)), ..Self::whole(message) }
    }

    /// Words what the reader of the text objects to.
    pub(super) fn of_reader(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map(|span| span.start);
        let place = at.map(|at| Place::new(text, at));
        let key = at.and_then(|at| key_at(text, at)).unwrap_or_default();
        Self { said: Some(Said::in_file(file, place)), key, message: in_our_words(error.message()) }
    }

    /// Objects to what stands under a key of a file.
    pub(super) fn of_key(file: &Path, text: &str, key: &[&str], message: impl Into<String>) -> Self {
        let key = owned(key);
        let place = Place::of(text, &key);
        Self { said: Some(Said::in_file(file, place)), key, message: message.into() }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(said) = &self.said {
            write!(formatter, "{said}: ")?;
        }
        if !self.key.is_empty() {
            write!(formatter, "`{}`: ", self.key.join("."))?;
        }
        formatter.write_str(&self.message)
    }
}

impl Said {
    pub(super) fn by(what: impl Into<String>) -> Self {
        Self { by: what.into(), place: None }
    }

    pub(super) fn in_file(file: &Path, place: Option<Place>) -> Self {
        Self { place, ..Self::by(file.display().to_string()) }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.by)?;
        match &self.place {
            Some(Place { line, column }) => write!(formatter, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}

impl Place {
    fn new(text: &str, at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column }
    }

    /// Finds where a key stands.
    pub(super) fn of(text: &str, key: &[String]) -> Option<Self> {
        offset_of(text, key).map(|at| Self::new(text, at))
    }
}

fn owned(key: &[&str]) -> Vec<String> {
    key.iter().map(|key| (*key).to_owned()).collect()
}

/// Takes the values out of serde's messages, and puts the key that was probably meant into them.
pub(super) fn in_our_words(message: &str) -> String {
    // Only the first line is the message; a syntax error lists below it what could have stood there.
    let message = message.lines().collect::<Vec<_>>().join("; ");
    if let Some(unknown) = message.strip_prefix("unknown field `") {
        return unknown_key(unknown);
    }
    // "invalid type: string \"the value\", expected u16"
    match message.strip_prefix("invalid ").and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((_, expected)) => format!("expected {}", plain(expected)),
        None if message == "invalid socket address syntax" => format!("expected {}", plain("socket address")),
        None => message,
    }
}

/// Says in an operator's words what serde calls by the names of Rust's types.
fn plain(expected: &str) -> &str {
    match expected {
        "a boolean" => "true or false",
        "a map" => "a table",
        "a sequence" => "a list",
        "u16" => "a number from 0 to 65535",
        "u32" | "u64" | "usize" => "a number from 0 on",
        "socket address" => "an address and a port, such as \"127.0.0.1:8080\"",
        _ if expected.starts_with("struct ") => "a table",
        _ => expected,
    }
}

/// Words `limits`, expected one of `a`, `b`: the beginning of serde's sentence is gone already.
fn unknown_key(rest: &str) -> String {
    let mut quoted = rest.split('`').step_by(2);
    let unknown = quoted.next().unwrap_or_default();
    let known: Vec<&str> = rest.split('`').skip(2).step_by(2).collect();
    match name::nearest(unknown, known.iter().copied()) {
        Some(meant) => format!("there is no key `{unknown}`; did you mean `{meant}`?"),
        None => format!("there is no key `{unknown}`; there are `{}`", known.join("`, `")),
    }
}

/// Finds the innermost key that stands at a place, or has its value there.
fn key_at(text: &str, at: usize) -> Option<Vec<String>> {
    innermost(DeTable::parse(text).ok()?.get_ref(), at)
}

fn innermost(table: &DeTable<'_>, at: usize) -> Option<Vec<String>> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref().to_string();
        let below = match value.get_ref() {
            DeValue::Table(table) => innermost(table, at),
            _ => None,
        };
        let here = || (key.span().contains(&at) || value.span().contains(&at)).then(Vec::new);
        let mut path = below.or_else(here)?;
        path.insert(0, name);
        Some(path)
    })
}

/// Finds where a key stands.
fn offset_of(text: &str, key: &[String]) -> Option<usize> {
    let whole = DeTable::parse(text).ok()?;
    let mut table = whole.get_ref();
    let (last, path) = key.split_last()?;
    for name in path {
        let (_, value) = table.iter().find(|(key, _)| key.get_ref() == name)?;
        let DeValue::Table(inner) = value.get_ref() else { return None };
        table = inner;
    }
    table.keys().find(|key| key.get_ref() == last).map(|key| key.span().start)
}
