//! Sessions of MCP clients, which are nobody's credential, and access tokens.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;

use super::keyring::{Keyring, Scope};
use super::request::{self, Request, SECRET};
use super::token::{ISSUER, Issuer};
use super::{judge, secret_is_nowhere};
use crate::gateway::Gateway;
use crate::gateway::config::Needs;
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::Answer;
use crate::world::Scene;

/// Another right key.
const OTHER: &str = "lgw_k2_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0u";
/// A session that nobody began.
const UNKNOWN: &str = "6f1c9c1e-3a52-4b0f-9a7d-2f6f0f6d2d11";
/// The least random bits of a session id.
const BITS: usize = 128;

/// Runs a vector.
pub(super) async fn run(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let input = vector.member("input");
    let mut faults = Faults::default();
    if let Some(words) = input["mcp_session"].as_str() {
        session(stage, vector, words, &mut faults).await?;
    } else if let Some(words) = input["experiment"].as_str() {
        let count = words.strip_suffix(" session ids").and_then(|count| count.parse().ok());
        let count = count.ok_or_else(|| Unrun::words("experiment", words))?;
        unpredictable(&start(stage, vector, "15m").await?.0, count, &mut faults).await?;
    } else {
        tokens(stage, vector, &mut faults).await?;
    }
    Ok(faults)
}

/// Starts a gateway with two keys, an authorization server and sessions.
async fn start(stage: &Stage, vector: &Vector, idle: &str) -> Result<(Gateway, Keyring), Unrun> {
    let keyring = Keyring::with(stage.folder(), &vector.id, &Scope::default())?;
    keyring.write(&[(SECRET, &Scope::default()), (OTHER, &Scope::default())])?;
    let needs = Needs {
        keys: Some(keyring.path.clone()),
        sessions: Some(idle.to_owned()),
        issuer: Some(ISSUER.to_owned()),
        ..Needs::default()
    };
    Ok((stage.fresh(&needs).await?, keyring))
}

/// Uses a session that is not the caller's to use. The right one works before and after.
async fn session(stage: &Stage, vector: &Vector, words: &str, faults: &mut Faults) -> Result<(), Unrun> {
    let is_idle = words.contains("expired") || words.contains("idle");
    let (gateway, _keyring) = start(stage, vector, if is_idle { "1s" } else { "15m" }).await?;
    let own = begin(&gateway, SECRET).await?;
    works(&gateway, &own, faults).await;
    stage.world.journal.clear();
    let list = |session: &str| message("tools/list").with("Mcp-Session-Id", session);
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    let request = if says(&["only credential", "without a key", "no key"]) {
        list(&own)
    } else if says(&["query", "URL"]) {
        let listed = message("tools/list").at(&format!("/mcp?Mcp-Session-Id={own}"));
        // It is a credential's place, too: who is nobody brings it alone.
        if vector.expect()["outcome"] == "unauthorized" { listed } else { listed.with_key(SECRET) }
    } else if says(&["no session", "without a session", "without session", "missing"]) {
        message("tools/list").with_key(SECRET)
    } else if says(&["two session", "twice"]) {
        list(&own).with("Mcp-Session-Id", UNKNOWN).with_key(SECRET)
    } else if says(&["empty"]) {
        list("").with_key(SECRET)
    } else if says(&["CRLF", "line end", "CR LF"]) {
        list("x\r\nX-Injected: 1").with_key(SECRET)
    } else if let Some(length) = number(words).filter(|_| says(&["byte", "character", "long"])) {
        list(&"s".repeat(length)).with_key(SECRET)
    } else if says(&["guess", "plus one", "predict", "increment", "next"]) {
        list(&next_to(&own)).with_key(SECRET)
    } else if says(&["random", "unknown", "never"]) {
        list(UNKNOWN).with_key(SECRET)
    } else if says(&["another", "other", "different", "k2", "hijack", "stolen", "second key"]) {
        list(&own).with_key(OTHER)
    } else if says(&["deleted", "ended", "DELETE", "closed", "terminated"]) {
        let ended = message("").of_method("DELETE").with("Mcp-Session-Id", &own).with_key(SECRET);
        let status = ended.send(&gateway).await.status;
        faults.unless(status == 204, || format!("DELETE got {status}"));
        list(&own).with_key(SECRET)
    } else if is_idle {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        list(&own).with_key(SECRET)
    } else {
        return Err(Unrun::words("mcp_session", words));
    };
    let answer = request.send(&gateway).await;
    // An error of this protocol has no name of LobeHub's.
    let is_bad = vector.expect()["outcome"] == "bad_request" && answer.status == 400;
    if !is_bad {
        judge(stage, vector, &answer, faults)?;
    }
    works(&gateway, &begin(&gateway, SECRET).await?, faults).await;
    Ok(())
}

fn number(words: &str) -> Option<usize> {
    words.split(|character: char| !character.is_ascii_digit()).find_map(|digits| digits.parse().ok())
}

/// A session id that differs from another in its last letter.
fn next_to(session: &str) -> String {
    let mut session = session.to_owned();
    let last = session.pop();
    session.push(if last == Some('1') { '2' } else { '1' });
    session
}

/// A gateway that knows no session would pass otherwise.
async fn works(gateway: &Gateway, session: &str, faults: &mut Faults) {
    let request = message("tools/list").with("Mcp-Session-Id", session).with_key(SECRET);
    let answer = request.send(gateway).await;
    faults.unless(answer.status == 200, || format!("the session itself got {}", answer.summary()));
}

/// Begins many sessions: all ids differ, are long enough, and have every digit about as often in every place.
async fn unpredictable(gateway: &Gateway, count: usize, faults: &mut Faults) -> Result<(), Unrun> {
    let mut ids = HashSet::with_capacity(count);
    for _ in 0..count {
        ids.insert(begin(gateway, SECRET).await?);
    }
    faults.unless(ids.len() == count, || format!("{} of {count} ids are distinct", ids.len()));
    let letters: HashSet<char> = ids.iter().flat_map(|id| id.chars()).collect();
    let length = ids.iter().map(String::len).min().unwrap_or_default();
    let varying = (0..length).filter(|place| {
        let seen: HashSet<u8> = ids.iter().map(|id| id.as_bytes()[*place]).collect();
        // With so many ids every letter of a random place turns up.
        seen.len() == letters.len()
    });
    let bits = varying.count() * letters.len().max(1).ilog2() as usize;
    faults.unless(bits >= BITS, || format!("an id has {bits} bits that vary"));
    Ok(())
}

/// Brings a token that is none for here; one that is has to be let in.
async fn tokens(stage: &Stage, vector: &Vector, faults: &mut Faults) -> Result<(), Unrun> {
    let issuer = Issuer::new()?;
    stage.world.set(Scene { responder: Some(issuer.responder()), ..Scene::default() }, &[]).await?;
    let (gateway, _keyring) = start(stage, vector, "15m").await?;
    let stranger = message("initialize").send(&gateway).await;
    let right = format!("Bearer {}", issuer.token("")?);
    let passes = async |faults: &mut Faults| {
        let answer = message("initialize").with("Authorization", &right).send(&gateway).await;
        faults.unless(answer.status == 200, || format!("the right token got {}", answer.summary()));
    };
    passes(faults).await;
    stage.world.journal.clear();
    let mut request = message("initialize");
    for (name, value) in request::headers(vector)? {
        request = request.with(&name, &issuer.written(&value)?);
    }
    let answer = request.send(&gateway).await;
    judge(stage, vector, &answer, faults)?;
    if answer.status == 401 {
        super::same_as_ever(&answer, &stranger, faults);
    }
    passes(faults).await;
    secret_is_nowhere(&gateway, faults).await;
    Ok(())
}

/// A message to all tools.
fn message(method: &str) -> Request {
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "runner", "version": "1" }
    });
    let params = if method == "initialize" { params } else { json!({}) };
    Request::to_mcp(json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
}

async fn begin(gateway: &Gateway, key: &str) -> Result<String, Unrun> {
    let answer: Answer = message("initialize").with_key(key).send(gateway).await;
    let id = answer.header("mcp-session-id").map(str::to_owned);
    id.ok_or_else(|| Unrun::Harness(anyhow::anyhow!("`initialize` began no session: {}", answer.summary())))
}
