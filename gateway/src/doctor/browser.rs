//! LobeChat 1.x: the browser fetches the manifest and the OpenAPI document, and calls the gateway.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value;

use super::report::Report;
use super::subject::{Subject, is_loopback};
use crate::check::{JSON, Served};
use crate::outbound::{Outbound, Outgoing, Scheme, TargetUrl, Trust};
use crate::shape;

/// What LobeChat's calls of a gateway carry, so that the browser asks for leave first.
const CALL_HEADERS: &str = "x-lobe-chat-auth,x-lobe-plugin-settings,x-lobe-trace";
/// The largest document that is looked at, in bytes.
const MAX_DOCUMENT: usize = 5 << 20;
/// From so many letters on LobeChat writes a hash in place of a tool's name.
const LONGEST_TOOL: usize = 64;
/// A model that has to choose among more tools chooses worse, and some clients cut the list off.
pub(super) const MANY_TOOLS: usize = 20;

/// Examines the manifest and what it leads to. Returns the manifest, when there is one that can be read.
pub(super) async fn examine(outbound: &Outbound, subject: &Subject, report: &mut Report) -> Option<Value> {
    report.section(format!("LobeChat 1.x, in a browser, on the page {}", subject.page()));
    let manifest = fetch(outbound, subject, "/manifest.json", report).await?;
    match shape::manifest(&manifest) {
        Ok(()) => report.good("the manifest has the right shape"),
        Err(error) => {
            report.wrong(format!("the manifest has the wrong shape: {}", serde_json::json!(error)));
            return None;
        }
    }
    names(&manifest, report);
    gateway(outbound, subject, &manifest, report).await;
    if let Some(openapi) = manifest["openapi"].as_str().filter(|url| !url.is_empty()) {
        document(outbound, subject, openapi, report).await;
    }
    Some(manifest)
}

/// Fetches a document as a page does, and says what stands in the way of reading it.
async fn fetch(outbound: &Outbound, subject: &Subject, path: &str, report: &mut Report) -> Option<Value> {
    let url = subject.below(path);
    let text = match TargetUrl::parse(&url) {
        Ok(url) => get(outbound, subject, &url, report).await?,
        Err(fault) => {
            report.wrong(format!("{url}: {fault}"));
            return None;
        }
    };
    match serde_json::from_slice(&text) {
        Ok(document) => {
            report.good(format!("{url} can be read"));
            Some(document)
        }
        Err(error) => {
            report.wrong(format!("{url} is no JSON: {error}"));
            None
        }
    }
}

async fn get(outbound: &Outbound, subject: &Subject, url: &TargetUrl, report: &mut Report) -> Option<Bytes> {
    let headers = subject.origin().map(|origin| (header::ORIGIN, origin)).into_iter().collect();
    let answer = match outbound.send(request(Method::GET, url, headers)).await {
        Ok(answer) => answer,
        Err(error) => {
            report.wrong(format!("{} cannot be fetched: {}", url.as_str(), error.plainly()));
            return None;
        }
    };
    if !answer.status.is_success() {
        report.wrong(format!("{} answers with status {}", url.as_str(), answer.status.as_u16()));
        return None;
    }
    let served = Served::at(url.clone(), &answer.headers);
    if let Some(found) = served.other_than_json() {
        report.note(format!(
            "{} is of type `{found}`: LobeChat reads JSON only if the type is exactly `{JSON}`, and takes the rest for YAML, \
             which most JSON is, too",
            url.as_str()
        ));
    }
    readable(&served, subject, report);
    answer
        .whole(MAX_DOCUMENT)
        .await
        .map_err(|error| report.wrong(format!("{}: {}", url.as_str(), error.plainly())))
        .ok()
}

/// Tells whether the page may read an answer.
fn readable(served: &Served, subject: &Subject, report: &mut Report) {
    let page = subject.page();
    if !served.is_readable_by(page) {
        report.wrong(format!(
            "{} may not be read by the page {page}: the answer allows {}. Answer with the header `Access-Control-Allow-Origin: *` \
             (for a plugin made with the SDK, start the server with `--cors {page}`)",
            served.url().as_str(),
            served.allowed(),
        ));
    }
}

fn names(manifest: &Value, report: &mut Report) {
    let identifier = manifest["identifier"].as_str().unwrap_or_default();
    let names: Vec<_> =
        manifest["api"].as_array().into_iter().flatten().filter_map(|api| api["name"].as_str()).collect();
    for name in &names {
        let tool = format!("{identifier}____{name}");
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if tool.len() >= LONGEST_TOOL || !is_plain {
            report.note(format!(
                "`{tool}` is too long or has other letters than [a-zA-Z0-9_-]: the model sees a hash"
            ));
        }
    }
    match names.len() {
        0 if manifest["openapi"].is_null() => report.wrong("the manifest has no operations"),
        many if many > MANY_TOOLS => {
            report.note(format!("{many} operations: models choose worse among more than {MANY_TOOLS}"))
        }
        1 => report.good("1 operation"),
        number => report.good(format!("{number} operations")),
    }
}

/// Examines where calls go.
async fn gateway(outbound: &Outbound, subject: &Subject, manifest: &Value, report: &mut Report) {
    let Some(gateway) = manifest["gateway"].as_str() else {
        let elsewhere = "the manifest names no gateway: LobeChat's own server calls the plugin";
        if subject.is_loopback() {
            report.note(format!(
                "{elsewhere}, and finds it only if it runs on this machine and outside of a container"
            ));
        } else {
            report.note(elsewhere);
        }
        return;
    };
    let url = match TargetUrl::parse(gateway) {
        Ok(url) => url,
        Err(fault) => return report.wrong(format!("the gateway {gateway}: {fault}")),
    };
    if subject.page().starts_with("https://") && url.origin().scheme() == Scheme::Http && !is_loopback(&url) {
        report.wrong(format!("{gateway} is not encrypted: a page of https:// may not call it"));
    }
    let preflight = outbound.send(request(Method::OPTIONS, &url, preflight(subject))).await;
    match preflight {
        Ok(answer) if allows(&answer.headers, subject) => report.good(format!("{gateway} may be called by the page")),
        Ok(answer) => report.wrong(format!(
            "{gateway} may not be called by the page {}: it answers the browser's question with status {} and allows {}",
            subject.page(),
            answer.status.as_u16(),
            Some(said(&answer.headers, &header::ACCESS_CONTROL_ALLOW_ORIGIN)).filter(|said| !said.is_empty()).unwrap_or("no page"),
        )),
        Err(error) => report.wrong(format!("the gateway {gateway} cannot be called: {}", error.plainly())),
    }
}

fn preflight(subject: &Subject) -> HeaderMap {
    let asked = [
        (header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST")),
        (header::ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static(CALL_HEADERS)),
    ];
    asked.into_iter().chain(subject.origin().map(|origin| (header::ORIGIN, origin))).collect()
}

fn allows(headers: &HeaderMap, subject: &Subject) -> bool {
    let origin = said(headers, &header::ACCESS_CONTROL_ALLOW_ORIGIN);
    let allowed = said(headers, &header::ACCESS_CONTROL_ALLOW_HEADERS).to_ascii_lowercase();
    let listed: Vec<_> = allowed.split(',').map(str::trim).collect();
    let has_all = listed.contains(&"*") || CALL_HEADERS.split(',').all(|header| listed.contains(&header));
    (origin == "*" || origin == subject.page()) && has_all
}

async fn document(outbound: &Outbound, subject: &Subject, openapi: &str, report: &mut Report) {
    let Ok(url) = TargetUrl::parse(openapi) else {
        return report.wrong(format!("the OpenAPI document {openapi} is at no address that can be called"));
    };
    let Some(text) = get(outbound, subject, &url, report).await else { return };
    match serde_json::from_slice::<Value>(&text) {
        Ok(document) if document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")) => {
            report.good(format!("{openapi} is an OpenAPI document"));
        }
        _ => report.wrong(format!("{openapi} is no OpenAPI document of version 3 in JSON")),
    }
}

pub(super) fn request(method: Method, url: &TargetUrl, headers: HeaderMap) -> Outgoing {
    Outgoing::new(Trust::Operator, method, url.clone(), headers, Bytes::new())
}

fn said<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
