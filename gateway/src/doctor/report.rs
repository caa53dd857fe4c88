//! What was found, in words for whoever set the server up.

use std::fmt;

use super::Offer;
use super::subject::Subject;
use crate::outbound::Outbound;

/// Collects what was found, client by client.
#[derive(Debug, Default)]
pub(crate) struct Report {
    sections: Vec<(String, Vec<(Level, String)>)>,
    /// Whether what is wrong in this section is no failure.
    is_aside: bool,
}

/// Says how much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// It works.
    Good,
    /// It works, and could be better; or it is worth knowing.
    Note,
    /// It will not work.
    Wrong,
}

impl Report {
    pub(super) fn section(&mut self, title: impl Into<String>) {
        self.sections.push((title.into(), Vec::new()));
        self.is_aside = false;
    }

    /// Begins a section about what nobody asked for: what is wrong there is worth knowing, and no failure.
    pub(super) fn aside(&mut self, title: impl Into<String>) {
        self.section(title);
        self.is_aside = true;
    }

    pub(super) fn good(&mut self, text: impl Into<String>) {
        self.add(Level::Good, text.into());
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.add(Level::Note, text.into());
    }

    pub(super) fn wrong(&mut self, text: impl Into<String>) {
        self.add(if self.is_aside { Level::Note } else { Level::Wrong }, text.into());
    }

    fn add(&mut self, level: Level, text: String) {
        if let Some((_, findings)) = self.sections.last_mut() {
            findings.push((level, text));
        }
    }

    /// Says which address to paste where.
    pub(super) fn advise(&mut self, outbound: &Outbound, subject: &Subject, offer: &Offer) {
        self.section("What to paste where");
        if offer.identifier.is_some() {
            self.note(format!("LobeChat 1.x, Plugin Store, Custom: {}", subject.below("/manifest.json")));
        }
        if let Some(url) = &offer.mcp {
            self.note(format!("LobeHub 2.1.48 and later, and other MCP clients: {url}"));
            if let Some(inside) = subject.inside_container(url) {
                self.note(format!("  where the client runs in a container on this machine: {inside}"));
            }
        }
        if offer.openapi {
            self.note(format!("a line of the configuration of lobe-gateway: {}", line(outbound, subject)));
            self.note(format!("or, to try it now: lobe-gateway dev {}", subject.below("/openapi.json")));
        }
        if offer.identifier.is_none() && offer.mcp.is_none() && !offer.openapi {
            self.wrong(
                "nothing: there is no manifest, no MCP server and no OpenAPI document that could be used",
            );
        } else if outbound.is_inner(subject.base()) {
            let from = if subject.is_loopback() { "this machine" } else { "your own network" };
            self.note(format!(
                "these addresses lead here from {from} alone: clients elsewhere, LobeHub's cloud among them, need a public one \
                 with https://"
            ));
        }
    }

    /// Returns whether something will not work.
    pub(crate) fn is_wrong(&self) -> bool {
        self.sections.iter().flat_map(|(_, findings)| findings).any(|(level, _)| *level == Level::Wrong)
    }
}

/// Writes the line by which lobe-gateway serves a service.
fn line(outbound: &Outbound, subject: &Subject) -> String {
    let opened = if outbound.is_inner(subject.base()) {
        format!(", allow_hosts = [\"{}\"]", subject.base().origin().authority())
    } else {
        String::new()
    };
    format!("plugins.service = {{ openapi = \"{}\"{opened} }}", subject.below("/openapi.json"))
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, findings) in &self.sections {
            writeln!(formatter, "{title}")?;
            for (level, text) in findings {
                let mark = match level {
                    Level::Good => "ok   ",
                    Level::Note => "     ",
                    Level::Wrong => "FAIL ",
                };
                writeln!(formatter, "  {mark}{text}")?;
            }
        }
        Ok(())
    }
}
