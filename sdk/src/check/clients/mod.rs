//! The rules of the clients that refuse a tool, or a whole list of tools, for its schema: a file each, with the sources of
//! its rules.
//!
//! Nothing here calls a model: a client is what somebody has written down about it.

mod anthropic;
mod gemini;
mod openai;
mod openapi_3_0;
mod typescript_mcp;
mod walk;
mod xai;

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

/// Names a client that has rules for the schemas of tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Client {
    /// OpenAI's API, and the many that speak like it.
    OpenAi,
    /// OpenAI's API for those who ask for its strict mode.
    OpenAiStrict,
    /// Gemini's API, in what breaks there.
    Gemini,
    /// Gemini's API, field by field: what its `parameters` may have in them.
    GeminiStrict,
    /// Anthropic's API.
    Anthropic,
    /// xAI's API.
    Xai,
    /// MCP clients made with version 1 of the TypeScript SDK, such as LobeHub: one bad tool takes away all.
    TypescriptMcp,
    /// Readers of OpenAPI 3.0.
    OpenApi30,
}

/// Says what a client refuses in a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Objection {
    /// Where in the schema, as a JSON Pointer (RFC 6901); empty means its root.
    pub place: String,
    /// What stands there.
    pub found: Cow<'static, str>,
    /// What to write instead.
    pub instead: &'static str,
}

impl Client {
    /// Lists the clients that read the schemas of tools.
    pub const OF_TOOLS: [Self; 7] = [
        Self::OpenAi,
        Self::OpenAiStrict,
        Self::Gemini,
        Self::GeminiStrict,
        Self::Anthropic,
        Self::Xai,
        Self::TypescriptMcp,
    ];

    /// Returns its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "OpenAI",
            Self::OpenAiStrict => "OpenAI's strict mode",
            Self::Gemini => "Gemini",
            Self::GeminiStrict => "Gemini's list of fields",
            Self::Anthropic => "Anthropic",
            Self::Xai => "xAI",
            Self::TypescriptMcp => "the TypeScript SDK of MCP, version 1",
            Self::OpenApi30 => "OpenAPI 3.0",
        }
    }

    /// Returns whether it is asked for, such as a strict mode, or met by whoever has tools.
    #[must_use]
    pub const fn is_strict(self) -> bool {
        matches!(self, Self::OpenAiStrict | Self::GeminiStrict)
    }

    /// Judges the schema of a tool's arguments: whatever the client would refuse, in the order of the schema.
    #[must_use]
    pub fn objections(self, schema: &Value) -> Vec<Objection> {
        let mut objections = Objections::default();
        match self {
            Self::OpenAi => openai::judge(schema, &mut objections),
            Self::OpenAiStrict => openai::judge_strictly(schema, &mut objections),
            Self::Gemini => gemini::judge(schema, &mut objections),
            Self::GeminiStrict => gemini::judge_strictly(schema, &mut objections),
            Self::Anthropic => anthropic::judge(schema, &mut objections),
            Self::Xai => xai::judge(schema, &mut objections),
            Self::TypescriptMcp => typescript_mcp::judge(schema, &mut objections),
            Self::OpenApi30 => openapi_3_0::judge(schema, &mut objections),
        }
        objections.0
    }
}

impl fmt::Display for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.place.is_empty() { "the root" } else { &self.place };
        write!(formatter, "{place}: {}: {}", self.found, self.instead)
    }
}

/// Gathers what one client objects to.
#[derive(Default)]
struct Objections(Vec<Objection>);

impl Objections {
    /// Objects to what stands at a place unless a rule holds there.
    fn unless(
        &mut self,
        holds: bool,
        place: &str,
        found: impl Into<Cow<'static, str>>,
        instead: &'static str,
    ) {
        if !holds {
            self.0.push(Objection { place: place.to_owned(), found: found.into(), instead });
        }
    }

    /// Objects to every keyword that is none of these.
    fn only(&mut self, schema: &Value, known: &[&str], place: &str, instead: &'static str) {
        for keyword in schema.as_object().into_iter().flat_map(|members| members.keys()) {
            self.unless(known.contains(&keyword.as_str()), place, format!("`{keyword}`"), instead);
        }
    }
}

/// Returns the names under a keyword, be it a map or a list, in order.
fn names<'a>(schema: &'a Value, keyword: &str) -> Vec<&'a str> {
    let mut names: Vec<&str> = match schema.get(keyword) {
        Some(Value::Object(named)) => named.keys().map(String::as_str).collect(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    names.sort_unstable();
    names
}

/// A list of which nobody knows what is in it, which most clients refuse
/// (<https://github.com/sbroenne/mcp-server-excel/pull/709>).
fn list_without_items(schema: &Value) -> bool {
    schema["type"] == "array" && !schema["items"].is_object()
}

/// What to write instead of such a list.
const GIVE_ITEMS: &str = "say in `items` what is in it, as one schema";
