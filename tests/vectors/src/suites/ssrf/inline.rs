//! Vectors about what stands in an OpenAPI document: its servers, its paths, and the parameters of its operations.

use regex_lite::Regex;
use serde_json::{Map, Value, json};

use crate::documents;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::world::journal::Seen;

/// Where the parameters of a vector are sent.
const SERVER: &str = "http://public.vec.test:18080";

/// Makes the payload of a vector.
pub(super) fn payload(vector: &Vector, url: &str) -> Value {
    let request = vector.member("request");
    let arguments = request.get("arguments").cloned().unwrap_or_else(|| json!({}));
    documents::call(&documents::manifest_of_service(url), &arguments.to_string())
}

/// Completes what a vector says of its document: an operation on every path, and a path if there is none.
pub(super) fn document(vector: &Vector) -> Value {
    let mut document = vector.member("server").get("openapi").cloned().unwrap_or_else(|| json!({}));
    if let Some(request) = vector.member("request").as_object() {
        return with_parameters(request);
    }
    if document.get("swagger").is_none() && document.get("openapi").is_none() {
        document["openapi"] = "3.0.0".into();
    }
    if document.get("paths").is_none() {
        document["paths"] = json!({ "/x": {} });
    }
    for item in document["paths"].as_object_mut().into_iter().flatten().map(|(_, item)| item) {
        if item.is_object() && !["get", "post"].iter().any(|method| item.get(method).is_some()) {
            item["get"] = documents::operation();
        }
    }
    document
}

fn with_parameters(request: &Map<String, Value>) -> Value {
    let path = request.get("path").and_then(Value::as_str).unwrap_or("/x");
    let mut parameter = request
        .get("parameter")
        .cloned()
        .unwrap_or_else(|| json!({ "in": "path", "name": "id", "required": true }));
    parameter["schema"] = json!({ "type": "string" });
    let mut operation = documents::operation();
    operation["parameters"] = json!([parameter]);
    json!({ "openapi": "3.0.0", "servers": [{ "url": SERVER }], "paths": { path: { "get": operation } } })
}

/// Leaves out what the document was fetched by, where the arguments are what the vector is about.
pub(super) fn without_document(vector: &Vector, mut seen: Seen) -> Seen {
    if vector.member("request").is_object() {
        let before = seen.requests.len();
        seen.requests.retain(|request| !request.target().starts_with("/openapi.json"));
        let fetched = before - seen.requests.len();
        seen.connections.drain(..fetched.min(seen.connections.len()));
    }
    seen
}

/// `header 'Host' never reaches the wire with a caller value`: what the vector's own server was sent is not the argument.
pub(super) fn judge_wire(
    expected: &Value,
    callers: &[String],
    seen: &Seen,
    faults: &mut Faults,
) -> Result<(), Unrun> {
    let words = Regex::new(r"^header '(.*)' never reaches the wire with a caller value$")
        .expect("cannot fail because it is a constant");
    let text = expected.as_str().unwrap_or_default();
    let found = words.captures(text).ok_or_else(|| Unrun::words("wire", expected))?;
    let name = found[1].to_owned();
    for request in &seen.requests {
        let lines = request.message.headers.iter().filter(|(line, _)| line.eq_ignore_ascii_case(&name));
        for (_, value) in lines {
            let is_callers = callers.contains(value);
            faults.unless(!is_callers, || format!("the header {name} reached the wire: {value}"));
        }
    }
    Ok(())
}

/// Returns the values that a caller gives to parameters.
pub(super) fn callers(vector: &Vector) -> Vec<String> {
    let arguments = vector.member("request")["arguments"].as_object();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    // Of a value with the end of a line in it, the first line would be the header's.
    let line = |text: String| text.lines().next().unwrap_or_default().trim().to_owned();
    let values = arguments.into_iter().flatten().map(|(_, value)| line(text(value)));
    values.filter(|value| !value.is_empty()).collect()
}
