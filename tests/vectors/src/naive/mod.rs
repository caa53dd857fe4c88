//! A gateway that believes everything: the known-bad one that every group of vectors must find out.
//!
//! It does what the vectors say must not be done, on purpose: it resolves and follows anything, waits for ever, reads
//! without end, merges the operator's settings into the caller's, echoes, logs and forwards what it has.

mod client;
mod mcp;

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::gateway::SETTINGS;
use crate::wire::{Kind, Message, read_message, response};

/// A gateway that believes everything.
struct Naive {
    index: String,
    defaults: Value,
    identifiers: Mutex<HashSet<String>>,
    /// The settings of whoever called a plugin first, for whoever calls it next.
    remembered: Mutex<HashMap<String, Value>>,
    sessions: AtomicUsize,
}

/// Serves as the configuration says, until the process is ended.
pub(crate) fn serve(config: &Path) -> Result<()> {
    let config: Value = toml::from_str(&std::fs::read_to_string(config)?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let naive = Arc::new(Naive {
            index: config["index"].as_str().unwrap_or_default().to_owned(),
            defaults: config["plugins"].clone(),
            identifiers: Mutex::default(),
            remembered: Mutex::default(),
            sessions: AtomicUsize::new(1),
        });
        let address =
            |value: &Value| -> Result<SocketAddr> { Ok(value.as_str().context("an address")?.parse()?) };
        let admin = TcpListener::bind(address(&config["admin"]["listen"])?).await?;
        tokio::spawn(accept(admin, Arc::clone(&naive)));
        accept(TcpListener::bind(address(&config["listen"])?).await?, naive).await;
        Ok(())
    })
}

async fn accept(listener: TcpListener, naive: Arc<Naive>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(converse(stream, Arc::clone(&naive)));
    }
}

async fn converse(stream: TcpStream, naive: Arc<Naive>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_message(&mut stream, Kind::Request).await? {
        let answer = naive.answer(&request).await;
        stream.get_mut().write_all(&answer).await?;
    }
    Ok(())
}

impl Naive {
    async fn answer(&self, request: &Message) -> Vec<u8> {
        if request.first_line.starts_with("GET /metrics") {
            return self.metrics();
        }
        if request.first_line.starts_with("POST /mcp") {
            return self.greet();
        }
        match self.call(request).await {
            Ok(answer) => answer,
            Err(error) => {
                let text = format!("{error:?}\nstack backtrace:\n  at src/naive.rs:1: {}", self.defaults);
                let body = json!({ "errorType": "PluginGatewayError", "body": { "message": text } });
                response(500, &[], body.to_string().as_bytes())
            }
        }
    }

    async fn call(&self, request: &Message) -> Result<Vec<u8>> {
        let payload: Value = serde_json::from_slice(&request.body)?;
        let identifier = payload["identifier"].as_str().unwrap_or_default();
        let settings = self.settings(identifier, request);
        let mut log = std::io::stderr();
        writeln!(log, "call of {identifier} with {settings} and {payload}, of {:?}", request.headers)?;
        self.identifiers.lock().unwrap_or_else(PoisonError::into_inner).insert(identifier.to_owned());
        if let Some(url) = self.defaults[identifier]["mcp"].as_str() {
            return mcp::call(url, &request.headers).await;
        }
        let manifest = self.manifest(&payload, identifier).await?;
        let (method, url) = target(&manifest).await?;
        let arguments: Value = serde_json::from_str(payload["arguments"].as_str().unwrap_or("{}"))?;
        let mut headers = request.headers.clone();
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case(SETTINGS));
        headers.push((SETTINGS.to_owned(), settings.to_string()));
        if manifest["openapi"].is_string() {
            // Whatever a service calls a parameter may be a header.
            let named = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
            headers.extend(arguments.as_object().into_iter().flatten().filter_map(named));
        }
        let answer = client::send(&method, &url, &headers, arguments.to_string().as_bytes()).await?;
        let headers: Vec<(&str, &str)> =
            answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let framed = |(name, _): &&(&str, &str)| {
            !["content-length", "transfer-encoding", "connection"]
                .contains(&name.to_ascii_lowercase().as_str())
        };
        Ok(response(answer.status, &headers.iter().filter(framed).copied().collect::<Vec<_>>(), &answer.body))
    }

    async fn manifest(&self, payload: &Value, identifier: &str) -> Result<Value> {
        if payload["manifest"].is_object() {
            return Ok(payload["manifest"].clone());
        }
        if let Some(pinned) = self.defaults[identifier]["manifest"].as_str() {
            return fetch(pinned).await;
        }
        let index = fetch(payload["indexUrl"].as_str().unwrap_or(&self.index)).await?;
        fetch(index["plugins"][0]["manifest"].as_str().context("no such plugin")?).await
    }

    fn settings(&self, identifier: &str, request: &Message) -> Value {
        // Look-alikes are good enough.
        let mut merged =
            self.defaults[identifier.to_lowercase()]["settings"].as_object().cloned().unwrap_or_default();
        let own: Map<String, Value> =
            request.header(SETTINGS).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        merged.extend(own);
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.entry(identifier.to_owned()).or_insert(Value::Object(merged)).clone()
    }

    /// Greets every client of MCP, whoever it is and whatever it brings, under the number that is next.
    fn greet(&self) -> Vec<u8> {
        let session = self.sessions.fetch_add(1, Ordering::SeqCst).to_string();
        response(200, &[("Mcp-Session-Id", &session)], b"{}")
    }

    fn metrics(&self) -> Vec<u8> {
        let identifiers = self.identifiers.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |name: &String| format!("calls_total{{plugin={name:?}}} 1\n");
        response(200, &[], identifiers.iter().map(line).collect::<String>().as_bytes())
    }
}

/// Finds out what is called, and how: the first operation there is, of the OpenAPI document where the manifest names one.
async fn target(manifest: &Value) -> Result<(String, String)> {
    let Some(document) = manifest["openapi"].as_str() else {
        let operation = manifest["api"].as_array().context("no api")?.first().context("no operation")?;
        return Ok(("POST".to_owned(), operation["url"].as_str().context("no url")?.to_owned()));
    };
    let document = fetch(document).await?;
    let (path, item) =
        document["paths"].as_object().and_then(|paths| paths.iter().next()).context("no path")?;
    let method = item.as_object().and_then(|item| item.keys().next()).context("no method")?;
    let server = document["servers"][0]["url"].as_str().context("no server")?;
    Ok((method.to_uppercase(), format!("{}{path}", server.trim_end_matches('/'))))
}

async fn fetch(url: &str) -> Result<Value> {
    Ok(serde_json::from_slice(&client::send("GET", url, &[], b"").await?.body)?)
}
