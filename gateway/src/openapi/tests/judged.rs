//! Answers what `tests/node/openapi` asks: the requests of other people's documents, which it holds against those that
//! swagger-client builds.
//!
//! A test that is only run when asked for, because what it reads is made by a program in JavaScript. `OPENAPI_CASES` names
//! the folder.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::super::{Document, grant, request};
use crate::outbound::TargetUrl;

#[test]
#[ignore = "its cases are made by tests/node/openapi"]
fn other_peoples_documents() {
    let folder = std::env::var("OPENAPI_CASES").expect("OPENAPI_CASES names the folder of the cases");
    let mut number = 0;
    while let Ok(cases) = fs::read(Path::new(&folder).join(format!("{number}.json"))) {
        let cases: Value = serde_json::from_slice(&cases).unwrap();
        let answers = answers(&cases);
        fs::write(Path::new(&folder).join(format!("{number}.answers")), answers.to_string()).unwrap();
        number += 1;
    }
    assert!(number > 0, "there are no cases in {folder}");
}

fn answers(cases: &Value) -> Value {
    let url = TargetUrl::parse(cases["url"].as_str().unwrap()).unwrap();
    let text = fs::read(cases["document"].as_str().unwrap()).unwrap();
    let document = match Document::read(&text, &url) {
        Ok(document) => document,
        Err(fault) => return json!({ "fault": fault.to_string() }),
    };
    cases["cases"].as_array().unwrap().iter().map(|case| answer(&document, case)).collect()
}

fn answer(document: &Document, case: &Value) -> Value {
    let object = |name: &str| case[name].as_object().cloned().unwrap_or_default();
    let Some(operation) = document.find(case["operation"].as_str().unwrap()) else {
        return json!({ "error": "unknown" });
    };
    if let Some(fault) = operation.fault {
        return json!({ "error": fault.to_string() });
    }
    let granted = grant(document, operation, &object("settings"));
    let server = match &operation.server {
        Ok(server) => server,
        Err(fault) => return json!({ "error": fault.to_string() }),
    };
    match request(operation, server, &object("arguments"), &granted.credentials) {
        Err(unbuilt) => json!({ "error": format!("{unbuilt:?}") }),
        Ok((url, request)) => {
            let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let headers: Map<String, Value> = request
                .headers()
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), text(value).into()))
                .collect();
            json!({
                "body": STANDARD.encode(request.body()),
                "headers": headers,
                "method": request.method().as_str(),
                "url": url.as_str(),
            })
        }
    }
}
