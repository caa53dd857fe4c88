//! `multipart/form-data`, as RFC 7578 has it and browsers write it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use http::HeaderValue;
use lobe_plugin_sdk::ArgumentFault;
use serde_json::Value;

use super::super::model::{Escape, Field, Form, Media};
use super::body::{Content, fields};
use super::file::{self, File};
use super::{scalar, style};

/// One part, as it stands between two boundaries.
struct Part {
    name: String,
    file: Option<&'static str>,
    media_type: Option<String>,
    bytes: Vec<u8>,
}

/// Writes a body in parts.
pub(super) fn write(media: &Media, value: &Value, faults: &mut Vec<ArgumentFault>) -> Option<Content> {
    let nothing = Field::default();
    let fields = fields(value, faults)?;
    let parts: Vec<Part> = fields
        .iter()
        .flat_map(|(name, value)| parts(name, value, media.fields.get(name).unwrap_or(&nothing)))
        .collect();
    let boundary = boundary(&parts);
    let mut bytes = Vec::new();
    for part in &parts {
        bytes.extend_from_slice(format!("--{boundary}\r\n{}\r\n\r\n", part.head()).as_bytes());
        bytes.extend_from_slice(&part.bytes);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let media_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}")).ok()?;
    Some(Content { media_type, bytes: bytes.into() })
}

/// Writes a field: a file in a part of its own, a list with `explode` in as many as it has items.
fn parts(name: &str, value: &Value, field: &Field) -> Vec<Part> {
    if field.binary || field.content_type.is_some() {
        let items = match value {
            Value::Array(items) if field.binary => items.iter().collect(),
            one => vec![one],
        };
        let read: Vec<_> = items.iter().map(|item| item.as_str().and_then(file::read)).collect();
        if field.binary && read.iter().any(Option::is_some) {
            return items.iter().zip(read).map(|(item, file)| file_part(name, item, file, field)).collect();
        }
    }
    if let Some(form) = &field.form {
        let texts = style::pairs(name, value, &unescaped(form));
        return texts.into_iter().map(|(name, text)| Part::text(name, &text)).collect();
    }
    if let Some(media_type) = &field.content_type {
        let text = style::content(value, media_type);
        let media_type = Some(media_type.clone());
        return vec![Part {
            name: name.to_owned(),
            file: Some("blob"),
            media_type,
            bytes: text.into_bytes(),
        }];
    }
    vec![Part::text(name.to_owned(), &plain(value))]
}

fn file_part(name: &str, value: &Value, file: Option<File>, field: &Field) -> Part {
    let Some(File { media_type, bytes }) = file else {
        return Part::text(name.to_owned(), &scalar::text(value));
    };
    let media_type =
        field.content_type.clone().filter(|name| !name.contains(['*', ','])).unwrap_or(media_type);
    Part { name: name.to_owned(), file: Some("file"), media_type: Some(media_type), bytes: bytes.into() }
}

/// Writes a list in commas and an object in JSON, as swagger-client does where no `encoding` says how.
fn plain(value: &Value) -> String {
    match value {
        Value::Array(items)
            if !items.iter().any(|item| item.is_array() || item.is_object() || item.is_null()) =>
        {
            items.iter().map(scalar::text).collect::<Vec<_>>().join(",")
        }
        Value::Null => "null".to_owned(),
        other => scalar::text(other).into_owned(),
    }
}

fn unescaped(form: &Form) -> Form {
    match form {
        Form::Style { style, explode, .. } => {
            Form::Style { style: *style, explode: *explode, escape: Escape::Nothing }
        }
        Form::Content { media_type, .. } => {
            Form::Content { media_type: media_type.clone(), escape: Escape::Nothing }
        }
    }
}

impl Part {
    fn text(name: String, text: &str) -> Self {
        Self { name, file: None, media_type: None, bytes: crlf(text).into_bytes() }
    }

    fn head(&self) -> String {
        let mut head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(&self.name));
        if let Some(file) = self.file {
            head.push_str(&format!("; filename=\"{file}\""));
        }
        if let Some(media_type) = self.media_type.as_ref().filter(|text| is_one_line(text)) {
            head.push_str(&format!("\r\nContent-Type: {media_type}"));
        }
        head
    }
}

fn is_one_line(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

/// Ends every line of a text as <https://html.spec.whatwg.org/#multipart-form-data> has it. A file stays as it is.
fn crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

/// Encodes what would end a quoted name, as the same says.
fn quoted(name: &str) -> String {
    crlf(name).replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

/// Makes a boundary that stands in none of the parts: of what they hold, so that the same call is the same request.
fn boundary(parts: &[Part]) -> String {
    let mut hasher = DefaultHasher::new();
    parts.iter().for_each(|part| part.bytes.hash(&mut hasher));
    loop {
        let boundary = format!("----lobe-{:016x}", hasher.finish());
        let is_inside =
            |part: &Part| part.bytes.windows(boundary.len()).any(|window| window == boundary.as_bytes());
        if !parts.iter().any(is_inside) {
            return boundary;
        }
        boundary.hash(&mut hasher);
    }
}
