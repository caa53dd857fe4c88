//! The body of a request: which media type, and how its bytes are written.

use bytes::Bytes;
use http::HeaderValue;
use lobe_plugin_sdk::ArgumentFault;
use lobe_plugin_sdk::json::type_name;
use serde_json::{Map, Value};

use super::super::model::{Body, Escape, Essence, Field, Form, Media, Operation, Style};
use super::{REQUEST_BODY, file, multipart, pointer, scalar, structured, style};

/// A body that is written.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) media_type: HeaderValue,
    pub(super) bytes: Bytes,
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Writes the body that the arguments give, if they give one.
pub(super) fn write(
    operation: &Operation,
    arguments: &Map<String, Value>,
    faults: &mut Vec<ArgumentFault>,
) -> Option<Content> {
    let body = operation.body.as_ref()?;
    let Some(value) = given(body, arguments) else {
        if body.required {
            faults.push(ArgumentFault::new(pointer(REQUEST_BODY), "a request body", "nothing"));
        }
        return None;
    };
    // As swagger-client: what JavaScript takes for nothing is no body, unless one must be there.
    if is_nothing(&value) && !body.required {
        return None;
    }
    let (media, value) = choose(body, value);
    let Some(media) = media else {
        return Some(Content { media_type: JSON, bytes: plain(&value) });
    };
    let media_type = media.header.clone();
    match media.essence {
        Essence::Form => Some(Content { media_type, bytes: form(media, &value, faults)?.into() }),
        Essence::Multipart => multipart::write(media, &value, faults),
        Essence::Any => Some(Content { media_type: any(&value), bytes: plain(&value) }),
        Essence::Other if media.binary => Some(Content { media_type, bytes: file::bytes(&value) }),
        Essence::Json | Essence::Other => Some(Content { media_type, bytes: plain(&value) }),
    }
}

/// Finds the body among the arguments: under LobeHub's name, under its own, or in pieces, as the convertor has those of
/// Swagger 2.0.
fn given(body: &Body, arguments: &Map<String, Value>) -> Option<Value> {
    let own = body.name.as_ref().filter(|name| !body.members.contains(name));
    if let Some(whole) = arguments.get(REQUEST_BODY).or_else(|| arguments.get(own?)) {
        return Some(whole.clone());
    }
    let member = |name: &String| Some((name.clone(), arguments.get(name)?.clone()));
    let members: Map<_, _> = body.members.iter().filter_map(member).collect();
    (!members.is_empty()).then_some(Value::Object(members))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Chooses the media type: the first one that can be written of the value. JSON is never sent under another name.
fn choose(body: &Body, value: Value) -> (Option<&Media>, Value) {
    let is_object =
        value.is_object() || value.as_str().and_then(structured).is_some_and(|value| value.is_object());
    let fits = |media: &&Media| match media.essence {
        Essence::Json | Essence::Any => true,
        Essence::Form | Essence::Multipart => is_object,
        Essence::Other => !value.is_object() && !value.is_array(),
    };
    // Where there are forms and nothing else, the value is not made of fields, and that is said of it.
    let form = |media: &&Media| match media.essence {
        Essence::Multipart => true,
        Essence::Form => value.is_array(),
        Essence::Json | Essence::Any | Essence::Other => false,
    };
    let chosen = body.media.iter().find(fits).or_else(|| body.media.iter().find(form));
    (chosen, value)
}

/// Writes a body that is no form: a text as it is, all else as JSON.
fn plain(value: &Value) -> Bytes {
    match value {
        Value::String(text) => text.clone().into(),
        other => scalar::json(other).into(),
    }
}

/// Names what is written where a document leaves it open.
fn any(value: &Value) -> HeaderValue {
    match value {
        Value::String(text) if structured(text).is_none() => {
            HeaderValue::from_static("text/plain;charset=UTF-8")
        }
        _ => JSON,
    }
}

/// Reads the fields of a form, which may come as their JSON.
pub(super) fn fields(value: &Value, faults: &mut Vec<ArgumentFault>) -> Option<Map<String, Value>> {
    let parsed = match value {
        Value::String(text) => structured(text),
        _ => None,
    };
    match parsed.as_ref().unwrap_or(value) {
        Value::Object(members) => Some(members.clone()),
        other => {
            faults.push(ArgumentFault::new(pointer(REQUEST_BODY), "an object", type_name(other)));
            None
        }
    }
}

fn form(media: &Media, value: &Value, faults: &mut Vec<ArgumentFault>) -> Option<String> {
    let nothing = Field::default();
    let pairs = fields(value, faults)?
        .iter()
        .flat_map(|(name, value)| field(name, value, media.fields.get(name).unwrap_or(&nothing)))
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>();
    Some(pairs.join("&"))
}

/// Writes a field of a form in a URL's encoding: as its `encoding` says, else lists in commas and objects in JSON, as
/// swagger-client does.
fn field(name: &str, value: &Value, field: &Field) -> Vec<(String, String)> {
    if let Some(form) = &field.form {
        return style::pairs(name, value, form);
    }
    let key = || scalar::escape(name, Escape::Component).into_owned();
    if let Some(media_type) = &field.content_type {
        let text = style::content(value, media_type);
        return vec![(key(), scalar::escape(&text, Escape::Component).into_owned())];
    }
    match value {
        Value::Array(items)
            if !items.iter().any(|item| item.is_array() || item.is_object() || item.is_null()) =>
        {
            let comma = Form::Style { style: Style::Form, explode: false, escape: Escape::Component };
            style::pairs(name, &Value::Array(items.clone()), &comma)
        }
        Value::Null => vec![(key(), "null".to_owned())],
        other => vec![(key(), scalar::escaped(other, Escape::Component))],
    }
}
