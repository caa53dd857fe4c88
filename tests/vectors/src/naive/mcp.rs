//! The known-bad gateway as a client of MCP: it hands the caller's headers on, goes wherever an answer leads, fetches whatever
//! looks like a URL, and believes what comes back.

use anyhow::Result;
use regex_lite::Regex;
use serde_json::{Value, json};

use super::client;
use crate::wire::{Answer, response};

/// Calls the tool `a`.
pub(super) async fn call(url: &str, headers: &[(String, String)]) -> Result<Vec<u8>> {
    let greeted = ask(url, headers, "initialize").await?;
    let mut headers = headers.to_vec();
    // As a server would have it that writes headers by hand.
    let session = greeted.header("mcp-session-id").unwrap_or_default().replace(' ', "\r\n");
    headers.push(("Mcp-Session-Id".to_owned(), session));
    explore(&greeted).await;
    explore(&ask(url, &headers, "tools/list").await?).await;
    let called = ask(url, &headers, "tools/call").await?;
    explore(&called).await;
    Ok(response(200, &[], &called.body))
}

async fn ask(url: &str, headers: &[(String, String)], method: &str) -> Result<Answer> {
    let params = json!({ "name": "a", "arguments": {}, "protocolVersion": "2025-11-25" });
    let message: Value = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    client::send("POST", url, headers, message.to_string().as_bytes()).await
}

/// Fetches every URL that an answer names, and those that are named there.
async fn explore(answer: &Answer) {
    for url in urls(answer) {
        if let Ok(found) = client::send("GET", &url, &[], b"").await {
            for further in urls(&found) {
                // Whether anybody is there does not matter to who only looks.
                let _ = client::send("GET", &further, &[], b"").await;
            }
        }
    }
}

fn urls(answer: &Answer) -> Vec<String> {
    let url = Regex::new(r#"https?://[^\s"\\]+"#).expect("cannot fail because it is a constant");
    let everything = answer.everything();
    let text = String::from_utf8_lossy(&everything[..everything.len().min(64 << 10)]);
    url.find_iter(&text).map(|found| found.as_str().to_owned()).collect()
}
