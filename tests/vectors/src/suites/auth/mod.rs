//! Whom the gateway lets in: keys, what they are good for and how long, and the requests that no browser should be able to
//! send.

mod keyring;
mod life;
mod mcp;
mod request;
mod signature;
mod timing;
mod token;

use std::time::Duration;

use serde_json::Value;

use crate::gateway::Gateway;
use crate::gateway::config::Needs;
use crate::stage::Stage;
use crate::suites::scanner;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::{self, Answer};
use crate::world::Scene;
use keyring::{Keyring, Scope};
use request::{Request, SECRET};

const PATIENCE: Duration = Duration::from_secs(10);

/// Runs a vector.
pub(super) async fn run(stage: &mut Stage, vector: &Vector) -> Result<Faults, Unrun> {
    stage.world.set(Scene::default(), &[]).await?;
    let input = vector.member("input");
    let has = |name: &str| input.get(name).is_some();
    match vector.group.as_str() {
        "timing" => timing::run(stage, vector).await,
        "store" => refuses_start(stage, vector).await,
        "lifecycle" => life::run(stage, vector).await,
        "mcp" => mcp::run(stage, vector).await,
        "bruteforce" => keeps_counting(stage, vector).await,
        "signature" => signature::run(stage, vector).await,
        _ if has("key_scope") => scoped(stage, vector).await,
        _ => one_request(stage, vector).await,
    }
}

/// Starts a gateway that asks for keys, unless the vector is about a developer's.
async fn start(stage: &Stage, vector: &Vector, scope: &Scope) -> Result<(Gateway, Keyring), Unrun> {
    let keyring = Keyring::with(stage.folder(), &vector.id, scope)?;
    let pages = match &vector.member("input")["allowed_origins"] {
        Value::Array(pages) => pages.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => vec!["https://app.vec.test".to_owned()],
    };
    let mut needs = Needs { pages, keys: Some(keyring.path.clone()), ..Needs::default() };
    if vector.text("mode") == Some("dev") {
        needs = Needs { dev: true, hosts: Vec::new(), ..Needs::default() };
    }
    Ok((stage.fresh(&needs).await?, keyring))
}

/// Sends what a vector describes, and the right key before and after.
async fn one_request(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let (gateway, _keyring) = start(stage, vector, &Scope::default()).await?;
    let mut faults = Faults::default();
    let stranger = Request::calling(&gateway).send(&gateway).await;
    passes(&gateway, &mut faults).await;
    stage.world.journal.clear();
    let request = Request::of(vector, &gateway)?;
    let answer =
        if request.is_http2() { request.send_http2(&gateway).await? } else { request.send(&gateway).await };
    judge(stage, vector, &answer, &mut faults)?;
    if answer.status == 401 {
        same_as_ever(&answer, &stranger, &mut faults);
    }
    if answer.status == 204 {
        preflight(&answer, vector, &mut faults);
    }
    passes(&gateway, &mut faults).await;
    secret_is_nowhere(&gateway, &mut faults).await;
    Ok(faults)
}

/// Calls with a key that may not do everything.
async fn scoped(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let input = vector.member("input");
    let (gateway, _keyring) = start(stage, vector, &Scope::of(&input["key_scope"])?).await?;
    let mut faults = Faults::default();
    let known = ["key_scope", "identifier", "body", "path", "mcp_tool"];
    if let Some((name, _)) =
        input.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&&***name))
    {
        return Err(Unrun::words("input", name));
    }
    let allowed = Request::scoped(&Value::Null, &input["key_scope"], &gateway)?.send(&gateway).await;
    faults.unless(allowed.status != 401, || format!("the key itself got {}", allowed.summary()));
    stage.world.journal.clear();
    let answer = Request::scoped(input, &input["key_scope"], &gateway)?.send(&gateway).await;
    judge(stage, vector, &answer, &mut faults)?;
    Ok(faults)
}

/// Sends wrong keys from one address that claims to be another each time.
async fn keeps_counting(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let expected = vector.expect()["outcome"].as_str().unwrap_or_default();
    if !matches!(expected, "peer_address_used" | "too_many" | "pass") {
        return Err(Unrun::words("outcome", expected));
    }
    let (gateway, _keyring) = start(stage, vector, &Scope::default()).await?;
    let mut faults = Faults::default();
    stage.world.journal.clear();
    let mut statuses = Vec::new();
    for number in 0..21 {
        let mut request =
            Request::calling(&gateway).with("Authorization", "Bearer lgw_k1_wrongwrongwrongwrongwrong");
        for (name, value) in request::headers(vector)? {
            request = request.with(&name, &value.replace("203.0.113.9", &format!("203.0.113.{number}")));
        }
        statuses.push(request.send(&gateway).await.status);
    }
    let (last, others) = statuses.split_last().unwrap_or((&0, &[]));
    faults.unless(others.iter().all(|status| *status == 401), || format!("the first twenty got {others:?}"));
    faults.unless(*last == 429, || format!("the next got {last}"));
    let seen = stage.world.journal.seen().of_the_vector();
    faults.unless(seen.connections.is_empty(), || "the plugin was called".to_owned());
    if expected == "pass" {
        // Nobody else is locked out.
        let request = Request::calling(&gateway).with_key(SECRET).to_bytes("close");
        let answer = wire::exchange_as(1, gateway.address, &request, PATIENCE).await;
        faults.unless(answer.status == 200, || format!("another address got {}", answer.summary()));
    }
    Ok(faults)
}

/// Starts a gateway that must not start.
async fn refuses_start(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let words = vector.member("input")["config"].as_str().unwrap_or_default();
    let says = |all: &[&str]| all.iter().any(|part| words.contains(part));
    let is_of_file = says(&["file", "digest", "duplicate", "bits"]);
    let needs = if says(&["command line", "argument"]) {
        Needs { arguments: vec!["--keys".to_owned(), SECRET.to_owned()], ..Needs::default() }
    } else if !is_of_file && says(&["no key", "without key", "non-loopback", "0.0.0.0"]) {
        Needs { arguments: vec!["--listen".to_owned(), "0.0.0.0:0".to_owned()], ..Needs::default() }
    } else {
        let keyring = Keyring::wrong(stage.folder(), &vector.id, words)?;
        Needs { keys: Some(keyring.path), ..Needs::default() }
    };
    let mut gateway = stage.spawn(&needs)?;
    let ended = gateway.ended(Duration::from_secs(3)).await;
    let expected = vector.expect()["exit_code"].as_i64().unwrap_or(2);
    let mut faults = Faults::default();
    faults.unless(ended.flatten().map(i64::from) == Some(expected), || match ended {
        Some(code) => format!("it ended with {code:?}, expected {expected}"),
        None => "it serves".to_owned(),
    });
    secret_is_nowhere(&gateway, &mut faults).await;
    Ok(faults)
}

/// Judges an answer, and how often the plugin was called for it.
fn judge(stage: &Stage, vector: &Vector, answer: &Answer, faults: &mut Faults) -> Result<(), Unrun> {
    let outcome = vector.expect()["outcome"].as_str().unwrap_or_default();
    let expected = crate::outcome::Expected::parse(outcome).map_err(Unrun::NotUnderstood)?;
    faults.firm.extend(expected.objection(answer));
    let calls = vector.expect()["outbound_calls"].as_u64().unwrap_or_default();
    // An authorization server that the operator named may be asked at any time.
    let requests = stage.world.journal.seen().of_the_vector().requests;
    let seen = requests.iter().filter(|request| !token::ISSUER.ends_with(request.host())).count() as u64;
    // Where a pass is one of several outcomes, its call is one.
    let is_call = outcome != "pass" && expected.includes("pass") && answer.status == 200;
    faults.unless(seen == calls || (is_call && seen == 1), || {
        format!("the plugin was called {seen} times, expected {calls}")
    });
    Ok(())
}

/// The right key is let in: else a gateway that lets nobody in would pass.
async fn passes(gateway: &Gateway, faults: &mut Faults) {
    let answer = Request::calling(gateway).with_key(SECRET).send(gateway).await;
    faults.unless(answer.status == 200, || format!("the right key got {}", answer.summary()));
}

/// Every 401 is the same, whatever the reason.
fn same_as_ever(answer: &Answer, stranger: &Answer, faults: &mut Faults) {
    let plain = |answer: &Answer| {
        let varying = |name: &str| ["date", "x-request-id"].contains(&name.to_ascii_lowercase().as_str());
        let headers: Vec<_> = answer.headers.iter().filter(|(name, _)| !varying(name)).cloned().collect();
        (headers, answer.body.clone())
    };
    faults.unless(plain(answer) == plain(stranger), || "this 401 tells itself from others".to_owned());
    faults.unless(answer.header("www-authenticate").is_some(), || "the 401 challenges nobody".to_owned());
}

/// The exact origin, never a star, never credentials, and no header that was not asked for.
fn preflight(answer: &Answer, vector: &Vector, faults: &mut Faults) {
    let asked = request::headers(vector).unwrap_or_default();
    let asked = |wanted: &str| {
        asked.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| &**value)
    };
    let said = |name: &str| answer.header(name);
    faults.unless(said("access-control-allow-origin") == asked("origin"), || {
        "another origin is named".to_owned()
    });
    faults
        .unless(said("vary").is_some_and(|vary| vary.contains("Origin")), || "no `Vary: Origin`".to_owned());
    faults
        .unless(said("access-control-allow-credentials").is_none(), || "credentials are allowed".to_owned());
    let names = |list: Option<&str>| -> Vec<String> {
        list.into_iter()
            .flat_map(|list| list.split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .collect()
    };
    let (allowed, wanted) =
        (names(said("access-control-allow-headers")), names(asked("access-control-request-headers")));
    faults.unless(allowed.iter().all(|name| wanted.contains(name)), || format!("allowed {allowed:?}"));
    faults.unless(wanted.iter().all(|name| allowed.contains(name)), || format!("allowed {allowed:?} alone"));
}

async fn secret_is_nowhere(gateway: &Gateway, faults: &mut Faults) {
    let secret = SECRET.rsplit('_').next().unwrap_or_default();
    for (place, bytes) in [("the log", gateway.log()), ("the counters", gateway.metrics().await)] {
        faults.unless(scanner::find(secret, &bytes).is_none(), || format!("the key is in {place}"));
    }
}

/// Sends bytes.
async fn exchange(gateway: &Gateway, bytes: &[u8]) -> Answer {
    wire::exchange(gateway.address, bytes, PATIENCE).await
}
