//! A service that has neither a manifest nor MCP: with an OpenAPI document a gateway makes a plugin of it.

use super::browser::{Fetched, counted, fetch};
use super::report::Report;
use super::subject::Subject;
use crate::openapi::Document;
use crate::outbound::Outbound;

/// What frameworks call it.
const PATHS: [&str; 2] = ["/openapi.json", "/openapi.yaml"];

/// Looks for an OpenAPI document. Returns whether there is one.
pub(super) async fn examine(outbound: &Outbound, subject: &Subject, report: &mut Report) -> bool {
    report.section("A gateway in front of it, by its OpenAPI document");
    let mut why = Vec::new();
    for path in PATHS {
        let url = subject.below(path);
        match fetch(outbound, subject, path).await {
            Ok(Fetched { bytes, served }) => match Document::read(&bytes, served.url()) {
                Ok(document) => {
                    report.good(format!(
                        "{url} describes {}: lobe-gateway makes a plugin of it for LobeChat 1.x, and an MCP server for all \
                         others",
                        counted(document.operations().len(), "operation")
                    ));
                    return true;
                }
                Err(fault) => why.push(format!("{url} cannot be read as an OpenAPI document: {fault}")),
            },
            Err(missing) => why.push(missing.text(&url)),
        }
    }
    let text = why.join("; ");
    if subject.asks_for_openapi() {
        report.wrong(text)
    } else {
        report.note(text)
    }
    false
}
