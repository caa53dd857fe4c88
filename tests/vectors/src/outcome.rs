//! The outcomes that vectors expect by name, and the one table from there to the wire.

use serde_json::{Value, json};

use crate::wire::Answer;

/// An outcome that a vector may name.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Outcome {
    name: &'static str,
    statuses: &'static [u16],
    error_type: ErrorName,
}

/// What stands as `errorType` in the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum ErrorName {
    /// No error, or none that is named.
    Any,
    Text(&'static str),
    Number(u16),
    /// The answer's own status as a number.
    Status,
}

use ErrorName::{Any, Number, Text};

/// The tables `outcomes` of the files, put together.
const OUTCOMES: &[Outcome] = &[
    outcome("pass", &[200], Any),
    outcome("pass_unchanged", &[200], Any),
    // A header that is not sent is as good as one that is refused.
    outcome("parameter dropped", &[200], Any),
    outcome("invalid_url", &[400], Number(400)),
    outcome("bad_request", &[400], Number(400)),
    // What the listener refuses before there is a gateway: there may be no body.
    outcome("bad_request_close", &[400], Any),
    outcome("unauthorized", &[401], Any),
    outcome("refused", &[403], Number(403)),
    outcome("forbidden", &[403], Number(403)),
    outcome("too_many", &[429], Number(429)),
    outcome("preflight_ok", &[204], Any),
    outcome("preflight_refused", &[403], Any),
    outcome("status_200", &[200], Any),
    outcome("status_404", &[404], Any),
    outcome("not_found_session", &[404], Any),
    outcome("not_found", &[404], Text("PluginMetaNotFound")),
    outcome("api_not_found", &[404], Text("PluginApiNotFound")),
    outcome("manifest_not_found", &[404], Text("PluginManifestNotFound")),
    outcome("not_a_proxy", &[400, 404, 405], Any),
    outcome("method_not_allowed", &[405], Number(405)),
    outcome("too_large", &[413], Number(400)),
    outcome("unsupported_media_type", &[415], Number(400)),
    outcome("params_invalid", &[422], Text("PluginApiParamsError")),
    outcome("settings_invalid", &[422], Text("PluginSettingsInvalid")),
    outcome("headers_too_large", &[431], Any),
    outcome("manifest_invalid", &[490], Text("PluginManifestInvalid")),
    outcome("schema_invalid", &[490], Text("PluginManifestInvalid")),
    outcome("index_invalid", &[490], Text("PluginMarketIndexInvalid")),
    outcome("openapi_invalid", &[500], Text("PluginOpenApiInitError")),
    outcome("bad_gateway", &[502], Number(502)),
    outcome("overloaded", &[503], Number(503)),
    outcome("gateway_timeout", &[504], Number(504)),
    outcome("loop_detected", &[508], Text("PluginGatewayError")),
    outcome("index_not_found", &[590], Text("PluginMarketIndexNotFound")),
    outcome("upstream_status", &[], ErrorName::Status),
    // Who has left is answered nothing.
    outcome("client_gone", &[0], Any),
];

const fn outcome(name: &'static str, statuses: &'static [u16], error_type: ErrorName) -> Outcome {
    Outcome { name, statuses, error_type }
}

/// What a vector expects of an answer: one of several outcomes.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    words: String,
    outcomes: Vec<Outcome>,
}

impl Expected {
    /// Reads what a vector calls its outcome: `pass`, `a or b`, `a_or_b`.
    pub(crate) fn parse(words: &str) -> Result<Self, String> {
        // "refused at the second fetch": the place is told by who was connected to.
        let plain = words.split(" at the ").next().unwrap_or(words);
        let plain = if plain == "dev may pass" { "pass or refused or bad_gateway" } else { plain };
        let alternatives = plain.replace("_or_", " or ");
        let outcomes: Result<Vec<Outcome>, String> = alternatives.split(" or ").map(find).collect();
        Ok(Self { words: words.to_owned(), outcomes: outcomes.map_err(|word| format!("outcome: {word}"))? })
    }

    /// Returns these outcomes and more: those that a document that was fetched has for the same trouble.
    pub(crate) fn or(mut self, words: &str) -> Self {
        let more =
            words.split(" or ").map(|word| find(word).expect("cannot fail because the words are ours"));
        self.outcomes.extend(more);
        self.words = format!("{} or {words}", self.words);
        self
    }

    /// Returns whether an outcome is among those that are expected.
    pub(crate) fn includes(&self, name: &str) -> bool {
        self.outcomes.iter().any(|outcome| outcome.name == name)
    }

    /// Objects to an answer that is none of the outcomes.
    pub(crate) fn objection(&self, answer: &Answer) -> Option<String> {
        let fits = self.outcomes.iter().any(|outcome| outcome.fits(answer));
        (!fits).then(|| format!("expected {}, got {}", self.words, answer.summary()))
    }
}

fn find(name: &str) -> Result<Outcome, String> {
    OUTCOMES.iter().find(|outcome| outcome.name == name.trim()).copied().ok_or_else(|| name.to_owned())
}

impl Outcome {
    fn fits(&self, answer: &Answer) -> bool {
        if !self.statuses.is_empty() && !self.statuses.contains(&answer.status) {
            return false;
        }
        if answer.to_head {
            return true;
        }
        let named = |expected: Value| answer.error_type().as_ref() == Some(&expected);
        match self.error_type {
            Any => true,
            Text(name) => named(json!(name)),
            Number(number) => named(json!(number)),
            ErrorName::Status => named(json!(answer.status)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, status: u16, body: &str, fits: bool) {
        let answer = Answer { status, body: body.as_bytes().to_vec(), ..Answer::default() };
        assert_eq!(
            Expected::parse(words).unwrap().objection(&answer).is_none(),
            fits,
            "{words} {status} {body}"
        );
    }

    #[test]
    fn answers_are_held_against_outcomes() {
        check("pass", 200, "{}", true);
        check("pass", 502, "", false);
        check("refused", 403, r#"{"errorType":403}"#, true);
        check("refused", 403, r#"{"errorType":"403"}"#, false);
        check("refused at the second fetch", 403, r#"{"errorType":403}"#, true);
        check("pass or openapi_invalid", 500, r#"{"errorType":"PluginOpenApiInitError"}"#, true);
        check("pass_unchanged_or_params_invalid", 422, r#"{"errorType":"PluginApiParamsError"}"#, true);
        check("upstream_status", 418, r#"{"errorType":418}"#, true);
        check("upstream_status", 418, r#"{"errorType":500}"#, false);
    }

    #[test]
    fn a_word_without_a_meaning_is_an_error() {
        assert!(Expected::parse("pass or perhaps").is_err());
    }
}
