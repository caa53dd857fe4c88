//! More clients of MCP that begin a session than there may be sessions.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::task::JoinHandle;

use super::Measures;
use crate::gateway::Gateway;
use crate::gateway::config::Needs;
use crate::stage::Stage;
use crate::verdict::Unrun;
use crate::wire::{self, read_answer};

/// The member of a load that says how many.
pub(super) const MANY: &str = "distinct_mcp_sessions";
/// How long sessions last that nobody uses, as the operator says: what the example of the configuration has.
pub(super) const IDLE: &str = "15m";
const IDLE_SECONDS: f64 = 900.0;
/// How many connections they come by.
const LANES: usize = 16;
/// How long a session lasts in a gateway that is waited for.
const SHORT: (&str, Duration) = ("1s", Duration::from_millis(1_500));

/// Begins sessions, one after another, and counts those that are still there at the end.
pub(super) async fn begin(
    stage: &Stage,
    gateway: &Arc<Gateway>,
    count: usize,
    measures: &mut Measures,
) -> Result<(), Unrun> {
    let lanes: Vec<JoinHandle<anyhow::Result<Vec<String>>>> = (0..LANES)
        .map(|lane| {
            let gateway = Arc::clone(gateway);
            tokio::spawn(async move {
                let mut client = Client::connect(&gateway, lane).await?;
                let mut begun = Vec::new();
                for _ in (lane..count).step_by(LANES) {
                    begun.push(client.begin().await?);
                }
                Ok(begun)
            })
        })
        .collect();
    let mut kept = 0_u32;
    for (lane, begun) in lanes.into_iter().enumerate() {
        let begun = begun.await??;
        // Not before: a connection that says nothing for long is closed.
        let mut client = Client::connect(gateway, lane).await?;
        for session in begun {
            kept += u32::from(client.lists(&session).await? == 200);
        }
    }
    if kept == 0 {
        return Err(anyhow::anyhow!("no session is left").into());
    }
    measures.set("sessions_max", f64::from(kept));
    measures.set("idle_timeout_s", if ends_when_idle(stage).await? { IDLE_SECONDS } else { f64::MAX });
    Ok(())
}

/// What is not used for as long as the operator says is over; a quarter of an hour is too long to wait for.
async fn ends_when_idle(stage: &Stage) -> anyhow::Result<bool> {
    let (idle, pause) = SHORT;
    let gateway = stage.fresh(&Needs { sessions: Some(idle.to_owned()), ..Needs::plain() }).await?;
    let mut client = Client::connect(&gateway, 0).await?;
    let session = client.begin().await?;
    let before = client.lists(&session).await?;
    tokio::time::sleep(pause).await;
    Ok(before == 200 && client.lists(&session).await? == 404)
}

/// A client on a connection of its own, which is kept.
struct Client(BufReader<tokio::net::TcpStream>);

impl Client {
    async fn connect(gateway: &Gateway, lane: usize) -> anyhow::Result<Self> {
        Ok(Self(BufReader::new(wire::connect_as(lane * 100, gateway.address).await?)))
    }

    async fn begin(&mut self) -> anyhow::Result<String> {
        let params = json!({
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "runner", "version": "1" }
        });
        let answer = self.ask("initialize", &params, "").await?;
        let session = answer.header("mcp-session-id").map(str::to_owned);
        session.ok_or_else(|| anyhow::anyhow!("`initialize` began no session: {}", answer.summary()))
    }

    async fn lists(&mut self, session: &str) -> anyhow::Result<u16> {
        let header = format!("Mcp-Session-Id: {session}\r\n");
        Ok(self.ask("tools/list", &json!({}), &header).await?.status)
    }

    async fn ask(
        &mut self,
        method: &str,
        params: &serde_json::Value,
        header: &str,
    ) -> anyhow::Result<wire::Answer> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\n{header}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.get_mut().write_all(request.as_bytes()).await?;
        Ok(tokio::time::timeout(Duration::from_secs(10), read_answer(&mut self.0)).await??)
    }
}
