//! The requests of the vectors: an otherwise valid call to a canary plugin, less or more what a vector says.

use anyhow::{Context, Result};
use bytes::Bytes;
use regex_lite::Regex;
use serde_json::{Value, json};

use super::{PATIENCE, exchange};
use crate::documents;
use crate::gateway::{Gateway, PATH};
use crate::vector::Vector;
use crate::verdict::Unrun;
use crate::wire::{self, Answer};

/// The key of the fixtures.
pub(super) const SECRET: &str = "lgw_k1_9wqT4m2ZbE7xUuVQe0r3sYcPfHnAaKdL";
/// Where the canary is.
const PLUGIN: &str = "https://public.vec.test/x";
/// The port that the vectors take a listener for.
const LISTENER: &str = ":3400";

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    method: String,
    path: String,
    host: String,
    headers: Vec<(String, String)>,
    body: Value,
    /// The pseudo header of HTTP/2, where the request goes that way.
    authority: Option<String>,
}

impl Request {
    /// A valid call without a credential.
    pub(super) fn calling(gateway: &Gateway) -> Self {
        Self {
            method: "POST".to_owned(),
            path: PATH.to_owned(),
            host: gateway.address.to_string(),
            headers: Vec::new(),
            body: documents::call(&documents::manifest("x", PLUGIN), "{}"),
            authority: None,
        }
    }

    /// A message to all tools, without a credential.
    pub(super) fn to_mcp(message: Value) -> Self {
        Self {
            method: "POST".to_owned(),
            path: "/mcp".to_owned(),
            host: "gateway.test".to_owned(),
            headers: Vec::new(),
            body: message,
            authority: None,
        }
        .with("Content-Type", "application/json")
        .with("Accept", "application/json, text/event-stream")
    }

    /// Goes to another path.
    pub(super) fn at(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Comes by another method than POST.
    pub(super) fn of_method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// Reads a vector.
    pub(super) fn of(vector: &Vector, gateway: &Gateway) -> Result<Self, Unrun> {
        let mut request = Self::calling(gateway);
        // What is asked of hosts and pages is asked of somebody who may call.
        if vector.group == "origin" {
            request = request.with_key(SECRET);
        }
        let here = format!(":{}", gateway.address.port());
        for (name, value) in vector.member("input").as_object().into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            match name.as_str() {
                "headers" => {}
                "query" => request.path = format!("{PATH}?{text}"),
                "body_member" => {
                    for (name, value) in value.as_object().into_iter().flatten() {
                        request.body[name] = value.clone();
                    }
                }
                "path" => text.clone_into(&mut request.path),
                "method" => text.clone_into(&mut request.method),
                "content_type" => request = request.with("Content-Type", text),
                "h2" => {
                    request.authority =
                        value[":authority"].as_str().map(|text| text.replace(LISTENER, &here));
                    request.host = value["host"].as_str().unwrap_or_default().replace(LISTENER, &here);
                }
                // The gateway was started with these.
                "listener" | "allowed_origins" => {}
                "key" if text == "none" => {}
                _ => return Err(Unrun::words("input", format!("{name}: {value}"))),
            }
        }
        let path = request.path.split('?').next().unwrap_or_default();
        if matches!(path, "/metrics" | "/healthz" | "/readyz" | "/livez") {
            request.method = "GET".to_owned();
        }
        let mut has_host = false;
        for (name, value) in headers(vector)? {
            let value = value.replace(LISTENER, &here);
            // A second one goes beside the first.
            if name.eq_ignore_ascii_case("host") && !std::mem::replace(&mut has_host, true) {
                request.host = value;
            } else {
                request = request.with(&name, &value);
            }
        }
        Ok(request)
    }

    /// Calls what a vector about a key's scope calls; the plugin that the key is for where it says nothing.
    pub(super) fn scoped(input: &Value, scope: &Value, gateway: &Gateway) -> Result<Self, Unrun> {
        let own = scope["plugins"][0].as_str().unwrap_or("x");
        let call = |identifier: &str, manifest: &str| {
            let manifest = documents::manifest(manifest, PLUGIN);
            json!({ "identifier": identifier, "apiName": "a", "arguments": "{}", "manifest": manifest })
        };
        let mut request = Self::calling(gateway).with_key(SECRET);
        request.body = match (input["identifier"].as_str(), input["body"].as_str()) {
            (Some(other), None) => call(other, other),
            (None, None) if scope.get("caller_manifests").is_some() => {
                json!({ "identifier": own, "apiName": "a", "arguments": "{}" })
            }
            (None, None | Some("with manifest")) => call(own, own),
            (None, Some("without manifest")) => {
                json!({ "identifier": own, "apiName": "a", "arguments": "{}" })
            }
            (None, Some("with indexUrl")) => {
                // The runner's own, so that what comes to the plugin is the call alone.
                let manifest = documents::served(&documents::manifest(own, PLUGIN));
                let index = documents::served(&documents::index(own, &manifest));
                json!({ "identifier": own, "apiName": "a", "arguments": "{}", "indexUrl": index })
            }
            (None, Some(body)) => {
                let names = Regex::new(r"^identifier (\S+?), manifest\.identifier (\S+)$")
                    .expect("cannot fail because it is a constant");
                let found = names.captures(body).ok_or_else(|| Unrun::words("body", body))?;
                call(&found[1], &found[2])
            }
            (Some(_), Some(body)) => return Err(Unrun::words("body", body)),
        };
        if let Some(path) = input["path"].as_str() {
            path.clone_into(&mut request.path);
        }
        if let Some(tool) = input["mcp_tool"].as_str() {
            let params = json!({ "name": tool, "arguments": {} });
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
            request = Self::to_mcp(message).with_key(SECRET);
        }
        Ok(request)
    }

    /// Adds a header.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Brings a key.
    pub(super) fn with_key(self, key: &str) -> Self {
        self.with("Authorization", &format!("Bearer {key}"))
    }

    /// Returns whether it goes by HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        self.authority.is_some()
    }

    /// Writes it; the connection is kept where that is asked.
    pub(super) fn to_bytes(&self, connection: &str) -> Vec<u8> {
        let Self { method, path, host, headers, body, .. } = self;
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: {connection}\r\n{headers}Content-Length: \
             {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// Sends it.
    pub(super) async fn send(&self, gateway: &Gateway) -> Answer {
        exchange(gateway, &self.to_bytes("close")).await
    }

    /// Sends it by HTTP/2, with a `Host` beside the pseudo header.
    pub(super) async fn send_http2(&self, gateway: &Gateway) -> Result<Answer> {
        let (mut client, connection) = h2::client::handshake(wire::connect(gateway.address).await?).await?;
        let driver = tokio::spawn(connection);
        let authority = self.authority.as_deref().context("it goes by HTTP/2")?;
        let mut request =
            http::Request::builder().method("POST").uri(format!("http://{authority}{}", self.path));
        // Where a vector names none, the pseudo header is all.
        let host = Some(("host", &self.host)).filter(|(_, host)| !host.is_empty());
        for (name, value) in host.into_iter().chain(self.headers.iter().map(|(name, value)| (&**name, value)))
        {
            request = request.header(name, value);
        }
        let (response, mut body) = client.send_request(request.body(())?, false)?;
        body.send_data(Bytes::from(self.body.to_string()), true)?;
        let response = tokio::time::timeout(PATIENCE, response).await??;
        let (status, mut stream) = (response.status().as_u16(), response.into_body());
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.data().await {
            bytes.extend_from_slice(&chunk?);
        }
        driver.abort();
        Ok(Answer { status, body: bytes, ..Answer::default() })
    }
}

/// Reads a vector's headers.
pub(super) fn headers(vector: &Vector) -> Result<Vec<(String, String)>, Unrun> {
    let pairs = vector.member("input")["headers"].as_array();
    let text = |pair: &Value, at: usize| pair[at].as_str().map(str::to_owned);
    let read = |pair: &Value| text(pair, 0).zip(text(pair, 1)).ok_or_else(|| Unrun::words("headers", pair));
    pairs.into_iter().flatten().map(read).collect()
}
