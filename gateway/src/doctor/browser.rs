//! LobeChat 1.x: the browser fetches the manifest and the OpenAPI document, and calls the gateway.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value;

use super::report::Report;
use super::subject::{Subject, is_loopback};
use crate::check::{self, Kind, Served};
use crate::outbound::{Outbound, Outgoing, Scheme, TargetUrl, Trust};

/// What LobeChat's calls of a gateway carry, so that the browser asks for leave first.
const CALL_HEADERS: &str = "x-lobe-chat-auth,x-lobe-plugin-settings,x-lobe-trace";
/// The largest document that is looked at, in bytes.
const MAX_DOCUMENT: usize = 5 << 20;
/// How many warnings are shown; `check` shows all.
const SHOWN_WARNINGS: usize = 5;
/// A model that has to choose among more tools chooses worse, and some clients cut the list off.
pub(super) const MANY_TOOLS: usize = 20;

/// A document, and how it was served.
pub(super) struct Fetched {
    pub(super) bytes: Bytes,
    pub(super) served: Served,
}

/// Says why there is no document.
pub(super) enum Missing {
    /// There is something else, or nothing.
    Absent(String),
    /// It is there, and cannot be had.
    Failed(String),
}

impl Missing {
    /// Words it.
    pub(super) fn text(&self, url: &str) -> String {
        match self {
            Self::Absent(why) | Self::Failed(why) => format!("{url} {why}"),
        }
    }
}

/// Examines the manifest and what it leads to. Returns the identifier, when there is a manifest that LobeChat takes.
pub(super) async fn examine(outbound: &Outbound, subject: &Subject, report: &mut Report) -> Option<String> {
    let title = format!("LobeChat 1.x, in a browser, on the page {}", subject.page());
    if subject.asks_for_manifest() || subject.asks_for_anything() {
        report.section(title);
    } else {
        report.aside(title);
    }
    let url = subject.below("/manifest.json");
    let Fetched { bytes, served } = match fetch(outbound, subject, "/manifest.json").await {
        Ok(fetched) => fetched,
        Err(Missing::Absent(why)) if !subject.asks_for_manifest() => {
            report.note(format!("no manifest: {url} {why}. LobeChat 1.x cannot use the server by itself"));
            return None;
        }
        Err(missing) => {
            report.wrong(missing.text(&url));
            return None;
        }
    };
    if subject.page().starts_with("https://") && is_plain_elsewhere(served.url()) {
        report.wrong(format!("{url} is not encrypted: a page of https:// may not read it"));
    }
    readable(&served, subject, report);
    let identifier = manifest(&url, &bytes, report);
    let document: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if identifier.is_some() {
        gateway(outbound, subject, &document, report).await;
        if let Some(openapi) = document["openapi"].as_str().filter(|url| !url.is_empty()) {
            openapi_document(outbound, subject, openapi, report).await;
        }
    }
    identifier
}

/// Fetches a document as a page does.
pub(super) async fn fetch(outbound: &Outbound, subject: &Subject, path: &str) -> Result<Fetched, Missing> {
    let url = subject.url(path).map_err(|fault| Missing::Failed(fault.to_string()))?;
    get(outbound, subject, &url).await
}

async fn get(outbound: &Outbound, subject: &Subject, url: &TargetUrl) -> Result<Fetched, Missing> {
    let headers = subject.origin().map(|origin| (header::ORIGIN, origin)).into_iter().collect();
    let answer = outbound.send(request(Method::GET, url, headers)).await;
    let answer =
        answer.map_err(|error| Missing::Failed(format!("cannot be fetched: {}", error.plainly())))?;
    let status = answer.status.as_u16();
    if matches!(status, 404 | 405 | 410) {
        return Err(Missing::Absent(format!("answers with status {status}")));
    }
    if status == 401 {
        return Err(Missing::Failed(
            "asks for a key (status 401): a browser fetches documents without one".into(),
        ));
    }
    if !answer.status.is_success() {
        return Err(Missing::Failed(format!("answers with status {status}")));
    }
    let served = Served::at(url.clone(), &answer.headers);
    if served.is_page() {
        return Err(Missing::Absent("is a web page".to_owned()));
    }
    let bytes = answer.whole(MAX_DOCUMENT).await.map_err(|error| Missing::Failed(error.plainly()))?;
    Ok(Fetched { bytes, served })
}

/// Tells whether the page may read an answer, and as what.
fn readable(served: &Served, subject: &Subject, report: &mut Report) {
    let (page, url) = (subject.page(), served.url().as_str());
    if let Some(found) = served.other_than_json() {
        report.note(format!(
            "{url} is of type `{found}`, and LobeChat reads all but exactly `{}` as YAML, which most JSON is, too: answer with \
             that type alone",
            check::JSON
        ));
    }
    if !served.is_readable_by(page) {
        report.wrong(format!(
            "{url} may not be read by the page {page}: the answer allows {}. Answer with the header \
             `Access-Control-Allow-Origin: *` (for a plugin made with the SDK, start the server with `--cors {page}`)",
            served.allowed(),
        ));
    }
}

/// Judges a manifest as `lobe-gateway check` does. Returns its identifier, when LobeChat takes it.
fn manifest(url: &str, bytes: &Bytes, report: &mut Report) -> Option<String> {
    let judged = check::judge(bytes, Some(Kind::Manifest), None);
    let of = |severity: &'static str| judged.remarks.iter().filter(move |found| found.severity == severity);
    for found in of("error") {
        report.wrong(found.at(url));
    }
    if judged.errors > 0 {
        return None;
    }
    let operations = counted(judged.tools.len(), "operation");
    report.good(format!("{url} can be read, and describes {operations}"));
    if judged.warnings > 0 {
        for found in of("warning").take(SHOWN_WARNINGS) {
            report.note(found.at(url));
        }
        let more = judged.warnings.saturating_sub(SHOWN_WARNINGS);
        let more = if more > 0 { format!("and {}: ", counted(more, "more warning")) } else { String::new() };
        report.note(format!("{more}`lobe-gateway check {url}` says what would be better"));
    }
    let document: Value = serde_json::from_slice(bytes).ok()?;
    document["identifier"].as_str().map(str::to_owned)
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
    if subject.page().starts_with("https://") && is_plain_elsewhere(&url) {
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

/// Returns whether a URL goes to another machine without encryption.
fn is_plain_elsewhere(url: &TargetUrl) -> bool {
    url.origin().scheme() == Scheme::Http && !is_loopback(url)
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

async fn openapi_document(outbound: &Outbound, subject: &Subject, openapi: &str, report: &mut Report) {
    let Ok(url) = TargetUrl::parse(openapi) else {
        return report.wrong(format!("the OpenAPI document {openapi} is at no address that can be called"));
    };
    let Fetched { bytes, served } = match get(outbound, subject, &url).await {
        Ok(fetched) => fetched,
        Err(missing) => return report.wrong(format!("the OpenAPI document {}", missing.text(openapi))),
    };
    readable(&served, subject, report);
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(document) if document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")) => {
            report.good(format!("{openapi} is an OpenAPI document"));
        }
        _ => report.wrong(format!("{openapi} is no OpenAPI document of version 3 in JSON")),
    }
}

pub(super) fn request(method: Method, url: &TargetUrl, headers: HeaderMap) -> Outgoing {
    Outgoing::new(Trust::Operator, method, url.clone(), headers, Bytes::new())
}

/// Writes how many there are of something.
pub(super) fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn said<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
