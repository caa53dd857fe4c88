//! What is wrong with a document of somebody's, where, and what to write instead: a manifest, a market index, an OpenAPI
//! document or an MCP server's list of tools, judged as LobeChat's own client would, and by what breaks models.
//!
//! Pure: who fetched it, and how it was served, is handed in. What is said of tools, whatever document they come from, is
//! the sdk's (`lobe_plugin_sdk::check`).

mod index;
mod manifest;
mod openapi;
mod served;
mod source;
mod tools;

use lobe_plugin_sdk::check::{Remark, Severity, Tool};
use serde::Serialize;
use serde_json::Value;

pub(crate) use self::manifest::remarks as manifest;
pub(crate) use self::served::{JSON, PAGE, Served};
use self::source::{Position, Source};

/// Names the documents that can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Manifest,
    Index,
    OpenApi,
    /// What an MCP server answers to `tools/list`.
    Tools,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Manifest, Self::Index, Self::OpenApi, Self::Tools];

    /// Returns its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Index => "index",
            Self::OpenApi => "openapi",
            Self::Tools => "tools",
        }
    }

    /// Tells what a document means to be. A manifest may name an OpenAPI document, and then says `openapi` too.
    fn of(document: &Value) -> Self {
        let has = |name: &str| document.get(name).is_some();
        if has("swagger") || has("openapi") && !has("api") && !has("identifier") {
            return Self::OpenApi;
        }
        if has("tools") && !has("api") {
            return Self::Tools;
        }
        if has("plugins") && !has("api") { Self::Index } else { Self::Manifest }
    }
}

/// Holds all that was found. Serialises as `check --json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) kind: Kind,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) remarks: Vec<Found>,
    pub(crate) tools: Vec<ToolSize>,
}

/// One remark, and where in the text it is about.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    pub(crate) severity: &'static str,
    /// A JSON Pointer.
    pub(crate) place: String,
    #[serde(flatten)]
    pub(crate) position: Option<Position>,
    pub(crate) text: String,
}

/// How much of every request a tool is.
#[derive(Debug, Serialize)]
pub(crate) struct ToolSize {
    pub(crate) name: String,
    /// About so many tokens.
    pub(crate) tokens: usize,
}

/// What one kind of document was found to have.
struct Judged {
    remarks: Vec<Remark>,
    tools: Vec<ToolSize>,
}

/// Judges what an MCP server lists: `{"tools": [..]}`. It was never a text, so remarks have no position in one.
pub(crate) fn judge_tools(listed: &Value) -> Report {
    let Judged { remarks, tools } = tools::judge(listed);
    let found = remarks.into_iter().map(Found::somewhere).collect();
    Report::of(Kind::Tools, found, tools)
}

/// Judges a document, as the kind that it is said to be or seems to be.
pub(crate) fn judge(bytes: &[u8], kind: Option<Kind>, served: Option<&Served>) -> Report {
    let source = match Source::read(bytes) {
        Ok(source) => source,
        Err(found) => return Report::of(kind.unwrap_or(Kind::Manifest), vec![found], Vec::new()),
    };
    let kind = kind.unwrap_or_else(|| Kind::of(source.document()));
    let Judged { mut remarks, tools } = match kind {
        Kind::Manifest => manifest::judge(source.document()),
        Kind::Index => index::judge(source.document()),
        Kind::OpenApi => openapi::judge(bytes, source.document(), served.map(Served::url)),
        Kind::Tools => tools::judge(source.document()),
    };
    remarks.extend(served.into_iter().flat_map(|served| served.judge(kind)));
    let found = remarks.into_iter().map(|remark| Found::found_in(&source, remark)).collect();
    Report::of(kind, found, tools)
}

impl Report {
    /// Puts what is worst first, and what is equally bad in the order of the text.
    fn of(kind: Kind, mut remarks: Vec<Found>, tools: Vec<ToolSize>) -> Self {
        let rank = |found: &Found| {
            [Severity::Error, Severity::Warning]
                .iter()
                .position(|one| one.name() == found.severity)
                .unwrap_or(2)
        };
        remarks.sort_by_key(|found| (rank(found), found.position));
        let count =
            |severity: Severity| remarks.iter().filter(|found| found.severity == severity.name()).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        Self { kind, errors, warnings, remarks, tools }
    }
}

impl Found {
    /// Writes it with the name of what it is about.
    pub(crate) fn at(&self, name: &str) -> String {
        let position = self
            .position
            .map(|position| format!(":{}:{}", position.line, position.column))
            .unwrap_or_default();
        let place = if self.place.is_empty() { String::new() } else { format!("{}: ", self.place) };
        format!("{name}{position}: {place}{}", self.text)
    }

    fn found_in(source: &Source<'_>, remark: Remark) -> Self {
        let position = source.position(&remark.place);
        Self { position, ..Self::somewhere(remark) }
    }

    fn somewhere(remark: Remark) -> Self {
        let Remark { severity, place, text, .. } = remark;
        Self { severity: severity.name(), place, position: None, text }
    }
}

impl ToolSize {
    fn of(tool: &Tool<'_>) -> Self {
        Self { name: tool.name.to_owned(), tokens: tool.tokens() }
    }
}
