//! A client inside a container: what is this machine's own for us is the container's own for it.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::browser::request;
use super::report::Report;
use super::subject::Subject;
use crate::outbound::{Outbound, Outgoing};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const JSON_OR_EVENTS: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
/// As LobeHub's server begins.
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"lobehub-mcp-client","version":"1.0.0"}}}"#;

/// Examines what a client in a container on this machine meets.
pub(super) async fn examine(outbound: &Outbound, subject: &Subject, speaks_mcp: bool, report: &mut Report) {
    report.section("A client inside a container");
    let Some(inside) = subject.inside_container("") else {
        report.good("the address means the same there as here");
        return;
    };
    report.note(format!(
        "{} is the container itself there: paste {inside} (and run it with `--add-host=host.docker.internal:host-gateway` \
         on Linux)",
        subject.below("")
    ));
    report.note("the server has to listen on an address that containers reach: 0.0.0.0, or that of the container bridge");
    let (path, request) =
        if speaks_mcp { ("/mcp", initialize(subject)) } else { ("/manifest.json", plain(subject)) };
    let Some(mut request) = request else { return };
    let authority = subject.authority_inside_container();
    let Ok(host) = HeaderValue::try_from(&authority) else { return };
    request.headers.insert(header::HOST, host);
    match outbound.send(request).await.map(|answer| answer.status) {
        Ok(StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST | StatusCode::BAD_REQUEST) => report.wrong(format!(
            "{path} refuses requests for `{authority}`: add that name to the hosts that the server answers to"
        )),
        Ok(_) => report.good(format!("{path} answers to the name `{authority}`")),
        Err(error) => report.wrong(format!("{path}: {}", error.plainly())),
    }
}

fn plain(subject: &Subject) -> Option<Outgoing> {
    Some(request(Method::GET, &subject.url("/manifest.json").ok()?, HeaderMap::new()))
}

fn initialize(subject: &Subject) -> Option<Outgoing> {
    let headers = [(header::CONTENT_TYPE, JSON), (header::ACCEPT, JSON_OR_EVENTS)].into_iter().collect();
    let request = request(Method::POST, &subject.url("/mcp").ok()?, headers);
    Some(Outgoing { body: Bytes::from_static(INITIALIZE.as_bytes()), ..request })
}
