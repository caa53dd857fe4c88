//! Where the gateway lets itself be sent: every URL by every carrier, in production with and without `require_https`,
//! and in dev.

mod expectation;
mod fixture;
mod inline;

use std::time::Duration;

use serde_json::{Value, json};

use crate::documents;
use crate::gateway::config::Needs;
use crate::gateway::process;
use crate::outcome::Expected;
use crate::stage::Stage;
use crate::suites::mcp;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::Answer;
use expectation::Expectation;

/// Longer than the gateway's own 30 seconds.
const PATIENCE: Duration = Duration::from_secs(35);
/// The carriers of a vector that names none.
const CARRIERS: [&str; 5] = ["api_url", "index_url", "index_manifest_url", "openapi_url", MCP];
/// The carrier that is an MCP server.
const MCP: &str = "mcp_url";

/// A mode in which a vector is run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pass {
    /// As it is by default.
    Production,
    /// Without `require_https`, which would hide whether the other rules hold.
    ProductionPlain,
    Dev,
}

/// One run of a vector.
struct Run<'a> {
    vector: &'a Vector,
    url: String,
    carrier: &'a str,
    pass: Pass,
}

/// Runs a vector by all its carriers and in all modes.
pub(super) async fn run(stage: &mut Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let carriers: Vec<&str> = match vector.member("carriers") {
        Value::Array(carriers) => carriers.iter().filter_map(Value::as_str).collect(),
        _ => CARRIERS.into(),
    };
    let mut faults = Faults::default();
    for pass in [Pass::Production, Pass::ProductionPlain, Pass::Dev] {
        if pass == Pass::Production && needs_plain(vector) {
            continue;
        }
        for carrier in &carriers {
            let url = fixture::url(vector)?;
            let found = Run { vector, url, carrier, pass }.judged(stage).await?;
            faults.add(&format!("{carrier} {pass:?}"), found);
            // A gateway that is to be found out has been.
            if stage.known_bad && !faults.firm.is_empty() {
                return Ok(faults);
            }
        }
    }
    Ok(faults)
}

fn needs_plain(vector: &Vector) -> bool {
    vector.member("config").get("production.require_https") == Some(&Value::Bool(false))
}

impl Run<'_> {
    async fn judged(&self, stage: &mut Stage) -> Result<Faults, Unrun> {
        let expectation = Expectation::of(self)?;
        self.dress(stage)?;
        let scene = fixture::scene(self, &stage.world)?;
        stage.world.set(scene, &self.vector.ports()).await?;
        if self.carrier == MCP {
            return self.judged_as_a_server(stage, &expectation).await;
        }
        // Spellings of one URL are one document to a gateway that remembers them.
        let document = url::Url::parse(&self.url).map_or_else(|_| self.url.clone(), String::from);
        let gateway = stage.gateway(&self.needs()?, &format!("{} {document}", self.carrier)).await?;
        let url = self.url.replace("{GATEWAY_PORT}", &gateway.address.port().to_string());
        stage.world.journal.clear();
        let answer = gateway.call(&self.payload(&url), PATIENCE).await;
        stage.files.write("", "")?;
        let seen = inline::without_document(self.vector, stage.world.journal.seen().of_the_vector());
        let mut faults = Faults::default();
        expectation.judge(&answer, &seen, &mut faults)?;
        self.judge_refusal(stage, &answer, &mut faults);
        Ok(faults)
    }

    /// Names the URL in the configuration, as an MCP server: callers cannot. What is refused there has its word before a
    /// gateway serves at all.
    async fn judged_as_a_server(
        &self,
        stage: &mut Stage,
        expectation: &Expectation,
    ) -> Result<Faults, Unrun> {
        let needs = Needs { mcp: Some(self.url.clone()), ..self.needs()? };
        // A server is asked what it can do as soon as there is a gateway: that counts, too.
        let started = stage.fresh_unless_refused(&needs).await?;
        let mut faults = Faults::default();
        let answer = match started {
            Ok(gateway) => {
                let answer = gateway.call(&self.payload(&self.url), PATIENCE).await;
                let children = process::children(gateway.id().unwrap_or_default());
                faults.unless(children == 0, || format!("{children} processes were started"));
                answer
            }
            Err(said) => refused_at_start(&said),
        };
        stage.files.write("", "")?;
        let seen = mcp::without_handshakes(stage.world.journal.seen().of_the_vector());
        expectation.judge(&answer, &seen, &mut faults)?;
        Ok(faults)
    }

    /// Writes the files of the machine that the vector asks for, before a gateway starts with them.
    fn dress(&self, stage: &Stage) -> Result<(), Unrun> {
        let config = self.vector.member("config");
        let text = |name: &str| config.get(name).and_then(Value::as_str).unwrap_or_default();
        stage.files.write(text("resolv.conf"), text("/etc/hosts"))?;
        Ok(())
    }

    fn needs(&self) -> Result<Needs, Unrun> {
        let mut needs = Needs {
            dev: self.pass == Pass::Dev,
            require_https: self.pass == Pass::Production,
            ..Needs::default()
        };
        for (name, value) in self.vector.member("config").as_object().into_iter().flatten() {
            let texts =
                || value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
            match name.as_str() {
                // Its meaning is in the passes.
                "production.require_https" => {}
                "allow_cidrs" => needs.allow_cidrs = texts().collect(),
                "allow_hosts" => needs.allow_hosts = texts().collect(),
                "nat64_prefixes" => needs.nat64_prefixes = texts().collect(),
                "env" => needs.environment.extend(environment(value)),
                // Read when a process starts, so a process of its own that no other vector is run against.
                "resolv.conf" | "/etc/hosts" => {
                    needs.environment.push(("VECTOR".into(), self.vector.id.clone()))
                }
                _ => return Err(Unrun::words("config", name)),
            }
        }
        Ok(needs)
    }

    fn payload(&self, url: &str) -> Value {
        match self.carrier {
            "api_url" => documents::call(&documents::manifest("x", url), "{}"),
            MCP => mcp::payload(),
            "openapi_url" => documents::call(&documents::manifest_of_service(url), "{}"),
            "openapi_inline" => inline::payload(self.vector, url),
            "index_url" => json!({ "identifier": "x", "apiName": "a", "arguments": "{}", "indexUrl": url }),
            _ => {
                let index = documents::index_leading_to(url);
                json!({ "identifier": "x", "apiName": "a", "arguments": "{}", "indexUrl": index })
            }
        }
    }

    /// In production every refusal has the same bytes, so that nobody learns from it what is there.
    fn judge_refusal(&self, stage: &mut Stage, answer: &Answer, faults: &mut Faults) {
        let Ok(refused) = Expected::parse("refused") else { return };
        if self.pass == Pass::Dev || refused.objection(answer).is_some() {
            return;
        }
        let first = stage.refusal.get_or_insert_with(|| answer.body.clone());
        faults.unless(*first == answer.body, || {
            format!("a refusal of other bytes: {}", String::from_utf8_lossy(&answer.body))
        });
    }
}

/// Words what a gateway said of its configuration as an answer.
fn refused_at_start(said: &str) -> Answer {
    let status = if said.contains("`egress` does not let this URL be called") { 403 } else { 400 };
    let body = json!({ "errorType": status }).to_string().into_bytes();
    Answer { status, body, ..Answer::default() }
}

fn environment(value: &Value) -> impl Iterator<Item = (String, String)> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned())))
}
