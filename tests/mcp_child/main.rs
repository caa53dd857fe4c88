//! An MCP server on standard input and output that can be told to behave badly: by its tools, and by the word that it is
//! started with.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "it speaks on standard output, and ends when it cannot"
)]

use std::io::{BufRead, Write};
use std::time::Duration;

use serde_json::{Value, json};

fn main() {
    let manner = std::env::args().nth(1).unwrap_or_default();
    println!("Welcome! This is no message.");
    eprintln!("started with {} arguments\u{1b}[31m", std::env::args().count() - 1);
    let mut tools = vec![
        "echo",
        "environment",
        "picture",
        "both",
        "value",
        "fail",
        "refuse",
        "sleep",
        "freeze",
        "die",
        "flood",
        "line",
        "mumble",
        "grow",
    ];
    if manner == "mute" {
        std::thread::sleep(Duration::from_secs(3600));
    }
    for line in std::io::stdin().lock().lines() {
        let Ok(message) = serde_json::from_str::<Value>(&line.unwrap()) else { continue };
        let Some(id) = message.get("id").filter(|_| message.get("method").is_some()) else { continue };
        match answer(&message, &mut tools, &manner) {
            Ok(result) => say(&json!({ "jsonrpc": "2.0", "id": id, "result": result })),
            Err((code, text)) => {
                say(&json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": text } }));
            }
        }
    }
}

fn say(message: &Value) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{message}").unwrap();
    out.flush().unwrap();
}

fn answer(message: &Value, tools: &mut Vec<&str>, manner: &str) -> Result<Value, (i32, String)> {
    let about = json!({ "name": "child", "title": "A child", "version": "7.0.0" });
    match message["method"].as_str().unwrap() {
        "server/discover" if manner == "newer" => Ok(json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} },
            "ttlMs": 0, "cacheScope": "private", "_meta": { "io.modelcontextprotocol/serverInfo": about },
        })),
        // As servers do that were made before there was such a question.
        "server/discover" if manner == "shy" => std::process::exit(3),
        "initialize" if manner != "newer" => Ok(json!({
            "protocolVersion": message["params"]["protocolVersion"], "capabilities": { "tools": { "listChanged": true } },
            "serverInfo": about, "instructions": "Ask the child.",
        })),
        "tools/list" => {
            let tools = tools.iter().map(|name| {
                json!({
                    "name": name, "description": format!("Does {name}."), "inputSchema": { "type": "object" },
                })
            });
            Ok(
                json!({ "resultType": "complete", "tools": tools.collect::<Vec<_>>(), "ttlMs": 0, "cacheScope": "private" }),
            )
        }
        "tools/call" => call(&message["params"], tools),
        other => Err((-32601, format!("no method {other}"))),
    }
}

fn call(params: &Value, tools: &mut Vec<&str>) -> Result<Value, (i32, String)> {
    let text = |text: &str| json!({ "type": "text", "text": text });
    let picture = json!({ "type": "image", "data": "iVBORw==", "mimeType": "image/png" });
    let content = |blocks: Vec<Value>| Ok(json!({ "resultType": "complete", "content": blocks }));
    match params["name"].as_str().unwrap() {
        "echo" => content(vec![text(&params["arguments"].to_string())]),
        "environment" => {
            let mut names: Vec<_> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
            names.sort();
            content(vec![text(&names.join("\n"))])
        }
        "picture" => content(vec![picture]),
        "both" => content(vec![text("Look:"), picture]),
        "value" => Ok(json!({ "resultType": "complete", "content": [], "structuredContent": { "sum": 3 } })),
        "fail" => {
            Ok(json!({ "resultType": "complete", "content": [text("the shelf is empty")], "isError": true }))
        }
        "refuse" => Err((-32602, "there is no such shelf".to_owned())),
        "sleep" => {
            std::thread::sleep(Duration::from_secs(2));
            content(vec![text("slept")])
        }
        "freeze" => loop {
            std::thread::sleep(Duration::from_secs(3600));
        },
        "die" => std::process::exit(1),
        "flood" => loop {
            println!("no message, again and again and again");
        },
        "line" => loop {
            let _ = std::io::stdout().write_all(b"{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        },
        "mumble" => {
            println!(
                "{{\"jsonrpc\":\"1.0\",\"what\":\"is this\"}}\n[7]\n{{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{{}}}}\n{{{{"
            );
            content(vec![text("mumbled")])
        }
        "grow" => {
            tools.push("grown");
            say(&json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed" }));
            content(vec![text("grown")])
        }
        "grown" => content(vec![text("I am new")]),
        other => Err((-32602, format!("Unknown tool: {other}"))),
    }
}
