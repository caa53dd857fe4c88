//! Plugins in the gateway's own process: one looks for what was handed to another, one panics.

use serde_json::{Value, json};

use super::sinks::Sinks;
use super::{OPERATOR, PATIENCE, USER, judge};
use crate::gateway::config::Needs;
use crate::gateway::{Gateway, SETTINGS};
use crate::mounted::{TELLS, WAITS};
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::{self, Answer};
use crate::world::Scene;
use crate::world::journal::Seen;

/// Runs a vector.
pub(super) async fn run(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    stage.world.set(Scene::default(), &[]).await?;
    let gateway = stage.fresh(&Needs { mounted: true, ..Needs::default() }).await?;
    if vector.member("setup")["case"].is_string() {
        return panics(stage, &gateway, vector).await;
    }
    looks(&gateway, vector).await
}

/// A function panics: what is told of it says nothing of the program.
async fn panics(stage: &Stage, gateway: &Gateway, vector: &Vector) -> Result<Faults, Unrun> {
    let mut faults = Faults::default();
    let payload = json!({ "identifier": WAITS, "apiName": "panics", "arguments": "{}" });
    let answer = gateway.call(&payload, PATIENCE).await;
    faults.unless(answer.status == 500, || format!("the panic got {}", answer.summary()));
    faults.unless(gateway.log_text().contains("panicked"), || "nothing panicked".to_owned());
    let sinks = Sinks::gather(gateway, stage, &answer).await;
    judge(vector, &answer, &sinks, &Seen::default(), &mut faults)?;
    Ok(faults)
}

/// A plugin tells all that it was handed, where a request brings settings for it and for another one.
async fn looks(gateway: &Gateway, vector: &Vector) -> Result<Faults, Unrun> {
    let [own, other] = TELLS;
    let mut faults = Faults::default();
    let mine = json!({ "KEY": USER }).to_string();
    let both = json!({ own: { "KEY": USER }, other: { "KEY": OPERATOR } }).to_string();
    let payload = json!({ "identifier": own, "apiName": "tell", "arguments": "{}" });
    let classic = gateway.post(&[settings(&mine)], payload.to_string().as_bytes(), PATIENCE).await;
    let told = [classic, call_tool(gateway, &format!("{own}__tell"), &both).await];
    let table = vector.expect()["must_not_contain"].as_object().into_iter().flatten();
    for (secret, places) in table {
        let is_known = places.as_array().is_some_and(|places| places.iter().all(|place| place == "plugin A"));
        if !is_known {
            return Err(Unrun::words("sink", places));
        }
        for answer in &told {
            let text = String::from_utf8_lossy(&answer.body);
            faults.unless(text.contains(USER), || format!("it was not handed its own: {}", answer.summary()));
            faults.unless(!text.contains(secret.as_str()), || {
                format!("it was handed what is another's: {text}")
            });
        }
    }
    Ok(faults)
}

fn settings(text: &str) -> (String, Vec<u8>) {
    (SETTINGS.to_owned(), text.as_bytes().to_vec())
}

async fn call_tool(gateway: &Gateway, tool: &str, text: &str) -> Answer {
    let message: Value = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": {} } });
    let mut headers = vec![settings(text)];
    headers.push(("Content-Type".to_owned(), b"application/json".to_vec()));
    headers.push(("Accept".to_owned(), b"application/json, text/event-stream".to_vec()));
    let request = wire::request("POST /mcp", &headers, message.to_string().as_bytes());
    wire::exchange(gateway.address, &request, PATIENCE).await
}
