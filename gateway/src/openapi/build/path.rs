//! The path of a request. A value is one segment of it, or a part of one, and never leads out of it (rule O1).

use lobe_plugin_sdk::ArgumentFault;
use lobe_plugin_sdk::json::type_name;
use percent_encoding::{percent_decode, percent_decode_str};
use serde_json::Value;

use super::super::model::{Escape, Operation, Parameter, Piece, Place};
use super::{Given, pointer, scalar, style};

/// Writes the path. What a parameter says that is not declared stays as the document writes it, encoded.
pub(super) fn write(operation: &Operation, given: Given<'_>, faults: &mut Vec<ArgumentFault>) -> String {
    let mut path = String::new();
    for piece in &operation.path.pieces {
        match piece {
            Piece::Text(text) => path.push_str(text),
            Piece::Parameter(name) => match declared(operation, name) {
                Some(parameter) => path.push_str(&value(parameter, given, faults).unwrap_or_default()),
                None => path.push_str(&format!("%7B{}%7D", scalar::escape(name, Escape::Unreserved))),
            },
        }
    }
    // Two harmless values beside each other can make what leads elsewhere.
    if faults.is_empty() && leads_elsewhere(operation, &path) {
        faults.push(ArgumentFault::new(
            "",
            "arguments that make no `.` or `..` of a part of the path",
            "ones that do",
        ));
    }
    path
}

fn declared<'operation>(operation: &'operation Operation, name: &str) -> Option<&'operation Parameter> {
    operation.parameters.iter().find(|parameter| parameter.place == Place::Path && parameter.name == name)
}

fn value(parameter: &Parameter, given: Given<'_>, faults: &mut Vec<ArgumentFault>) -> Option<String> {
    let before = faults.len();
    let Some(value) = given.value(parameter, faults) else {
        // A path without it is another one, whatever the document says about its being required.
        if faults.len() == before {
            faults.push(ArgumentFault::new(pointer(&parameter.name), "a value", "nothing"));
        }
        return None;
    };
    if value.is_object() && !parameter.kind.object {
        faults.push(ArgumentFault::new(
            pointer(&parameter.name),
            "a value that is no object",
            type_name(&value),
        ));
        return None;
    }
    let text = style::one_text(&parameter.name, &value, &parameter.form);
    // A list or an object without members is nothing, in every style.
    let is_structured = value.is_array() || value.is_object();
    if is_dots(&text) || (text.is_empty() && !is_structured) {
        faults.push(ArgumentFault::new(
            pointer(&parameter.name),
            "a part of a path: not empty, `.` or `..`",
            received(&value),
        ));
        return None;
    }
    Some(text)
}

fn received(value: &Value) -> &'static str {
    match value.as_str() {
        Some("") => "an empty string",
        Some(_) => "dots",
        None => type_name(value),
    }
}

/// Returns whether a part of the path that has a parameter in it is one that a URL's reader would follow.
fn leads_elsewhere(operation: &Operation, path: &str) -> bool {
    let has_parameters = operation.path.pieces.iter().any(|piece| matches!(piece, Piece::Parameter(_)));
    has_parameters && path.split('/').any(is_dots)
}

/// Tells `.` and `..`, in every spelling that a URL's reader takes for them, and where the value itself was encoded: who
/// decodes a part of a path once more than is due would follow it.
fn is_dots(segment: &str) -> bool {
    let value = percent_decode_str(segment).collect::<Vec<_>>();
    let plain = percent_decode(&value).collect::<Vec<_>>();
    [&value, &plain].into_iter().any(|text| matches!(&text[..], b"." | b".."))
}
