//! The text of a document, and where in it a place is.

use std::collections::HashMap;

use lobe_plugin_sdk::check::Severity;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Found;
use crate::openapi::{NoYaml, Place, Places, read_text};

/// A document as text and as what it says.
pub(super) struct Source<'text> {
    text: &'text str,
    document: Value,
    /// Of YAML, whose values do not stand in the text as they are.
    places: Option<Places>,
}

/// A place in a text; both numbers begin with 1, and columns are counted in letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl<'text> Source<'text> {
    /// Reads a document, or says where it cannot be read.
    pub(super) fn read(bytes: &'text [u8]) -> Result<Self, Found> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            unreadable(Position::after(&before), "here are bytes that are no UTF-8: save it as UTF-8")
        })?;
        match serde_json::from_str(text) {
            Ok(document) => Ok(Self { text, document, places: None }),
            // LobeChat reads YAML, too; what begins like JSON is meant to be JSON.
            Err(_) if !text.trim_start().starts_with(['{', '[', '<']) && !text.trim().is_empty() => {
                let places = Places::read(text).map_err(|NoYaml { place, message }| {
                    let position = place.map_or(Position::after(""), Position::at);
                    unreadable(position, format!("it is no YAML: {message}"))
                })?;
                let document =
                    read_text(bytes).map_err(|fault| unreadable(Position::after(""), fault.to_string()))?;
                Ok(Self { text, document, places: Some(places) })
            }
            Err(error) => {
                let position = Position { line: error.line().max(1), column: error.column().max(1) };
                let said = error.to_string();
                let said = said.split(" at line ").next().unwrap_or_default();
                Err(unreadable(position, format!("it is no JSON: {said}")))
            }
        }
    }

    pub(super) fn document(&self) -> &Value {
        &self.document
    }

    /// Finds where the value stands that a JSON Pointer leads to, or the innermost one on the way that is there.
    pub(super) fn position(&self, pointer: &str) -> Option<Position> {
        if let Some(places) = &self.places {
            return places.find(pointer).map(Position::at);
        }
        let mut value: &RawValue = serde_json::from_str(self.text).ok()?;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            match inside(value, &step) {
                Some(inner) => value = inner,
                None => break,
            }
        }
        // What was borrowed of a text stands in it.
        let offset = value.get().as_ptr().addr() - self.text.as_ptr().addr();
        Some(Position::after(self.text.get(..offset)?))
    }
}

fn inside<'text>(value: &'text RawValue, step: &str) -> Option<&'text RawValue> {
    if value.get().starts_with('{') {
        let mut members: HashMap<String, &RawValue> = serde_json::from_str(value.get()).ok()?;
        return members.remove(step);
    }
    let items: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
    items.get(step.parse::<usize>().ok()?).copied()
}

impl Position {
    fn at((line, column): Place) -> Self {
        Self { line, column }
    }

    /// Returns the place behind a text.
    fn after(text: &str) -> Self {
        let line = text.matches('\n').count() + 1;
        let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column }
    }
}

fn unreadable(position: Position, text: impl Into<String>) -> Found {
    let severity = Severity::Error.name();
    Found { severity, place: String::new(), position: Some(position), text: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_the_text() {
        let text = "\u{feff}{\n  \"a/b\": [1, {\"ü\": true, \"c\": null}],\n  \"d\": {}\n}";
        let source = Source::read(text.as_bytes()).unwrap();
        let check = |pointer: &str, line, column| {
            assert_eq!(source.position(pointer), Some(Position { line, column }), "{pointer}");
        };
        check("", 1, 1);
        check("/a~1b", 2, 10);
        check("/a~1b/0", 2, 11);
        check("/a~1b/1/c", 2, 31);
        check("/d", 3, 8);
        check("/d/missing/below", 3, 8);
        check("/nothing", 1, 1);
    }

    #[test]
    fn what_cannot_be_read_is_said_where() {
        let check = |bytes: &[u8], line, column| {
            let found = Source::read(bytes).err().unwrap();
            assert_eq!(found.position, Some(Position { line, column }), "{}", found.text);
        };
        check(b"{\n  \"a\": nope\n}", 2, 9);
        check(b"{\n  \"a\": \"\xFF\"}", 2, 9);
        check(b"", 1, 1);
        check(b"<html>", 1, 1);
        check(b"openapi: 3.0.3\npaths: [\n", 2, 8);
    }

    #[test]
    fn yaml_is_read_as_well() {
        let source = Source::read(b"identifier: a\napi:\n  - name: b\n").unwrap();
        assert_eq!(source.document()["identifier"], "a");
        assert_eq!(source.position("/api/0/name"), Some(Position { line: 3, column: 11 }));
    }
}
