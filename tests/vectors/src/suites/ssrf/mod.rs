//! Where the gateway lets itself be sent: every URL by every carrier, in production with and without `require_https`,
//! and in dev.

mod expectation;
mod fixture;
mod inline;

use std::time::Duration;

use serde_json::{Value, json};

use crate::documents;
use crate::gateway::config::Needs;
use crate::outcome::Expected;
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::waiting;
use crate::wire::Answer;
use expectation::Expectation;

/// Longer than the gateway's own 30 seconds.
const PATIENCE: Duration = Duration::from_secs(35);
/// The carriers of a vector that names none.
const CARRIERS: [&str; 5] = ["api_url", "index_url", "index_manifest_url", "openapi_url", "mcp_url"];

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
    let offered: Vec<&str> =
        carriers.iter().copied().filter(|carrier| waiting::carrier(carrier).is_none()).collect();
    if let (true, Some(first)) = (offered.is_empty(), carriers.first()) {
        return Err(Unrun::Waiting(waiting::carrier(first).unwrap_or("a carrier").to_owned()));
    }
    let mut faults = Faults::default();
    for pass in [Pass::Production, Pass::ProductionPlain, Pass::Dev] {
        if pass == Pass::Production && needs_plain(vector) {
            continue;
        }
        for carrier in &offered {
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

fn environment(value: &Value) -> impl Iterator<Item = (String, String)> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned())))
}
