//! From a document and arguments to a request, as one text: `GET /path?query`, its headers, a blank line and its body.

#![expect(clippy::needless_pass_by_value, reason = "a case is written where it is checked")]

mod bodies;
mod documents;
mod judged;
mod parameters;
mod security;
mod sizes;

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value, json};

use super::{Document, Unbuilt, grant, request};
use crate::outbound::TargetUrl;

const BASE: &str = "https://api.example.org/v1";

fn read(document: &Value) -> Document {
    let url = TargetUrl::parse("https://documents.example.org/a/openapi.json").unwrap();
    Document::read(document.to_string().as_bytes(), &url).unwrap()
}

/// Makes a document of one operation, `op`.
fn document(path: &str, method: &str, mut operation: Value) -> Value {
    operation["operationId"] = "op".into();
    json!({ "openapi": "3.1.0", "servers": [{ "url": BASE }], "paths": { path: { method: operation } } })
}

fn build(
    document: &Value,
    name: &str,
    arguments: &Value,
    settings: &Value,
) -> Result<Request<Bytes>, Unbuilt> {
    let document = read(document);
    let operation = document.find(name).unwrap_or_else(|| panic!("no operation {name}"));
    assert_eq!(operation.fault, None);
    let object = |value: &Value| value.as_object().cloned().unwrap_or_else(Map::new);
    let granted = grant(&document, operation, &object(settings));
    let server = operation.server.as_ref().unwrap();
    request(operation, server, &object(arguments), &granted.credentials).map(|(_, request)| request)
}

/// Writes a request as a text.
fn shown(request: &Request<Bytes>) -> String {
    let url = request.uri().to_string();
    let mut text = format!("{} {}", request.method(), url.strip_prefix(BASE).unwrap_or(&url));
    for (name, value) in request.headers() {
        text.push_str(&format!("\n{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    }
    if !request.body().is_empty() {
        text.push_str(&format!("\n\n{}", String::from_utf8_lossy(request.body())));
    }
    text
}

/// Checks the request of one parameter.
fn check_parameter(path: &str, parameter: Value, arguments: Value, expected: &str) {
    let document = document(path, "get", json!({ "parameters": [parameter] }));
    let built = build(&document, "op", &arguments, &json!({}));
    let built = built.map(|request| shown(&request)).unwrap_or_else(|error| format!("{error:?}"));
    assert_eq!(built, format!("GET {expected}"), "{parameter} {arguments}");
}

/// Checks that arguments are refused, and what is said about them.
fn check_refused(document: &Value, arguments: &Value, expected: &str) {
    match build(document, "op", arguments, &json!({})) {
        Err(Unbuilt::Arguments(faults)) => {
            let said: Vec<_> = faults.iter().map(ToString::to_string).collect();
            assert_eq!(said.join("; "), expected, "{arguments}");
        }
        other => panic!("{arguments}: {:?}", other.map(|request| shown(&request))),
    }
}
