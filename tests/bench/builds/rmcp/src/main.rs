//! The smallest MCP server over Streamable HTTP.
#![allow(dead_code)]

use rmcp::handler::server::wrapper::Parameters;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::{ServerHandler, tool, tool_handler, tool_router};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct Greeting {
    /// Who is greeted.
    name: String,
    // one more field
}

#[derive(Clone)]
struct Hello;

#[tool_router]
impl Hello {
    /// Greet somebody.
    #[tool]
    async fn greet(&self, Parameters(greeting): Parameters<Greeting>) -> String {
        format!("hello, {}!", greeting.name)
    }
}

#[tool_handler]
impl ServerHandler for Hello {}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let service =
        StreamableHttpService::new(|| Ok(Hello), LocalSessionManager::default().into(), Default::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await
}
