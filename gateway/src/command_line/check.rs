//! `lobe-gateway check`: from a file or a URL to a judgement that people, editors and CI can read.

use std::error::Error;
use std::io::Read as _;
use std::process::ExitCode;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};

use super::arguments::CheckOptions;
use super::waiting;
use crate::check::{self, Found, Report, Served};
use crate::outbound::{EgressPolicy, Outbound, OutboundError, OutboundLimits, Outgoing, TargetUrl, Trust};
use crate::remote::mcp::{self, Address};

/// How large a document may be, in bytes.
const MAX_DOCUMENT: usize = 8 << 20;

/// Ends with 0 when nothing is wrong, 1 when something is, 2 when there was nothing to judge.
pub(super) fn run(options: &CheckOptions) -> ExitCode {
    let report = match judge(options) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("error: {}: {error}", options.document);
            return ExitCode::from(2);
        }
    };
    let text = if options.json { as_json(options, &report) } else { for_people(options, &report) };
    if let Err(error) = super::print(text.as_bytes()) {
        eprintln!("error: {error}");
        return ExitCode::from(2);
    }
    if report.errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn judge(options: &CheckOptions) -> Result<Report, Box<dyn Error>> {
    if options.mcp {
        return Ok(check::judge_tools(&runtime()?.block_on(waiting(&options.document, list(options)))?));
    }
    let (bytes, served) = get(&options.document, &options.headers)?;
    Ok(check::judge(&bytes, options.kind, served.as_ref()))
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Gets a document, and how it was served if it was.
pub(super) fn get(document: &str, headers: &HeaderMap) -> Result<(Bytes, Option<Served>), Box<dyn Error>> {
    if document == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        return Ok((bytes.into(), None));
    }
    if !document.starts_with("http://") && !document.starts_with("https://") {
        return Ok((std::fs::read(document)?.into(), None));
    }
    let (bytes, served) = runtime()?.block_on(waiting(document, fetch(document, headers)))?;
    Ok((bytes, Some(served)))
}

/// Lists the tools of an MCP server, as LobeHub's server would.
async fn list(options: &CheckOptions) -> Result<serde_json::Value, Box<dyn Error>> {
    let url = TargetUrl::parse(&options.document)?;
    let outbound = door(&url)?;
    Ok(mcp::list(Address { url, headers: options.headers.clone(), outbound }).await?)
}

/// Opens the one door out. Who sits here named the host, so that is open, as this machine is.
fn door(url: &TargetUrl) -> Result<Outbound, Box<dyn Error>> {
    let policy =
        EgressPolicy { dev: true, allow_hosts: vec![url.origin().authority()], ..EgressPolicy::default() };
    Ok(Outbound::new(policy, OutboundLimits::default())?)
}

async fn fetch(url: &str, besides: &HeaderMap) -> Result<(Bytes, Served), Box<dyn Error>> {
    let url = TargetUrl::parse(url)?;
    let mut headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(check::PAGE))]);
    headers.extend(besides.clone());
    let request = Outgoing::new(Trust::Operator, Method::GET, url.clone(), headers, Bytes::new());
    let answer = door(&url)?.send(request).await.map_err(OutboundError::plainly)?;
    if !answer.status.is_success() {
        return Err(format!("the server answered {}", answer.status).into());
    }
    let served = Served::at(url, &answer.headers);
    Ok((answer.whole(MAX_DOCUMENT).await.map_err(OutboundError::plainly)?, served))
}

fn as_json(options: &CheckOptions, report: &Report) -> String {
    let mut document = serde_json::json!({ "document": options.document });
    let report = serde_json::to_value(report).expect("cannot fail because all its keys are strings");
    if let (Some(all), serde_json::Value::Object(report)) = (document.as_object_mut(), report) {
        all.extend(report);
    }
    format!("{document:#}\n")
}

/// Writes a line a remark, which editors and CI know how to find in the file.
fn for_people(options: &CheckOptions, report: &Report) -> String {
    let name = &options.document;
    let mut text: String = report.remarks.iter().map(|found| line(name, found)).collect();
    for tool in &report.tools {
        text.push_str(&plain(&format!("{name}: about {} tokens: {}", tool.tokens, tool.name)));
        text.push('\n');
    }
    let [errors, warnings] =
        [(report.errors, "error"), (report.warnings, "warning")].map(|(count, word)| counted(count, word));
    text.push_str(&format!("{name}: {}: {errors}, {warnings}\n", report.kind.name()));
    text
}

fn line(name: &str, found: &Found) -> String {
    let Found { severity, place, position, text } = found;
    let position =
        position.map(|position| format!(":{}:{}", position.line, position.column)).unwrap_or_default();
    let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
    plain(&format!("{name}{position}: {severity}: {place}{text}")) + "\n"
}

/// Leaves out what would make a terminal do something: the document is a stranger's.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{FFFD}' } else { letter }).collect()
}

pub(super) fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
