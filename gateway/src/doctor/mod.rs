//! Looks at a plugin's server the way each of its clients would, and says what works, what will not, and why.
//!
//! It plays three clients from where it runs: LobeChat 1.x in a browser, LobeHub's server as an MCP client, and either of
//! them inside a container. Nothing is called that has an effect: documents are fetched, and tools are listed.
//!
//! What a server does not offer is no fault of it, unless it was asked for: by the URL, or by being all that there is.

mod browser;
mod container;
mod lobehub;
mod report;
mod service;
mod subject;

use http::{HeaderMap, Method};

pub(crate) use self::report::Report;
pub(crate) use self::subject::Subject;
use crate::outbound::Outbound;

/// What a server was found to offer.
#[derive(Debug, Default)]
struct Offer {
    /// Its manifest's identifier, when it has a manifest that LobeChat takes.
    identifier: Option<String>,
    /// Where it speaks MCP.
    mcp: Option<String>,
    /// Whether it has an OpenAPI document.
    openapi: bool,
}

/// Examines a server.
pub(crate) async fn examine(outbound: &Outbound, subject: &Subject) -> Report {
    let mut report = Report::default();
    report.section(subject.below(""));
    if let Some(written) = subject.written_otherwise() {
        report.note(format!(
            "{written} is where a server listens, and no address that clients can call: {} is looked at instead",
            subject.authority()
        ));
    }
    if let Err(why) = reach(outbound, subject).await {
        report.wrong(why);
        return report;
    }
    report.good("it answers");
    let mut offer =
        Offer { identifier: browser::examine(outbound, subject, &mut report).await, ..Offer::default() };
    offer.mcp = lobehub::examine(outbound, subject, offer.identifier.as_deref(), &mut report).await;
    if subject.asks_for_openapi() || (offer.identifier.is_none() && offer.mcp.is_none()) {
        offer.openapi = service::examine(outbound, subject, &mut report).await;
    }
    container::examine(outbound, subject, &offer, &mut report).await;
    report.advise(outbound, subject, &offer);
    report
}

/// Tells why there is no answer at all, if there is none: one line then says more than one for each client.
async fn reach(outbound: &Outbound, subject: &Subject) -> Result<(), String> {
    let url = subject.url("/manifest.json").map_err(|fault| fault.to_string())?;
    let answer = outbound.send(browser::request(Method::GET, &url, HeaderMap::new())).await;
    answer.map(drop).map_err(|error| error.plainly())
}
