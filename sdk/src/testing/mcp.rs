//! A client of `POST /mcp`, in either era of the protocol.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use serde_json::{Value, json};

use super::client::{TestAnswer, TestCall, TestClient, TestFuture};
use super::local::LocalServer;
use crate::plugin::Plugin;

/// The revision of the protocol that needs no greeting.
const MODERN: &str = "2026-07-28";

/// Calls tools at an MCP door: over Streamable HTTP, without a session, as a client that can be asked nothing and wants the
/// answer only.
#[derive(Clone, Debug)]
pub struct McpClient {
    server: LocalServer,
    path: String,
    is_modern: bool,
}

impl McpClient {
    /// Calls a plugin, as clients of the revisions up to 2025-11-25 do: LobeHub is one.
    ///
    /// # Panics
    ///
    /// As [`HttpDoor::router`](crate::serve::HttpDoor::router).
    #[must_use]
    pub fn of(plugin: &Plugin) -> Self {
        Self::at(LocalServer::of(plugin.router::<()>()), "/mcp")
    }

    /// Calls the MCP server at a path, such as `/plugins/clothes/mcp`.
    pub fn at(server: LocalServer, path: impl Into<String>) -> Self {
        Self { server, path: path.into(), is_modern: false }
    }

    /// Speaks 2026-07-28, in which every request stands by itself.
    #[must_use]
    pub fn modern(mut self) -> Self {
        self.is_modern = true;
        self
    }

    /// Lists the tools, as they are described to clients.
    ///
    /// # Panics
    ///
    /// When the answer is no list of tools.
    pub async fn tools(&self) -> Vec<Value> {
        let (_, _, message) = self.request("tools/list", "", "{}", HeaderMap::new()).await;
        match &message["result"]["tools"] {
            Value::Array(tools) => tools.clone(),
            _ => panic!("this is no list of tools: {message}"),
        }
    }

    /// Sends a request whose parameters are an object, and returns status, headers and message of the answer.
    async fn request(
        &self,
        method: &str,
        name: &str,
        params: &str,
        mut headers: HeaderMap,
    ) -> (u16, HeaderMap, Value) {
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json.clone());
        headers.insert(header::ACCEPT, json);
        let meta = if self.is_modern { meta(method, name, &mut headers) } else { json!({}) };
        let separator = if params == "{}" { "" } else { "," };
        let params = format!(r#"{{"_meta":{meta}{separator}{}"#, &params[1..]);
        let method = json!(method);
        // Written by hand, because arguments are to arrive as the test wrote them.
        let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":{method},"params":{params}}}"#);
        let mut request = Request::new(Bytes::from(text));
        *request.method_mut() = http::Method::POST;
        *request.headers_mut() = headers;
        *request.uri_mut() = self.path.parse().unwrap_or_else(|_| panic!("{} is no path", self.path));
        let (head, body) = self.server.send(request).await.into_parts();
        let message = serde_json::from_slice(&body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&body)));
        (head.status.as_u16(), head.headers, message)
    }
}

/// Says of a request what the newer era wants said, in the headers and in the message.
fn meta(method: &str, name: &str, headers: &mut HeaderMap) -> Value {
    let written = |text: &str| HeaderValue::try_from(text).unwrap_or_else(|_| panic!("{text:?} is no name"));
    headers.insert("mcp-protocol-version", HeaderValue::from_static(MODERN));
    headers.insert("mcp-method", written(method));
    if !name.is_empty() {
        headers.insert("mcp-name", written(name));
    }
    json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

impl TestClient for McpClient {
    /// Arguments have to be an object: the protocol cannot carry anything else.
    fn send(&self, call: TestCall) -> TestFuture<'_> {
        Box::pin(async move {
            let name = call.operation();
            let arguments = call.arguments().filter(|text| !text.is_empty());
            let arguments = arguments.map(|text| format!(r#","arguments":{text}"#)).unwrap_or_default();
            let params = format!(r#"{{"name":{}{arguments}}}"#, json!(name));
            let (status, headers, message) =
                self.request("tools/call", name, &params, call.to_headers()).await;
            let (outcome, raw) = read(message);
            TestAnswer { status, headers, outcome, raw }
        })
    }
}

/// Reads what a model is given of an answer, as LobeHub does: the texts in it, with an empty line between them.
fn read(mut message: Value) -> (Result<String, String>, Value) {
    let result = message["result"].take();
    let Some(content) = result["content"].as_array() else {
        // An error of the protocol, or of the door in front of it.
        let words = [&message["error"]["message"], &message["body"]["message"]];
        let words = words.into_iter().find_map(Value::as_str).map(str::to_owned);
        let words = words.unwrap_or_else(|| message.to_string());
        return (Err(words), message);
    };
    let texts: Vec<_> = content.iter().filter_map(|block| block["text"].as_str()).collect();
    let text = texts.join("\n\n");
    (if result["isError"] == true { Err(text) } else { Ok(text) }, result)
}
