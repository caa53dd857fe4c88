//! What LobeChat would say of the plugin's document, and what to do about it, before a user sees an error. Pure.

use std::sync::Arc;

use lobe_plugin_sdk::check::{Remark, Severity};
use serde_json::Value;

use super::document::{Document, PAGE};
use crate::check::JSON;
use crate::outbound::TargetUrl;
use crate::{check, openapi, shape};

/// Holds what was thought of a document.
pub(super) struct Verdict {
    /// What it is, unless LobeChat would refuse it.
    pub(super) paper: Option<Paper>,
    pub(super) remarks: Vec<Remark>,
}

/// What a plugin is described by.
pub(super) enum Paper {
    Manifest(Value),
    Service(Arc<openapi::Document>),
}

/// Judges a document.
pub(super) fn document(document: &Document) -> Verdict {
    match openapi::Document::read(&document.text, document.served.url()) {
        Ok(service) => Verdict { remarks: faults(&service), paper: Some(Paper::Service(Arc::new(service))) },
        Err(fault) if says_a_version(&document.text) => {
            let remarks = vec![error_at("document", fault.to_string())];
            Verdict { paper: None, remarks }
        }
        Err(_) => manifest(document),
    }
}

/// Returns whether a text means to be an OpenAPI document. In a manifest that word has a URL.
fn says_a_version(text: &[u8]) -> bool {
    let document: Value = serde_json::from_slice(text).unwrap_or_default();
    let version = document["openapi"].as_str().or(document["swagger"].as_str());
    version.is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit()))
}

/// Says which operations of a service cannot be called.
fn faults(service: &openapi::Document) -> Vec<Remark> {
    let faulty = |operation: &Arc<openapi::Operation>| {
        let fault = match (&operation.fault, &operation.server) {
            (Some(fault), _) => fault.to_string(),
            (None, Err(fault)) => format!("its server cannot be called: {fault}"),
            (None, Ok(_)) => return None,
        };
        Some(Remark { severity: Severity::Warning, place: operation.name.clone(), text: fault })
    };
    service.operations().iter().filter_map(faulty).collect()
}

fn manifest(document: &Document) -> Verdict {
    let mut remarks = served(document);
    let manifest: Value = match serde_json::from_slice(&document.text) {
        Ok(manifest) => manifest,
        Err(error) => {
            remarks.push(error_at("manifest", format!("it is no JSON: {error}")));
            return Verdict { paper: None, remarks };
        }
    };
    remarks.extend(elsewhere(&manifest, document.served.url()));
    // What is only noted matters elsewhere: that it is on this machine is the point of working here.
    let matters = |remark: &Remark| remark.severity != Severity::Note;
    remarks.extend(check::manifest(&manifest).into_iter().filter(matters));
    let paper = shape::manifest(&manifest).is_ok().then_some(Paper::Manifest(manifest));
    Verdict { paper, remarks }
}

/// Says what is wrong with how the document is served. Here it is served rightly, so it matters later.
fn served(document: &Document) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if !document.served.is_readable_by(PAGE) {
        remarks.push(note(
            "Access-Control-Allow-Origin",
            "the plugin's server does not let web pages read its manifest, and LobeChat's browser would refuse it there: \
             send the header with `*`. Here the gateway does",
        ));
    }
    if let Some(found) = document.served.other_than_json() {
        remarks.push(note(
            "Content-Type",
            format!(
                "the plugin's server says `{found}`, and LobeChat 1.x reads all but exactly `{JSON}` as YAML. Here the \
                 gateway says that"
            ),
        ));
    }
    remarks
}

/// Finds operations that are said to be on another port of this machine than the manifest.
fn elsewhere(manifest: &Value, url: &TargetUrl) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (position, api) in manifest["api"].as_array().into_iter().flatten().enumerate() {
        let Some(Ok(target)) = api["url"].as_str().map(TargetUrl::parse) else { continue };
        let is_here = |host: String| host == "localhost" || host == "127.0.0.1" || host == "[::1]";
        let (there, here) = (target.origin(), url.origin());
        if is_here(there.host().to_string())
            && is_here(here.host().to_string())
            && there.port() != here.port()
        {
            remarks.push(Remark {
                severity: Severity::Warning,
                place: format!("/api/{position}/url"),
                text: format!(
                    "it leads to port {}, and the plugin serves on port {}: make it of the port in PORT, or of the \
                     request's Host header",
                    there.port(),
                    here.port()
                ),
            });
        }
    }
    remarks
}

fn error_at(place: &str, text: String) -> Remark {
    Remark { severity: Severity::Error, place: place.to_owned(), text }
}

fn note(place: &str, text: impl Into<String>) -> Remark {
    Remark { severity: Severity::Note, place: place.to_owned(), text: text.into() }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::header;
    use serde_json::json;

    use super::*;
    use crate::check::Served;

    fn document(text: &str) -> Document {
        served_as(JSON, "*", text)
    }

    fn served_as(media_type: &str, allowed: &str, text: &str) -> Document {
        let url = TargetUrl::parse("http://127.0.0.1:3501/manifest.json").unwrap();
        let said = [(header::CONTENT_TYPE, media_type), (header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed)];
        let headers = said.into_iter().map(|(name, value)| (name, value.parse().unwrap())).collect();
        Document { text: Bytes::copy_from_slice(text.as_bytes()), served: Served::at(url, &headers) }
    }

    fn remarks(text: &str) -> Vec<String> {
        super::document(&document(text)).remarks.iter().map(Remark::to_string).collect()
    }

    #[test]
    fn faults_have_a_place_zods_words_and_advice() {
        let check = |text: &str, expected: &[&str]| assert_eq!(remarks(text), expected, "{text}");
        check("<html>", &["error: manifest: it is no JSON: expected value at line 1 column 1"]);
        check("[]", &["error: LobeChat refuses it: Expected object, received array: write a JSON object"]);
        check(
            r#"{"identifier": "a", "meta": {"description": "d"}, "api": [{"name": "n", "description": "d", "url": "/n",
                "parameters": {"properties": {}}}]}"#,
            &[
                "error: /api/0/parameters/type: LobeChat refuses it: Required: write `\"type\": \"object\"`",
                "error: /api/0/url: LobeChat refuses it: Invalid url: write the whole address, from `https://` on",
            ],
        );
    }

    #[test]
    fn services_are_told_from_manifests() {
        let paper = |text: &str| super::document(&document(text)).paper;
        assert!(matches!(paper(r#"{"openapi": "3.1.0", "info": {}, "paths": {}}"#), Some(Paper::Service(_))));
        assert!(matches!(paper("swagger: '2.0'\ninfo: {}\npaths: {}"), Some(Paper::Service(_))));
        let manifest =
            r#"{"identifier": "a", "meta": {}, "api": [], "openapi": "https://a.example/openapi.json"}"#;
        assert!(matches!(paper(manifest), Some(Paper::Manifest(_))));
        let said = remarks(r#"{"openapi": "4.0.0"}"#);
        assert!(said[0].starts_with("error: document: the document's version is not supported"), "{said:?}");
    }

    #[test]
    fn an_operation_on_another_port_is_found() {
        let api = |name: &str, url: &str| {
            json!({ "name": name, "description": "d", "url": url,
                    "parameters": { "type": "object", "properties": {} } })
        };
        let manifest = json!({ "identifier": "a", "meta": { "description": "d" },
            "api": [api("here", "http://localhost:3501/n"), api("there", "http://localhost:8000/n"), api("elsewhere", "https://a.example/n")] });
        let said = remarks(&manifest.to_string());
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("warning: /api/1/url: it leads to port 8000"), "{said:?}");
    }

    #[test]
    fn how_it_is_served_is_remarked() {
        let served = served_as("text/html", "https://b.example", "{}");
        let said: Vec<_> = manifest(&served).remarks.into_iter().map(|remark| remark.place).collect();
        assert_eq!(said, ["Access-Control-Allow-Origin", "Content-Type", "/api", "/identifier", "/meta"]);
    }
}
