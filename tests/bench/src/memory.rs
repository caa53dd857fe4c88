//! How much memory `lobe-gateway` takes: idle, with many connections that wait, and after many manifests that nobody
//! will send again.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::forward::{World, small_manifest, start_gateway};
use crate::process::ServerProcess;
use crate::report::megabytes;

const CONNECTIONS: usize = 10_000;
/// How long connections have had nothing to do when the memory is read.
const REST: Duration = Duration::from_secs(5);
const MANIFESTS: usize = 1_000_000;
/// Over how many connections manifests are sent.
const SENDERS: usize = 8;

/// Measures and returns the table.
pub(crate) fn measure() -> Result<String, Box<dyn Error>> {
    let world = World::start()?;
    let rows = [
        row("idle", 15.0, start_gateway(&world, "")?.resident_memory()?),
        row("10,000 idle connections", 120.0, with_connections(&start_gateway(&world, "")?)?),
        after_manifests(&world)?,
    ];
    let rows = rows.concat();
    Ok(format!("| `lobe-gateway` | memory | target |\n|---|---:|---:|\n{rows}"))
}

fn row(what: &str, target: f64, kibibytes: u64) -> String {
    format!("| {what} | {:.1} MB | {target:.0} MB |\n", megabytes(kibibytes))
}

/// Opens connections, asks once over each, and leaves them open.
fn with_connections(gateway: &ServerProcess) -> Result<u64, Box<dyn Error>> {
    crate::note("10,000 connections");
    let open = || -> std::io::Result<Client> {
        let mut client = Client::connect(gateway.port())?;
        client.ask("GET", "/healthz", "")?;
        Ok(client)
    };
    let clients = (0..CONNECTIONS).map(|_| open()).collect::<Result<Vec<_>, _>>();
    let clients = clients
        .map_err(|error| format!("10,000 connections cannot be had ({error}): try `ulimit -n 12000`"))?;
    // A connection rests when nothing came for a second.
    thread::sleep(REST);
    let memory = gateway.resident_memory()?;
    drop(clients);
    Ok(memory)
}

/// Sends calls with a manifest each of its own; half as many first, to see that it was full by then.
fn after_manifests(world: &World) -> Result<String, Box<dyn Error>> {
    let gateway = start_gateway(world, "")?;
    let mut memory = [0; 2];
    for (half, memory) in memory.iter_mut().enumerate() {
        crate::note(&format!("manifests: half {} of {MANIFESTS}", half + 1));
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (port, upstream) = (gateway.port(), world.upstream());
                let first = (half * SENDERS + sender) * (MANIFESTS / 2 / SENDERS);
                thread::spawn(move || send_manifests(port, upstream, first))
            })
            .collect();
        for sender in senders {
            sender.join().map_err(|_| "a sender panicked")??;
        }
        *memory = gateway.resident_memory()?;
    }
    let [half, whole] = memory.map(megabytes);
    Ok(format!(
        "| after 1,000,000 different manifests (after half of them: {half:.1} MB) | {whole:.1} MB | no growth |\n"
    ))
}

fn send_manifests(port: u16, upstream: u16, first: usize) -> std::io::Result<()> {
    let mut client = Client::connect(port)?;
    for number in first..first + MANIFESTS / 2 / SENDERS {
        let manifest = small_manifest(upstream, &number.to_string());
        let payload = json!({
            "apiName": "run", "arguments": "{\"mood\":\"angry\"}", "identifier": "bench", "manifest": manifest,
        });
        let status = client.ask("POST", "/api/gateway", &payload.to_string())?;
        if status != 422 {
            return Err(std::io::Error::other(format!("answered {status} where 422 is right")));
        }
    }
    Ok(())
}

/// One connection that stays open.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(port: u16) -> std::io::Result<Self> {
        Ok(Self(BufReader::with_capacity(1024, TcpStream::connect(("127.0.0.1", port))?)))
    }

    /// Asks, and returns the status; the body, whose length the head states, is read over.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> std::io::Result<u16> {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length, mut line) = (0, 0, String::new());
        loop {
            line.clear();
            if self.0.read_line(&mut line)? <= 2 {
                break;
            }
            let lower = line.trim().to_ascii_lowercase();
            if let Some(rest) = lower.strip_prefix("http/1.1 ") {
                status = rest.get(..3).and_then(|digits| digits.parse().ok()).unwrap_or_default();
            }
            if let Some(rest) = lower.strip_prefix("content-length: ") {
                length = rest.parse().unwrap_or_default();
            }
        }
        std::io::copy(&mut (&mut self.0).take(length), &mut std::io::sink())?;
        Ok(status)
    }
}
