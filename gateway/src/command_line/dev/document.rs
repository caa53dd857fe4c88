//! The document that describes the plugin, a manifest or one of OpenAPI: found where it usually stands, and fetched as LobeChat's browser would.

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};

use crate::check::Served;
use crate::outbound::{Outbound, OutboundError, Outgoing, TargetUrl, Trust, UpstreamFault};

/// Where servers keep the document, manifests first: LobeHub's template, FastAPI and most others, NestJS, Spring, ASP.NET.
const USUAL_PATHS: [&str; 9] = [
    "/manifest.json",
    "/manifest-dev.json",
    "/openapi.json",
    "/openapi.yaml",
    "/swagger.json",
    "/api-json",
    "/v3/api-docs",
    "/openapi/v1.json",
    "/swagger/v1/swagger.json",
];
/// The most bytes of a document, as the gateway reads them.
const MAX_SIZE: usize = 5 << 20;
/// A page that asks for a manifest: LobeChat's, as somebody runs it for himself.
pub(super) const PAGE: &str = "http://localhost:3210";

/// Holds a document as its server gave it.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) text: Bytes,
    pub(super) served: Served,
}

/// Says why there is no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Nobody answers there.
    Silent(String),
    /// Somebody answers something else.
    Refused(String),
}

impl Missing {
    pub(super) fn words(&self) -> &str {
        match self {
            Self::Silent(words) | Self::Refused(words) => words,
        }
    }
}

/// Looks for a document where one usually stands.
pub(super) async fn find(outbound: &Outbound, server: &str) -> Result<Document, Missing> {
    for path in USUAL_PATHS {
        let url = TargetUrl::parse(&format!("{server}{path}"))
            .map_err(|fault| Missing::Refused(fault.to_string()))?;
        match get(outbound, &url).await {
            Err(Missing::Refused(_)) => {}
            found_or_silent => return found_or_silent,
        }
    }
    Err(Missing::Refused(format!("{server} answers, but it has none of {}", USUAL_PATHS.join(", "))))
}

/// Fetches a document.
pub(super) async fn get(outbound: &Outbound, url: &TargetUrl) -> Result<Document, Missing> {
    let answer = outbound.send(request(url)).await.map_err(|error| missing(url, error))?;
    let (status, served) = (answer.status, Served::at(url.clone(), &answer.headers));
    let text = answer.whole(MAX_SIZE).await.map_err(|error| missing(url, error))?;
    if status != StatusCode::OK {
        return Err(Missing::Refused(format!("{} answers {status}", url.as_str())));
    }
    Ok(Document { text, served })
}

fn request(url: &TargetUrl) -> Outgoing {
    let said = [(header::ACCEPT, "*/*"), (header::ORIGIN, PAGE)];
    let headers = said.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    Outgoing::new(Trust::Operator, Method::GET, url.clone(), headers, Bytes::new())
}

fn missing(url: &TargetUrl, error: OutboundError) -> Missing {
    let words = |text: &str| format!("{}: {text}", url.as_str());
    match error {
        OutboundError::Upstream(UpstreamFault::Connect | UpstreamFault::Closed) => {
            Missing::Silent(words(&error.plainly()))
        }
        OutboundError::Refused(refusal) => Missing::Refused(words(&format!(
            "`dev` calls this machine and the public internet, and not this address ({})",
            refusal.reason()
        ))),
        other => Missing::Refused(words(&other.to_string())),
    }
}
