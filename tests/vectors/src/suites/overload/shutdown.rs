//! How the gateway ends: with calls in flight, at a second signal, and after it was killed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::h2::Client;
use super::{Measures, judge};
use crate::documents;
use crate::gateway::config::Needs;
use crate::gateway::{Gateway, process};
use crate::mounted::WAITS;
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The gateway's own time for an end, and a second.
const GRACE: Duration = Duration::from_secs(31);
/// Where the slow plugin is.
const PORT: u16 = 19_002;

/// Runs a vector about an end.
pub(super) async fn run(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let load = vector.member("load");
    let mounted = load.get("mcp_streams").is_some();
    let gateway = stage.fresh(&Needs { mounted, ..Needs::plain() }).await?;
    gateway.call_healthy().await;
    let mut measures = Measures::default();
    match load["signal"].as_str().unwrap_or_default() {
        "SIGTERM" if mounted => ends_streams(gateway, load, &mut measures).await?,
        "SIGTERM" if load.get("h2_clients").is_some() => {
            finishes_streams(gateway, load, &mut measures).await?;
        }
        "SIGTERM" => finishes_calls(gateway, load, &mut measures).await?,
        "SIGTERM twice" => ends_at_once(gateway, &mut measures).await?,
        "SIGKILL" => starts_again(stage, gateway, &mut measures).await?,
        _ => return Err(Unrun::words("load", load)),
    }
    let mut faults = Faults::default();
    for (name, expected) in vector.expect().as_object().into_iter().flatten() {
        match (name.as_str(), measures.0.get("exit_code")) {
            ("exit_code_not", Some(code)) => {
                faults.unless(Some(*code) != expected.as_f64(), || format!("exit code {code}"));
            }
            _ => judge(name, expected, &measures, &mut faults)?,
        }
    }
    Ok(faults)
}

/// `{"signal": "SIGTERM", "in_flight": 100, "each_s": 3}`.
async fn finishes_calls(mut gateway: Gateway, load: &Value, measures: &mut Measures) -> Result<(), Unrun> {
    let number = |name: &str| load[name].as_u64().ok_or_else(|| Unrun::words("load", load));
    let (count, each) = (number("in_flight")?, Duration::from_secs(number("each_s")?));
    let server = tokio::spawn(slow_plugin(each));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (process, address) = (gateway.id().unwrap_or_default(), gateway.address);
    let calls: Vec<_> = (0..count).map(|number| tokio::spawn(slow_call(address, number))).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = Instant::now();
    process::signal(process, Signal::TERM);
    let mut completed = 0_u32;
    for call in calls {
        completed += u32::from(call.await? == 200);
    }
    // The calls are through; that the process then waits for others to turn away is part of its end.
    measures.set("within_s", begun.elapsed().as_secs_f64());
    measures.set("completed", f64::from(completed));
    note_exit(gateway.ended(GRACE).await, measures);
    server.abort();
    Ok(())
}

/// `{"signal": "SIGTERM", "h2_clients": 10}`, each with a call in flight.
async fn finishes_streams(gateway: Gateway, load: &Value, measures: &mut Measures) -> Result<(), Unrun> {
    let count = load["h2_clients"].as_u64().ok_or_else(|| Unrun::words("load", load))?;
    let server = tokio::spawn(slow_plugin(Duration::from_secs(2)));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let gateway = Arc::new(gateway);
    let mut clients = Vec::new();
    for number in 0..count {
        clients.push(Client::post(&gateway, slow_payload(number).to_string().as_bytes()).await?);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    process::signal(gateway.id().unwrap_or_default(), Signal::TERM);
    let clients: Vec<_> = clients.into_iter().map(|client| tokio::spawn(client.served(GRACE))).collect();
    let (mut two_steps, mut lost) = (true, 0_u32);
    for client in clients {
        let served = client.await?;
        two_steps &= served.two_steps;
        lost += u32::from(!served.answered);
    }
    measures.set("goaway_in_two_steps", f64::from(u8::from(two_steps)));
    measures.set("streams_lost", f64::from(lost));
    server.abort();
    Ok(())
}

/// `{"signal": "SIGTERM", "mcp_streams": 50}`, each of a call that told how far it is, and is not done in time.
async fn ends_streams(mut gateway: Gateway, load: &Value, measures: &mut Measures) -> Result<(), Unrun> {
    let count = load["mcp_streams"].as_u64().ok_or_else(|| Unrun::words("load", load))?;
    let address = gateway.address;
    let streams: Vec<_> = (0..count).map(|_| tokio::spawn(stream(address))).collect();
    tokio::time::sleep(Duration::from_millis(800)).await;
    let begun = Instant::now();
    process::signal(gateway.id().unwrap_or_default(), Signal::TERM);
    let mut all_end_in_order = true;
    for stream in streams {
        let answer = stream.await?;
        let text = String::from_utf8_lossy(&answer.body);
        let last = text.lines().filter_map(|line| line.strip_prefix("data: ")).next_back();
        let last: Value = last.and_then(|last| serde_json::from_str(last).ok()).unwrap_or_default();
        let is_told = text.contains("notifications/progress");
        let is_answer = last["id"] == 7 && (last.get("error").is_some() || last.get("result").is_some());
        all_end_in_order &= answer.trouble.is_none() && is_told && is_answer;
    }
    measures.set("within_s", begun.elapsed().as_secs_f64());
    measures.set("closed_with_event", f64::from(u8::from(all_end_in_order)));
    note_exit(gateway.ended(GRACE).await, measures);
    Ok(())
}

async fn stream(address: std::net::SocketAddr) -> wire::Answer {
    let params = json!({ "name": format!("{WAITS}__tells_and_waits"), "arguments": {}, "_meta": { "progressToken": 1 } });
    let message = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params });
    let headers = [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    let request = wire::request("POST /mcp", &headers, message.to_string().as_bytes());
    wire::exchange(address, &request, GRACE).await
}

async fn slow_call(address: std::net::SocketAddr, number: u64) -> u16 {
    let request = wire::request("POST /api/gateway", &[], slow_payload(number).to_string().as_bytes());
    wire::exchange(address, &request, GRACE).await.status
}

fn slow_payload(number: u64) -> Value {
    // Over several plugins and hosts: a limit for one of them is not what this is about.
    let plugin = number % 8;
    let url = format!("http://slow{plugin}.vec.test:{PORT}/x");
    documents::call(&documents::manifest(&format!("x{plugin}"), &url), "{}")
}

async fn slow_plugin(each: Duration) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut request = [0; 8192];
            let _ = stream.read(&mut request).await;
            tokio::time::sleep(each).await;
            stream.write_all(&wire::response(200, &[], b"{}")).await
        });
    }
}

async fn ends_at_once(mut gateway: Gateway, measures: &mut Measures) -> Result<(), Unrun> {
    let process = gateway.id().unwrap_or_default();
    let server = tokio::spawn(slow_plugin(GRACE));
    tokio::time::sleep(Duration::from_millis(50)).await;
    // A call in flight, so that there is something to wait for.
    let call = tokio::spawn(slow_call(gateway.address, 0));
    tokio::time::sleep(Duration::from_millis(300)).await;
    process::signal(process, Signal::TERM);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begun = Instant::now();
    process::signal(process, Signal::TERM);
    let ended = gateway.ended(GRACE).await;
    measures.set("within_s", begun.elapsed().as_secs_f64());
    note_exit(ended, measures);
    call.abort();
    server.abort();
    Ok(())
}

async fn starts_again(stage: &Stage, mut gateway: Gateway, measures: &mut Measures) -> Result<(), Unrun> {
    process::signal(gateway.id().unwrap_or_default(), Signal::KILL);
    gateway.ended(GRACE).await;
    let begun = Instant::now();
    let again = Arc::new(stage.fresh(&Needs::plain()).await?);
    measures.set("ready_within_s", begun.elapsed().as_secs_f64());
    measures.set("state_corrupt", f64::from(u8::from(again.call_healthy().await.status != 200)));
    Ok(())
}

/// Killed by a signal is 128 and its number for a shell; not to end at all is worse than any code.
fn note_exit(ended: Option<Option<i32>>, measures: &mut Measures) {
    let code = ended.map_or(f64::MAX, |code| code.map_or(128.0, f64::from));
    measures.set("exit_code", code);
}
