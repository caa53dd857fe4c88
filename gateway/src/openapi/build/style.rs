//! The styles of OpenAPI: how lists and objects are written, as one text or as the pairs of a query.
//!
//! <https://spec.openapis.org/oas/v3.1.1.html#style-values>. What an item of a list holds in turn is written as JSON,
//! since no style says how.

use serde_json::Value;

use super::super::model::{Escape, Form, Style};
use super::scalar::{escape, escaped, json, text};

/// Writes a value as one text: for a path, a header or a cookie.
pub(super) fn one_text(name: &str, value: &Value, form: &Form) -> String {
    let (style, explode, how) = match form {
        Form::Style { style, explode, escape } => (*style, *explode, *escape),
        Form::Content { media_type, escape: how } => {
            return escape(&content(value, media_type), *how).into_owned();
        }
    };
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| escaped(item, how)).collect();
            list(name, &items, style, explode)
        }
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(key, member)| (escape(key, how).into_owned(), escaped(member, how)))
                .collect();
            object(name, &members, style, explode)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let text = escaped(value, how);
            match style {
                Style::Label => format!(".{text}"),
                Style::Matrix => format!(";{name}={text}"),
                _ => text,
            }
        }
    }
}

fn list(name: &str, items: &[String], style: Style, explode: bool) -> String {
    match style {
        Style::Label => format!(".{}", items.join(".")),
        Style::Matrix if items.is_empty() => String::new(),
        Style::Matrix if explode => items.iter().map(|item| format!(";{name}={item}")).collect(),
        Style::Matrix => format!(";{name}={}", items.join(",")),
        Style::SpaceDelimited => items.join("%20"),
        Style::TabDelimited => items.join("%09"),
        Style::PipeDelimited => items.join("|"),
        Style::Simple | Style::Form | Style::DeepObject => items.join(","),
    }
}

fn object(name: &str, members: &[(String, String)], style: Style, explode: bool) -> String {
    let joined = |middle: &str, between: &str| {
        let pairs: Vec<_> = members.iter().map(|(key, value)| format!("{key}{middle}{value}")).collect();
        pairs.join(between)
    };
    match (style, explode) {
        (Style::Label, _) if members.is_empty() => String::new(),
        (Style::Label, true) => format!(".{}", joined("=", ".")),
        (Style::Label, false) => format!(".{}", joined(".", ".")),
        (Style::Matrix, _) if members.is_empty() => String::new(),
        (Style::Matrix, true) => format!(";{}", joined("=", ";")),
        (Style::Matrix, false) => format!(";{name}={}", joined(",", ",")),
        (Style::Form, true) => joined("=", "&"),
        (_, true) => joined("=", ","),
        (_, false) => joined(",", ","),
    }
}

/// Writes a value as the pairs of a query or a form, encoded. A list or an object without members is none.
pub(super) fn pairs(name: &str, value: &Value, form: &Form) -> Vec<(String, String)> {
    let (style, explode, how) = match form {
        Form::Style { style, explode, escape } => (*style, *explode, *escape),
        Form::Content { media_type, escape: how } => {
            let text = content(value, media_type);
            return vec![(escape(name, *how).into_owned(), escape(&text, *how).into_owned())];
        }
    };
    let key = || escape(name, how).into_owned();
    match value {
        Value::Array(items) if items.is_empty() => Vec::new(),
        Value::Array(items) if explode => items.iter().map(|item| (key(), escaped(item, how))).collect(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| escaped(item, how)).collect();
            vec![(key(), items.join(separator(style)))]
        }
        Value::Object(members) if members.is_empty() => Vec::new(),
        Value::Object(members) if style == Style::DeepObject => {
            let pair = |(member, value): (&String, &Value)| {
                (escape(&format!("{name}[{member}]"), how).into_owned(), escaped(value, how))
            };
            members.iter().map(pair).collect()
        }
        Value::Object(members) if explode => {
            members.iter().map(|(key, value)| (escape(key, how).into_owned(), escaped(value, how))).collect()
        }
        Value::Object(members) => {
            let items: Vec<_> = members
                .iter()
                .flat_map(|(key, value)| [escape(key, how).into_owned(), escaped(value, how)])
                .collect();
            vec![(key(), items.join(separator(style)))]
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            vec![(key(), escaped(value, how))]
        }
    }
}

/// Returns what stands between the items of a list that is one value. Each is written as it is on the wire.
fn separator(style: Style) -> &'static str {
    match style {
        Style::SpaceDelimited => "%20",
        Style::TabDelimited => "%09",
        Style::PipeDelimited => "|",
        Style::Simple | Style::Label | Style::Matrix | Style::Form | Style::DeepObject => ",",
    }
}

/// Writes a value as its media type has it. A text is taken for what it stands for already.
pub(super) fn content(value: &Value, media_type: &str) -> String {
    if !media_type.to_ascii_lowercase().contains("json") {
        return text(value).into_owned();
    }
    match value {
        Value::String(text) => text.clone(),
        other => json(other),
    }
}

/// Writes nothing in the way of a form that has a name and no value.
pub(super) fn empty(name: &str, form: &Form) -> (String, String) {
    let how = match form {
        Form::Style { escape, .. } | Form::Content { escape, .. } => *escape,
    };
    let how = if how == Escape::Reserved { Escape::Unreserved } else { how };
    (escape(name, how).into_owned(), String::new())
}
