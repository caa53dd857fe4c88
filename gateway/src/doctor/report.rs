//! What was found, in words for whoever set the server up.

use std::fmt;

use super::subject::Subject;

/// Collects what was found, client by client.
#[derive(Debug, Default)]
pub(crate) struct Report {
    sections: Vec<(String, Vec<(Level, String)>)>,
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
    }

    pub(super) fn good(&mut self, text: impl Into<String>) {
        self.add(Level::Good, text.into());
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.add(Level::Note, text.into());
    }

    pub(super) fn wrong(&mut self, text: impl Into<String>) {
        self.add(Level::Wrong, text.into());
    }

    fn add(&mut self, level: Level, text: String) {
        if let Some((_, findings)) = self.sections.last_mut() {
            findings.push((level, text));
        }
    }

    /// Says which address to paste where.
    pub(super) fn advise(&mut self, subject: &Subject, has_manifest: bool, speaks_mcp: bool) {
        self.section("What to paste where");
        if has_manifest {
            self.note(format!("LobeChat 1.x, Plugin Store, Custom: {}", subject.below("/manifest.json")));
        }
        if speaks_mcp {
            self.note(format!("LobeHub 2.1.48 and later, and other MCP clients: {}", subject.below("/mcp")));
            if let Some(inside) = subject.inside_container("/mcp") {
                self.note(format!("  where the client runs in a container on this machine: {inside}"));
            }
        }
        if !has_manifest && !speaks_mcp {
            self.wrong("nothing: there is neither a manifest nor an MCP server");
        }
    }

    /// Returns whether something will not work.
    pub(crate) fn is_wrong(&self) -> bool {
        self.sections.iter().flat_map(|(_, findings)| findings).any(|(level, _)| *level == Level::Wrong)
    }
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
