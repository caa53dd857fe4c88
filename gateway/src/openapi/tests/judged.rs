//! Answers what `tests/node/openapi` asks: the requests of other people's documents, which it holds against those that
//! swagger-client builds.
//!
//! A test that is only run when asked for, because what it reads is made by a program in JavaScript. `OPENAPI_CASES` names
//! a file of lines: the document, then its cases. The answers are lines of the file beside it.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::super::{Document, grant, request};
use crate::outbound::TargetUrl;

#[test]
#[ignore = "its cases are made by tests/node/openapi"]
fn other_peoples_documents() -> io::Result<()> {
    let cases = std::env::var("OPENAPI_CASES").expect("OPENAPI_CASES names the file of the cases");
    let mut answers = BufWriter::new(File::create(format!("{cases}.answers"))?);
    let mut lines = BufReader::new(File::open(cases)?).lines();
    let head: Value = serde_json::from_str(&lines.next().expect("the document comes first")?)?;
    let url = TargetUrl::parse(head["url"].as_str().unwrap()).unwrap();
    let text = fs::read(head["document"].as_str().unwrap())?;
    let document = match Document::read(&text, &url) {
        Ok(document) => document,
        Err(fault) => return writeln!(answers, "{}", json!({ "fault": fault.to_string() })),
    };
    writeln!(answers, "{{}}")?;
    let settings = head["settings"].as_object().cloned().unwrap_or_default();
    for line in lines {
        let case: Value = serde_json::from_str(&line?)?;
        writeln!(answers, "{}", answer(&document, &case, &settings))?;
    }
    answers.flush()
}

fn answer(document: &Document, case: &Value, settings: &Map<String, Value>) -> Value {
    let arguments = case["arguments"].as_object().cloned().unwrap_or_default();
    let Some(operation) = document.find(case["operation"].as_str().unwrap()) else {
        return json!({ "error": "unknown" });
    };
    if let Some(fault) = operation.fault {
        return json!({ "error": fault.to_string() });
    }
    let granted = grant(document, operation, settings);
    let server = match &operation.server {
        Ok(server) => server,
        Err(fault) => return json!({ "error": fault.to_string() }),
    };
    match request(operation, server, &arguments, &granted.credentials) {
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
