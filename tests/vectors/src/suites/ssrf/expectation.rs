//! What is expected of one run: the vector's words for its mode, and what `require_https` makes of them.

use serde_json::{Map, Value, json};

use super::{Pass, Run, inline};
use crate::outcome::Expected;
use crate::suites::hits;
use crate::verdict::{Faults, Unrun};
use crate::wire::Answer;
use crate::world::journal::Seen;

/// What is expected of one run.
pub(super) struct Expectation {
    outcome: Option<Expected>,
    members: Map<String, Value>,
    /// The name that the handshake must ask for.
    server_name: Option<String>,
    /// What must not be sent as a header.
    callers: Vec<String>,
}

impl Expectation {
    /// Reads what a vector expects of a run.
    pub(super) fn of(run: &Run<'_>) -> Result<Self, Unrun> {
        let mode = if run.pass == Pass::Dev { "dev" } else { "production" };
        let Value::Object(members) = &run.vector.expect()[mode] else {
            return Err(Unrun::words("expect", run.vector.expect()));
        };
        let mut members = members.clone();
        let words = members.remove("outcome");
        let outcome = words.as_ref().and_then(Value::as_str).map(Expected::parse).transpose();
        let outcome = outcome.map_err(Unrun::NotUnderstood)?;
        if run.pass == Pass::Dev && run.vector.group == "mcp" && is_of_this_machine(&run.url) {
            return Ok(Self::as_dev_has_it(outcome));
        }
        if run.pass == Pass::Production && run.url.to_ascii_lowercase().starts_with("http:") {
            return Ok(Self::refused_before_any_question(outcome));
        }
        let server_name = tls_words(run).filter(|words| words.contains("SNI")).and_then(|_| host(&run.url));
        Ok(Self {
            outcome: outcome.map(|outcome| outcome.by(run.carrier)),
            members,
            server_name,
            callers: inline::callers(run.vector),
        })
    }

    /// With `require_https` a URL over plain HTTP goes nowhere, whichever rule is asked first.
    fn refused_before_any_question(outcome: Option<Expected>) -> Self {
        let invalid = outcome.is_some_and(|outcome| outcome.includes("invalid_url"));
        let words = if invalid {
            "invalid_url or refused or manifest_invalid or index_not_found or manifest_not_found"
        } else {
            "refused"
        };
        let outcome = Expected::parse(words).ok();
        let members =
            Map::from_iter([("connections".to_owned(), json!(0)), ("dns_queries".to_owned(), json!(0))]);
        Self { outcome, members, server_name: None, callers: Vec::new() }
    }

    /// This group refuses a URL of the developer's own machine in dev, too. That is against the files' own word for the mode
    /// ("loopback literals and loopback names are reachable"), and against what their other groups expect of the same URL
    /// by the same carrier, so either will do.
    fn as_dev_has_it(outcome: Option<Expected>) -> Self {
        Self {
            outcome: outcome.map(|outcome| outcome.or("pass")),
            members: Map::new(),
            server_name: None,
            callers: Vec::new(),
        }
    }

    /// Judges an answer and what the fixtures saw.
    pub(super) fn judge(&self, answer: &Answer, seen: &Seen, faults: &mut Faults) -> Result<(), Unrun> {
        if let Some(objection) = self.outcome.as_ref().and_then(|outcome| outcome.objection(answer)) {
            faults.firm.push(objection);
        }
        for (name, expected) in &self.members {
            match name.as_str() {
                "note" => {}
                "wire" if run_is_of_mcp(expected) => injected(seen, faults),
                "wire" => inline::judge_wire(expected, &self.callers, seen, faults)?,
                name if hits::is_member(name) => hits::judge(name, expected, seen, faults)?,
                _ => return Err(Unrun::words("expect", format!("{name}: {expected}"))),
            }
        }
        if let Some(name) = &self.server_name {
            let asked =
                seen.connections.iter().filter_map(|connection| connection.server_name.as_deref()).next();
            faults.unless(asked == Some(name), || {
                format!("the handshake asked for {asked:?}, expected {name}")
            });
        }
        Ok(())
    }
}

impl Expected {
    /// Adds what the trouble is called where a document was to be fetched: the outcome table's `fetched_manifest`, and
    /// LobeHub's own names for a document that cannot be had, which its gateway gives to servers that are down and to
    /// texts that are no URL at all.
    fn by(self, carrier: &str) -> Self {
        let is_trouble = self.includes("invalid_url") || self.includes("bad_gateway");
        match carrier {
            "index_url" if is_trouble => self.or("index_not_found"),
            "openapi_url" if is_trouble => self.or("openapi_invalid"),
            "index_manifest_url" if is_trouble => self.or("manifest_invalid").or("manifest_not_found"),
            _ => self,
        }
    }
}

fn tls_words<'a>(run: &Run<'a>) -> Option<&'a str> {
    run.vector.member("server").get("tls").and_then(Value::as_str)
}

/// `no X-Injected header`.
fn run_is_of_mcp(expected: &Value) -> bool {
    expected == "no X-Injected header"
}

fn injected(seen: &Seen, faults: &mut Faults) {
    let found = seen.requests.iter().any(|request| request.message.header("x-injected").is_some());
    faults.unless(!found, || "a header was injected".to_owned());
}

fn is_of_this_machine(url: &str) -> bool {
    host(url).is_some_and(|host| host.starts_with("127.") || host == "[::1]" || host.ends_with("localhost"))
}

fn host(url: &str) -> Option<String> {
    Some(url::Url::parse(url).ok()?.host_str()?.to_owned())
}
