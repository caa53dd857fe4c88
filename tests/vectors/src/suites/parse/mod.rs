//! What the gateway does with what it reads: bombs, differentials and nonsense, in every place that it reads from.

mod judge;
mod place;
mod raw;

use std::sync::Arc;
use std::time::Duration;

use crate::gateway::config::{Needs, Pin};
use crate::gateway::probe::{Health, Probe};
use crate::gateway::{Gateway, process};
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::Answer;
use crate::world::journal::Seen;
use place::Request;

/// How long an answer is waited for; a vector that takes longer has stopped a worker of the gateway.
const PATIENCE: Duration = Duration::from_secs(12);

/// What came of a vector.
struct Result {
    answer: Answer,
    seen: Seen,
    /// How many answers came on the connection, and whether it was closed then. Of raw vectors only.
    conversation: Option<raw::Conversation>,
    /// The most that the gateway grew, in MiB.
    growth: u64,
    log: String,
    health: Option<Health>,
}

/// Runs a vector.
pub(super) async fn run(stage: &mut Stage, vector: &Vector) -> std::result::Result<Faults, Unrun> {
    let request = Request::of(vector)?;
    if let Some(oracle) = vector.expect().get("oracle") {
        return same_answers(stage, &request, oracle.as_str().unwrap_or_default()).await;
    }
    stage.world.set(request.scene(), &vector.ports()).await?;
    let gateway = stage.gateway(&request.needs(), &request.document).await?;
    let result = outcome(stage, vector, &gateway, &request).await?;
    let faults = judge::judge(vector, &request, &result, &gateway).await?;
    if !faults.firm.is_empty() {
        // What hung or grew in it must not be held against the next vector.
        stage.forget(&gateway);
    }
    Ok(faults)
}

async fn outcome(
    stage: &Stage,
    vector: &Vector,
    gateway: &Arc<Gateway>,
    request: &Request,
) -> std::result::Result<Result, Unrun> {
    // Once before, so that what a first call takes is not counted as the vector's.
    gateway.call_healthy().await;
    if request.is_of_mcp() {
        gateway.post(&request.headers, &request.body, PATIENCE).await;
    }
    let process = gateway.id().unwrap_or_default();
    let before = process::memory(process, "VmRSS").unwrap_or_default();
    process::forget_peak(process);
    let logged = gateway.log().len();
    // The log of a call can only be told from that of a probe by there being none.
    let probe = vector.expect().get("log_lines").is_none().then(|| Probe::begin(gateway));
    stage.world.journal.clear();
    let (answer, conversation) = match &request.raw {
        Some(bytes) => {
            let conversation = raw::converse(gateway.address, bytes).await;
            (conversation.first.clone(), Some(conversation))
        }
        None => (gateway.post(&request.headers, &request.body, PATIENCE).await, None),
    };
    let health = match probe {
        Some(probe) => Some(probe.stop().await),
        None => None,
    };
    let peak = process::memory(process, "VmHWM").unwrap_or_default();
    let log = String::from_utf8_lossy(&gateway.log()[logged..]).into_owned();
    let seen = stage.world.journal.seen().of_the_vector();
    Ok(Result { answer, seen, conversation, growth: peak.saturating_sub(before) >> 10, log, health })
}

/// `responses for operator value 'OPERATOR' and 'X' are byte-identical`.
async fn same_answers(
    stage: &mut Stage,
    request: &Request,
    words: &str,
) -> std::result::Result<Faults, Unrun> {
    let values: Vec<&str> = words.split('\'').skip(1).step_by(2).collect();
    let [first, second] = values[..] else { return Err(Unrun::words("oracle", words)) };
    let mut answers = Vec::new();
    for value in [first, second] {
        stage.world.set(request.scene(), &[]).await?;
        let pin = Pin {
            identifier: "x".to_owned(),
            manifest: format!("{}/manifest.json", crate::documents::RUNNER),
            origins: vec![crate::documents::RUNNER.to_owned()],
            settings: serde_json::json!({ "API_KEY": value }),
            signing_key: None,
        };
        let gateway = stage.fresh(&Needs { pins: vec![pin], ..Needs::default() }).await?;
        answers.push(gateway.post(&request.headers, &request.body, PATIENCE).await);
    }
    let mut faults = Faults::default();
    let same = answers[0].status == answers[1].status && answers[0].body == answers[1].body;
    faults.unless(same, || {
        format!("{} for '{first}', {} for '{second}'", answers[0].summary(), answers[1].summary())
    });
    // The pin is for other servers than the manifest's, so nothing is lent; a schema that requires nothing is content.
    let outcome = request.outcome.clone().or("pass").objection(&answers[0]);
    faults.firm.extend(outcome);
    Ok(faults)
}
