//! The request that every server is asked, and the one answer that is right.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;

use lobe_plugin_sdk::{BaseUrl, Site};
use serde_json::{Value, json};

use crate::servers::Contender;

/// The answer's body, spelled out so that no code under test has a say in it.
pub(crate) const ANSWER: &str = concat!(
    r#"{"mood":"happy","clothes":["#,
    r#"{"name":"Yellow shirt","description":"as bright as the day"},"#,
    r#"{"name":"Linen trousers","description":"light, and nothing that rubs"}]}"#,
);

/// How large LobeChat's copy of the manifest is: that of a plugin with a handful of operations.
pub(crate) const MANIFEST_BYTES: usize = 4096;

/// One `POST`.
pub(crate) struct Request {
    pub(crate) path: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: String,
    pub(crate) expects: Expects,
}

/// What a right answer's body is.
#[derive(Clone, Copy)]
pub(crate) enum Expects {
    /// This, byte for byte.
    Whole(&'static str),
    /// Something with this in it.
    Part(&'static str),
}

impl Expects {
    fn admits(self, body: &str) -> bool {
        match self {
            Self::Whole(whole) => body == whole,
            Self::Part(part) => body.contains(part),
        }
    }
}

impl Request {
    pub(crate) fn to(contender: Contender) -> Self {
        let arguments = json!({ "mood": "happy", "gender": "man" }).to_string();
        match contender {
            Contender::Axum | Contender::Sdk => Self {
                path: "/api/recommend_clothes",
                headers: &[("Content-Type", "application/json")],
                body: arguments,
                expects: Expects::Whole(ANSWER),
            },
            Contender::Gateway => Self {
                path: "/api/gateway",
                headers: &[("Content-Type", "text/plain;charset=UTF-8"), ("X-Lobe-Plugin-Settings", "{}")],
                body: payload(&arguments),
                expects: Expects::Whole(ANSWER),
            },
        }
    }
}

/// Writes what LobeChat posts to a gateway: the model's arguments as a string, and the whole manifest with them.
fn payload(arguments: &str) -> String {
    let members = [
        format!(r#""apiName":"recommend_clothes","arguments":{}"#, Value::from(arguments)),
        r#""id":"call_3fKqW0sVZtPp2bQx7yLmN8aD","identifier":"clothes","type":"default""#.to_owned(),
        format!(r#""manifest":{}"#, manifest()),
    ];
    format!("{{{}}}", members.join(","))
}

fn manifest() -> String {
    let home = BaseUrl::parse("http://127.0.0.1:3400").expect("cannot fail because it is a base URL");
    let site = Site::at(home).behind_gateway("http://127.0.0.1:3400/api/gateway");
    let manifest = clothes::clothes::plugin().manifest_json(&site);
    let mut manifest: Value =
        serde_json::from_str(&manifest).expect("cannot fail because a manifest is JSON");
    manifest["systemRole"] = "".into();
    let padding = MANIFEST_BYTES.saturating_sub(manifest.to_string().len());
    manifest["systemRole"] =
        "Recommend what suits the mood. ".chars().cycle().take(padding).collect::<String>().into();
    manifest.to_string()
}

/// The headers of a call over MCP in the older era.
pub(crate) const LEGACY: [(&str, &str); 3] = [
    ("Content-Type", "application/json"),
    ("Accept", "application/json, text/event-stream"),
    ("MCP-Protocol-Version", "2025-11-25"),
];

/// Returns those of the newer era, which names the tool once more.
pub(crate) const fn modern(tool: &'static str) -> [(&'static str, &'static str); 5] {
    [
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("MCP-Protocol-Version", "2026-07-28"),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", tool),
    ]
}

/// What a call of the newer era says of its client, behind other parameters.
pub(crate) const META: &str = concat!(
    r#","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#,
    r#""io.modelcontextprotocol/clientCapabilities":{},"#,
    r#""io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"}}"#,
);

/// Asks once, and compares the answer: a quick server with a wrong answer is no server.
pub(crate) fn check(server: &str, request: &Request, port: u16) -> Result<(), Box<dyn Error>> {
    let answer = ask(request, port)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.starts_with("HTTP/1.1 200 ") && request.expects.admits(body) {
        return Ok(());
    }
    Err(format!("{server} does not answer as it should:\n{answer}").into())
}

fn ask(request: &Request, port: u16) -> std::io::Result<String> {
    let Request { path, headers, body, .. } = request;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
