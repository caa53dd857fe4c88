//! An MCP server that is well, less what a vector's words say of it: the fixture behind the carrier `mcp_url`.

use std::sync::atomic::{AtomicUsize, Ordering};

use regex_lite::Regex;
use serde_json::{Value, json};

use crate::gateway::config::MCP;
use crate::verdict::Unrun;
use crate::wire::response;
use crate::world::journal::Received;

/// Where the server of a vector is that names no URL of its own.
pub(super) const SERVER: &str = "https://public.vec.test/mcp";

/// The payload of a call of its tool.
pub(super) fn payload() -> Value {
    json!({ "identifier": MCP, "apiName": "a", "arguments": "{}" })
}

/// Ends a header line, and begins another.
const LINE_END: &str = "\\r\\n";

/// The server: each member is what it does otherwise.
#[derive(Debug, Default)]
pub(super) struct Server {
    /// Members of its tool `a`.
    tool: Value,
    /// Members of what a call is answered.
    result: Value,
    /// The header line that names the session.
    session: Option<String>,
    /// It asks for a token, and says that this authorization server makes them.
    authorization_server: Option<String>,
    /// It speaks the protocol of 2024-11-05 alone, and says that messages are posted here.
    endpoint: Option<String>,
    /// What it asks its client before it answers a call.
    asks: Option<Value>,
    /// What stands in the metadata of its authorization server.
    metadata: Value,
    /// Where it says that its own metadata is.
    resource_metadata: Option<String>,
    /// Members of how it presents itself.
    info: Value,
    /// What a call is answered, byte for byte, from the second call on.
    answer: Option<Vec<u8>>,
    calls: AtomicUsize,
}

impl Server {
    /// Reads the words of a vector about an MCP server; nothing where they are a URL.
    pub(super) fn of(words: &str) -> Result<Option<Self>, Unrun> {
        let found = |pattern: &str| {
            let pattern = Regex::new(pattern).expect("cannot fail because it is a constant");
            pattern.captures(words).map(|found| found[1].to_owned())
        };
        let schema =
            |text: String| serde_json::from_str::<Value>(&text).map_err(|_| Unrun::words("schema", text));
        let mut server = Self::default();
        if let Some(issuer) = found(r"authorization_servers \[(\S+)\]") {
            server.authorization_server = Some(issuer);
        } else if let Some(endpoint) = found(r"endpoint(?: event)? data: (\S+)") {
            server.endpoint = Some(endpoint);
        } else if let Some(input) = found(r"inputSchema (\{.*\})") {
            server.tool = json!({ "inputSchema": schema(input)? });
        } else if let Some(output) = found(r"outputSchema (\{.*\})") {
            server.tool = json!({ "outputSchema": schema(output)? });
        } else if let Some(icon) = found(r"icon src (\S+)") {
            server.tool = json!({ "icons": [{ "src": icon }] });
        } else if let Some(url) = found(r#"resource_metadata="?([^\s"]+)"#) {
            server.resource_metadata = Some(url);
        } else if let Some(endpoint) = found(
            r"\b((?:token|authorization|registration|introspection|revocation|userinfo)_endpoint|jwks_uri)\b",
        ) {
            let url = found(r"(https?://\S+)").ok_or_else(|| Unrun::words("url", words))?;
            server.authorization_server = Some("https://public.vec.test".to_owned());
            server.metadata = json!({ "issuer": "https://public.vec.test", endpoint: url });
        } else if let Some(kind) = found(r"(?i)\b(elicitation|sampling|roots)\b") {
            server.asks = Some(asked(&kind.to_ascii_lowercase(), found(r"(\w+://\S+)").as_deref()));
        } else if let Some(uri) = found(r"(?i)embedded resource\D* (\S+:\S+)") {
            let resource = json!({ "uri": uri, "mimeType": "text/plain", "text": "embedded" });
            server.result = json!({ "content": [{ "type": "resource", "resource": resource }] });
        } else if let Some(url) = found(r"(?i)(?:image|audio) (?:url|uri|src) (\S+:\S+)") {
            let image = json!({ "type": "image", "data": "AAAA", "mimeType": "image/png", "url": url });
            server.result = json!({ "content": [image] });
        } else if let Some(url) = found(r"(?i)(?:website ?url|serverinfo)\D* (\S+:\S+)") {
            server.info = json!({ "websiteUrl": url, "icons": [{ "src": url }] });
        } else if let Some(url) = found(r"(?i)_meta\b.* (\S+:\S+)") {
            server.tool = json!({ "_meta": { "ui": { "resourceUri": url } } });
        } else if let Some(length) = found(r"(?i)session id of (\d+)") {
            server.session = Some("s".repeat(length.parse().map_err(|_| Unrun::words("url", words))?));
        } else if let Some(uri) = found(r"resource[_ ]link\D* (\w+://\S+)") {
            server.result = json!({ "content": [{ "type": "resource_link", "name": "link", "uri": uri }] });
        } else if let Some(session) = found(r"^Mcp-Session-Id: (.*?)(?: from server.*)?$") {
            // The end of a line in a value: a line that goes on, as HTTP once had it.
            server.session = Some(session.replace(LINE_END, "\r\n "));
        } else if Regex::new(
            r"^\s*(?:(?:npx|uvx|docker|node|python3?|sh|bash|cmd) |/|\{|[A-Za-z][A-Za-z0-9+.-]*:)",
        )
        .is_ok_and(|scheme| scheme.is_match(words))
        {
            return Ok(None);
        } else {
            return Err(Unrun::words("url", words));
        }
        Ok(Some(server))
    }

    /// Answers calls with these bytes, after the first one.
    pub(super) fn answering(answer: Vec<u8>) -> Self {
        Self { answer: Some(answer), ..Self::default() }
    }

    /// Answers a request.
    pub(super) fn answer(&self, received: &Received) -> Vec<u8> {
        if received.method() != "POST" {
            return self.answer_get(received);
        }
        let message: Value = serde_json::from_slice(&received.message.body).unwrap_or_default();
        if let Some(line) = self.refusal(received) {
            return response(
                if self.endpoint.is_some() { 405 } else { 401 },
                &[("WWW-Authenticate", &line)],
                b"",
            );
        }
        let (id, method) = (&message["id"], message["method"].as_str().unwrap_or_default());
        if id.is_null() {
            return response(202, &[], b"");
        }
        let result = match method {
            "initialize" => json!({
                "protocolVersion": "2025-11-25",
                "capabilities": { "tools": {} },
                "serverInfo": with(json!({ "name": "fixture", "version": "1" }), &self.info),
            }),
            "tools/list" => json!({ "tools": [with(tool(), &self.tool)] }),
            "tools/call" => match &self.answer {
                Some(answer) if self.calls.fetch_add(1, Ordering::SeqCst) > 0 => return said(answer, id),
                _ => with(json!({ "content": [{ "type": "text", "text": "ok" }] }), &self.result),
            },
            _ => {
                let error = json!({ "code": -32601, "message": "no such method" });
                return written(&json!({ "jsonrpc": "2.0", "id": id, "error": error }), None);
            }
        };
        if let Some(asked) = self.asks.as_ref().filter(|_| method == "tools/call") {
            let answer = json!({ "jsonrpc": "2.0", "id": id, "result": result });
            let events = format!("data: {asked}\n\ndata: {answer}\n\n");
            return response(200, &[("Content-Type", "text/event-stream")], events.as_bytes());
        }
        let session = self.session.as_deref().filter(|_| method == "initialize");
        written(&json!({ "jsonrpc": "2.0", "id": id, "result": result }), session)
    }

    fn refusal(&self, received: &Received) -> Option<String> {
        if self.endpoint.is_some() {
            return Some("Bearer".to_owned());
        }
        if let Some(url) = &self.resource_metadata {
            return Some(format!("Bearer resource_metadata=\"{url}\""));
        }
        self.authorization_server.as_ref()?;
        let host = received.host();
        Some(format!("Bearer resource_metadata=\"https://{host}/.well-known/oauth-protected-resource\""))
    }

    fn answer_get(&self, received: &Received) -> Vec<u8> {
        let is_metadata = received.target().contains("/.well-known/");
        match (&self.endpoint, &self.authorization_server) {
            (Some(endpoint), _) => {
                let event = format!("event: endpoint\ndata: {endpoint}\n\n");
                response(200, &[("Content-Type", "text/event-stream")], event.as_bytes())
            }
            (None, Some(_)) if received.target().contains("/oauth-authorization-server") => {
                response(200, &[("Content-Type", "application/json")], self.metadata.to_string().as_bytes())
            }
            (None, Some(issuer)) if is_metadata => {
                let metadata = json!({ "resource": SERVER, "authorization_servers": [issuer] });
                response(200, &[("Content-Type", "application/json")], metadata.to_string().as_bytes())
            }
            _ => response(405, &[], b""),
        }
    }
}

/// Returns what a gateway asked for besides, leaving out the handshakes before a call: requests of one kind to the same
/// place, and their connections, are one.
pub(super) fn without_handshakes(mut seen: crate::world::journal::Seen) -> crate::world::journal::Seen {
    let mut places = Vec::new();
    seen.requests.reverse();
    seen.requests.retain(|request| {
        let place = (request.destination, request.host().to_owned(), request.target().to_owned());
        let is_new = !places.contains(&place);
        places.push(place);
        is_new
    });
    seen.requests.reverse();
    seen.connections.sort_by_key(|connection| std::cmp::Reverse(connection.clear_bytes));
    let mut destinations = Vec::new();
    seen.connections.retain(|connection| {
        let is_new = !destinations.contains(&connection.destination);
        destinations.push(connection.destination);
        is_new
    });
    seen
}

/// What a server may ask its client in the middle of a call.
fn asked(kind: &str, url: Option<&str>) -> Value {
    let (method, params) = match kind {
        "elicitation" => {
            let params = json!({ "mode": "url", "message": "go there", "url": url, "elicitationId": "e" });
            ("elicitation/create", params)
        }
        "sampling" => ("sampling/createMessage", json!({ "messages": [], "maxTokens": 1 })),
        _ => ("roots/list", json!({})),
    };
    json!({ "jsonrpc": "2.0", "id": 99, "method": method, "params": params })
}

fn tool() -> Value {
    json!({ "name": "a", "description": "d", "inputSchema": { "type": "object", "properties": {} } })
}

fn with(mut whole: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().into_iter().flatten() {
        whole[name] = value.clone();
    }
    whole
}

fn written(message: &Value, session: Option<&str>) -> Vec<u8> {
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(session.map(|session| ("Mcp-Session-Id", session)));
    response(200, &headers, message.to_string().as_bytes())
}

/// Answers with a vector's bytes. Its number 1 stands for the request's; and where it only asks or tells, what was asked for
/// follows.
fn said(answer: &[u8], id: &Value) -> Vec<u8> {
    let begins = [&b"data"[..], b"event", b"id:", b"retry", b":", b"\xef\xbb\xbfdata"];
    let is_stream = begins.iter().any(|begin| answer.starts_with(begin));
    let kind = if is_stream { "text/event-stream" } else { "application/json" };
    let text = std::str::from_utf8(answer).ok().filter(|text| text.len() < 64 << 10);
    let Some(text) = text else { return response(200, &[("Content-Type", kind)], answer) };
    let own = Regex::new(r#""id":\s*1\s*([,}])"#).expect("cannot fail because it is a constant");
    let renumbered = |text: &str| own.replace_all(text, format!("\"id\":{id}$1")).into_owned();
    let answers = |text: &str| text.contains("\"result\"") || text.contains("\"error\"");
    let text = if !text.contains("\"method\"") {
        renumbered(text)
    } else if answers(text) {
        // Lines that ask or tell keep their own numbers.
        let line = |line: &str| if answers(line) { renumbered(line) } else { line.to_owned() };
        text.split_inclusive('\n').map(line).collect()
    } else {
        let result = json!({ "content": [{ "text": "ok", "type": "text" }] });
        format!("{text}data: {}\n\n", json!({ "jsonrpc": "2.0", "id": id, "result": result }))
    };
    response(200, &[("Content-Type", kind)], text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_servers_are_understood() {
        for words in [
            "mcp protected-resource metadata with authorization_servers [http://169.254.169.254/]",
            "legacy SSE stream sends event: endpoint data: http://127.0.0.1:18080/messages",
            r#"tools/list inputSchema {"$ref":"http://127.0.0.1:18080/s.json"}"#,
            "tool icon src http://127.0.0.1:18080/i.png",
            "tool result with resource_link http://127.0.0.1:18080/r",
            "elicitation/create url http://127.0.0.1:18080/e",
            "authorization server metadata with token_endpoint http://127.0.0.1:18080/token",
            r#"401 with WWW-Authenticate resource_metadata="http://127.0.0.1:18080/""#,
            "tool result with embedded resource uri http://127.0.0.1:18080/r",
            "resource_link file:///etc/passwd",
            "legacy SSE endpoint event data: http://127.0.0.1:18080/messages",
            r"Mcp-Session-Id: x\r\nX-Injected: 1 from server, echoed by client",
        ] {
            assert!(Server::of(words).unwrap().is_some(), "{words}");
        }
        assert!(Server::of("http://127.0.0.1:18080/mcp").unwrap().is_none());
        assert!(Server::of("stdio:npx -y evil").unwrap().is_none());
        assert!(Server::of("a server that sings").is_err());
    }

    #[test]
    fn a_vectors_number_is_the_requests() {
        let check = |answer: &str, expected: &str| {
            let said = String::from_utf8(said(answer.as_bytes(), &json!(7))).unwrap();
            assert!(said.ends_with(expected), "{said}");
        };
        check("data: {\"id\":1,\"result\":{}}\n\n", "data: {\"id\":7,\"result\":{}}\n\n");
        check("data: {\"id\":12}\n\n", "data: {\"id\":12}\n\n");
        check(
            "data: {\"method\":\"ping\",\"id\":1}\n\ndata: {\"id\":1,\"result\":{}}\n\n",
            "data: {\"method\":\"ping\",\"id\":1}\n\ndata: {\"id\":7,\"result\":{}}\n\n",
        );
        check(
            "data: {\"id\":1,\"method\":\"ping\"}\n\n",
            "\"result\":{\"content\":[{\"text\":\"ok\",\"type\":\"text\"}]}}\n\n",
        );
    }
}
