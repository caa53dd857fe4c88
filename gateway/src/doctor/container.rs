//! A client inside a container: what is this machine's own for us is the container's own for it.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::Offer;
use super::browser::request;
use super::report::Report;
use super::subject::Subject;
use crate::outbound::{Outbound, Outgoing, TargetUrl};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const JSON_OR_EVENTS: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
/// As LobeHub's server begins.
const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"lobehub-mcp-client","version":"1.0.0"}}}"#;

/// Examines what a client in a container on this machine meets. What stands in its way is advice, unless clients are there.
pub(super) async fn examine(outbound: &Outbound, subject: &Subject, offer: &Offer, report: &mut Report) {
    let (url, request) = match (&offer.mcp, &offer.identifier) {
        (Some(url), _) => (url.clone(), initialize(url)),
        (None, Some(_)) => {
            let url = subject.below("/manifest.json");
            (url.clone(), plain(&url))
        }
        (None, None) => return,
    };
    let Some(inside) = subject.inside_container(&url) else { return };
    let title = "A client inside a container on this machine, such as LobeHub's in Docker";
    if subject.is_for_containers() {
        report.section(title);
    } else {
        report.aside(title);
    }
    report.note(format!(
        "{} is the container itself there: paste {inside} (on Linux with `--add-host=host.docker.internal:host-gateway`)",
        subject.host()
    ));
    report.note(
        "the server has to listen on an address that containers reach, 0.0.0.0 or that of the bridge, which cannot be seen from \
         here",
    );
    let Some(mut request) = request else { return };
    let authority = subject.authority_inside_container();
    let Ok(host) = HeaderValue::try_from(&authority) else { return };
    request.headers.insert(header::HOST, host);
    match outbound.send(request).await.map(|answer| answer.status) {
        Ok(status @ (StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST | StatusCode::BAD_REQUEST)) => {
            let name = authority.rsplit_once(':').map_or(&*authority, |(name, _)| name);
            report.wrong(format!(
                "{url} refuses requests for `{authority}` (status {}): {}",
                status.as_u16(),
                let_in(name)
            ));
        }
        Ok(_) => report.good(format!("{url} answers to the name `{authority}`")),
        Err(error) => report.wrong(format!("{url}: {}", error.plainly())),
    }
}

/// Returns whether an MCP server refuses whoever begins without saying how to be let in.
pub(super) async fn is_forbidden(outbound: &Outbound, url: &str) -> bool {
    let Some(request) = initialize(url) else { return false };
    let is_refusal = |status| matches!(status, StatusCode::FORBIDDEN | StatusCode::MISDIRECTED_REQUEST);
    outbound.send(request).await.is_ok_and(|answer| {
        is_refusal(answer.status) && !answer.headers.contains_key(header::WWW_AUTHENTICATE)
    })
}

/// Says how a server is told to answer to a host.
pub(super) fn let_in(host: &str) -> String {
    format!(
        "add it to those that the server answers to (`--allow-host {host}` for a plugin made with the SDK, `hosts = [\"{host}\"]` \
         in the configuration of lobe-gateway)"
    )
}

fn plain(url: &str) -> Option<Outgoing> {
    Some(request(Method::GET, &TargetUrl::parse(url).ok()?, HeaderMap::new()))
}

fn initialize(url: &str) -> Option<Outgoing> {
    let headers = [(header::CONTENT_TYPE, JSON), (header::ACCEPT, JSON_OR_EVENTS)].into_iter().collect();
    let request = request(Method::POST, &TargetUrl::parse(url).ok()?, headers);
    Some(Outgoing { body: Bytes::from_static(INITIALIZE.as_bytes()), ..request })
}
