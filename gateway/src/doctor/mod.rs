//! Looks at a plugin's server the way each of its clients would, and says what works, what will not, and why.
//!
//! It plays three clients from where it runs: LobeChat 1.x in a browser, LobeHub's server as an MCP client, and either of
//! them inside a container. Nothing is called that has an effect: documents are fetched, and tools are listed.

mod browser;
mod container;
mod lobehub;
mod report;
mod subject;

pub(crate) use self::report::Report;
pub(crate) use self::subject::Subject;
use crate::outbound::Outbound;

/// Examines a server.
pub(crate) async fn examine(outbound: &Outbound, subject: &Subject) -> Report {
    let mut report = Report::default();
    let manifest = browser::examine(outbound, subject, &mut report).await;
    let identifier = manifest.as_ref().and_then(|manifest| manifest["identifier"].as_str());
    let speaks_mcp = lobehub::examine(outbound, subject, identifier, &mut report).await;
    container::examine(outbound, subject, speaks_mcp, &mut report).await;
    report.advise(subject, manifest.is_some(), speaks_mcp);
    report
}
