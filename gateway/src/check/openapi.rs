//! An OpenAPI document: which of its operations can be called, and what models make of them.

use lobe_plugin_sdk::check::{self, Remark, Severity, Tool};
use lobe_plugin_sdk::json;
use serde_json::Value;

use super::{Judged, ToolSize};
use crate::openapi::{Document, Fault, Room, describe};
use crate::outbound::TargetUrl;

/// Where a document is that was not fetched: its servers are judged as far as they are whole URLs.
const SOMEWHERE: &str = "https://openapi.example/";

pub(super) fn judge(text: &[u8], document: &Value, url: Option<&TargetUrl>) -> Judged {
    let somewhere = || TargetUrl::parse(SOMEWHERE).expect("cannot fail because it is a URL");
    let known = match Document::read(text, &url.cloned().unwrap_or_else(somewhere)) {
        Ok(known) => known,
        Err(fault) => return Judged { remarks: vec![unusable("", fault)], tools: Vec::new() },
    };
    let mut remarks = Vec::new();
    let lost = known.lost.iter();
    remarks.extend(lost.map(|(path, fault)| unusable(&format!("/paths{}", json::pointer(path)), *fault)));
    if known.operations().is_empty() && known.lost.is_empty() {
        remarks.push(Remark::new(
            Severity::Error,
            "/paths",
            "there is nothing to call: describe an operation",
        ));
    }
    let mut described = Vec::new();
    for operation in known.operations() {
        let place = operation.pointer();
        remarks.extend(operation.fault.map(|fault| unusable(&place, fault)));
        remarks.extend(operation.server.as_ref().err().map(|fault| {
            let text = format!("it cannot be called: the URL of its server is of no use: {fault}");
            Remark::new(Severity::Error, place.clone(), text)
        }));
        remarks.extend(named(document, &place, &operation.name));
        described.push((place, describe(&known, operation, &Room::unbounded()).api));
    }
    remarks.extend(relative(document, url));
    let made = described.iter().map(|(place, api)| Tool::made_of(place.clone(), api));
    let made: Vec<Tool<'_>> = made.collect();
    remarks.extend(check::tools("", &made));
    Judged { remarks, tools: made.iter().map(ToolSize::of).collect() }
}

fn unusable(place: &str, fault: Fault) -> Remark {
    Remark::new(Severity::Error, place, format!("it cannot be called: {fault}"))
}

/// Says what becomes of an operation whose `operationId` LobeHub's own gateway does not find.
fn named(document: &Value, place: &str, name: &str) -> Option<Remark> {
    let id = document.pointer(place)?.get("operationId").and_then(Value::as_str).unwrap_or_default();
    let found = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if !id.is_empty() && id.chars().all(found) {
        return None;
    }
    let text = match id {
        "" => format!("it has no `operationId`, so it is called `{name}`: name it as people would"),
        id => format!(
            "LobeHub's own gateway finds no `operationId` like `{id}`: name it with ASCII letters, digits and `_`"
        ),
    };
    Some(Remark::new(Severity::Warning, place, text))
}

/// Says that a file's servers are only known when it is fetched.
fn relative(document: &Value, url: Option<&TargetUrl>) -> Option<Remark> {
    let whole = |server: &Value| server["url"].as_str().is_some_and(|url| url.contains("://"));
    let all_whole = document["servers"]
        .as_array()
        .is_some_and(|servers| !servers.is_empty() && servers.iter().all(whole));
    if url.is_some() || all_whole || document.get("host").is_some() {
        return None;
    }
    let text = "it names no server by its whole URL, so it is called where the document is found: name one in `servers`";
    Some(Remark::new(Severity::Warning, "/servers", text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(document: &Value, expected: &[&str]) {
        let judged = judge(document.to_string().as_bytes(), document, None);
        let found: Vec<String> = judged.remarks.iter().map(Remark::to_string).collect();
        let worse: Vec<&String> = found.iter().filter(|text| !text.starts_with("note")).collect();
        assert_eq!(worse, expected);
    }

    #[test]
    fn operations_are_judged_where_they_stand() {
        check(
            &json!({}),
            &[
                "error: it cannot be called: the document is no OpenAPI document: it says neither `openapi` nor `swagger`",
            ],
        );
        check(
            &json!({
                "openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://a.b"}],
                "paths": {
                    "/fine": {"get": {"operationId": "fine", "summary": "Is fine."}},
                    "/lost": {"get": {"operationId": "lost-one", "summary": "Is lost.",
                        "parameters": [{"$ref": "https://elsewhere.example/x.json#/a"}]}},
                    "/nameless": {"post": {"summary": "Has no name."}},
                    "/elsewhere": {"$ref": "paths.yaml#/elsewhere"},
                },
            }),
            &[
                "error: /paths/~1elsewhere: it cannot be called: it refers to another document, and references are not followed out \
                 of a document: name it among the plugin's `siblings`",
                "error: /paths/~1lost/get: it cannot be called: it refers to another document, and references are not \
                 followed out of a document: name it among the plugin's `siblings`",
                "warning: /paths/~1lost/get: LobeHub's own gateway finds no `operationId` like `lost-one`: name it with ASCII \
                 letters, digits and `_`",
                "warning: /paths/~1nameless/post: it has no `operationId`, so it is called `post_nameless`: name it as people would",
            ],
        );
        check(
            &json!({"swagger": "2.0", "paths": {}}),
            &[
                "error: /paths: there is nothing to call: describe an operation",
                "warning: /servers: it names no server by its whole URL, so it is called where the document is found: name one in \
                 `servers`",
            ],
        );
    }
}
