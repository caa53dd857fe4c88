//! Keys that come, go and expire while the gateway runs.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use time::OffsetDateTime;
use tokio::io::{AsyncWriteExt, BufReader};

use super::keyring::Scope;
use super::request::{Request, SECRET};
use super::{PATIENCE, judge, passes, start};
use crate::gateway::{Gateway, process};
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::{connect, read_answer, response};
use crate::world::Scene;

/// A key that takes the place of the fixture's.
const SUCCESSOR: &str = "lgw_k2_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0u";

/// Runs a vector.
pub(super) async fn run(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let input = vector.member("input");
    let words = ["step", "key", "keys"].iter().find_map(|name| input[*name].as_str()).unwrap_or_default();
    let mut faults = Faults::default();
    let says = |all: &[&str]| all.iter().any(|part| words.contains(part));
    if says(&["broken", "invalid", "unreadable", "cannot be read"]) {
        broken(stage, vector, &mut faults).await?;
    } else if says(&["added"]) {
        both(stage, vector, &mut faults).await?;
    } else if words.contains("SIGHUP") {
        revoked(stage, vector, &mut faults).await?;
    } else if says(&["not_before", "not before"]) {
        return Err(Unrun::words("input", input));
    } else if says(&["without a signal", "no signal"]) {
        both(stage, vector, &mut faults).await?;
    } else if says(&["expires in", "expires after"]) {
        expires(stage, vector, &mut faults).await?;
    } else if says(&["in the past", "in the future"]) {
        let (now, minute) = (OffsetDateTime::now_utc(), Duration::from_secs(60));
        let end = if words.contains("in the past") { now - minute } else { now + minute };
        let (gateway, _keyring) = start(stage, vector, &Scope::until(end)).await?;
        let answer = Request::calling(&gateway).with_key(SECRET).send(&gateway).await;
        judge(stage, vector, &answer, &mut faults)?;
    } else if words.contains("both present") {
        both(stage, vector, &mut faults).await?;
    } else if words.contains("in flight") {
        expires_in_flight(stage, vector, &mut faults).await?;
    } else {
        return Err(Unrun::words("input", input));
    }
    Ok(faults)
}

/// A key is taken out of the file: nobody is let in by it any more, nor on the connection that it opened.
async fn revoked(stage: &Stage, vector: &Vector, faults: &mut Faults) -> Result<(), Unrun> {
    let (gateway, keyring) = start(stage, vector, &Scope::default()).await?;
    passes(&gateway, faults).await;
    let request = Request::calling(&gateway).with_key(SECRET);
    let mut kept = BufReader::new(connect(gateway.address).await?);
    kept.get_mut().write_all(&request.to_bytes("keep-alive")).await?;
    let first = tokio::time::timeout(PATIENCE, read_answer(&mut kept)).await??;
    faults.unless(first.status == 200, || format!("the kept connection got {}", first.summary()));
    keyring.write(&[(SUCCESSOR, &Scope::default())])?;
    process::signal(gateway.id().unwrap_or_default(), Signal::HUP);
    let begun = Instant::now();
    let within = Duration::from_millis(vector.expect()["within_ms"].as_u64().unwrap_or(1000));
    while Request::calling(&gateway).with_key(SUCCESSOR).send(&gateway).await.status != 200 {
        if begun.elapsed() > within + Duration::from_secs(1) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = begun.elapsed();
    faults.unless_in_time(took <= within, || format!("it took {took:?}"));
    stage.world.journal.clear();
    judge(stage, vector, &request.send(&gateway).await, faults)?;
    kept.get_mut().write_all(&request.to_bytes("keep-alive")).await?;
    let last = tokio::time::timeout(PATIENCE, read_answer(&mut kept)).await??;
    judge(stage, vector, &last, faults)
}

/// The file becomes one that cannot be read: whoever was let in is let in.
async fn broken(stage: &Stage, vector: &Vector, faults: &mut Faults) -> Result<(), Unrun> {
    let (gateway, keyring) = start(stage, vector, &Scope::default()).await?;
    std::fs::write(&keyring.path, "[k1\n")?;
    process::signal(gateway.id().unwrap_or_default(), Signal::HUP);
    tokio::time::sleep(Duration::from_secs(1)).await;
    judge(stage, vector, &Request::calling(&gateway).with_key(SECRET).send(&gateway).await, faults)
}

/// An old key and its successor are both good.
async fn both(stage: &Stage, vector: &Vector, faults: &mut Faults) -> Result<(), Unrun> {
    let (gateway, keyring) = start(stage, vector, &Scope::default()).await?;
    let answer = call(&gateway, SUCCESSOR).await;
    faults.unless(answer == 401, || format!("a key that is not there got {answer}"));
    keyring.write(&[(SECRET, &Scope::default()), (SUCCESSOR, &Scope::default())])?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for key in [SECRET, SUCCESSOR] {
        stage.world.journal.clear();
        judge(stage, vector, &Request::calling(&gateway).with_key(key).send(&gateway).await, faults)?;
    }
    Ok(())
}

/// A key expires, and is good until then.
async fn expires(stage: &Stage, vector: &Vector, faults: &mut Faults) -> Result<(), Unrun> {
    let end = OffsetDateTime::now_utc() + Duration::from_secs(3);
    let (gateway, _keyring) = start(stage, vector, &Scope::until(end)).await?;
    passes(&gateway, faults).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    stage.world.journal.clear();
    judge(stage, vector, &Request::calling(&gateway).with_key(SECRET).send(&gateway).await, faults)
}

/// A call that was let in finishes, though its key expires meanwhile.
async fn expires_in_flight(stage: &Stage, vector: &Vector, faults: &mut Faults) -> Result<(), Unrun> {
    let slow: crate::world::Responder = std::sync::Arc::new(|_| {
        // The canary answers each connection in a task of its own, and this worker has threads to spare.
        std::thread::sleep(Duration::from_secs(4));
        response(200, &[("Content-Type", "application/json")], b"{}")
    });
    stage.world.set(Scene { responder: Some(slow), ..Scene::default() }, &[]).await?;
    let end = OffsetDateTime::now_utc() + Duration::from_secs(3);
    let (gateway, _keyring) = start(stage, vector, &Scope::until(end)).await?;
    let request = Request::calling(&gateway).with_key(SECRET);
    let answer = request.send(&gateway).await;
    judge(stage, vector, &answer, faults)?;
    let after = call(&gateway, SECRET).await;
    faults.unless(after == 401, || format!("the expired key got {after}"));
    Ok(())
}

async fn call(gateway: &Gateway, key: &str) -> u16 {
    Request::calling(gateway).with_key(key).send(gateway).await.status
}
