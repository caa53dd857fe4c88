//! What a server says of itself, and what a client says once and for all.

use std::borrow::Cow;

use rmcp::model::{CacheScope, InitializeResult, ProtocolVersion, ServerCapabilities, ToolsCapability};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::era::{self, Era};
use super::super::message::{self, Fault, Request};
use super::super::tools::Visitor;
use super::{Answered, Freshness, McpServer, Told};
use crate::client::LogLevel;

impl McpServer {
    pub(super) async fn initialize(
        &self,
        request: &Request<'_>,
        visitor: &Visitor,
    ) -> Result<Answered, Fault> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Params {
            protocol_version: String,
            #[serde(default)]
            capabilities: Value,
        }
        let Params { protocol_version, capabilities } = request.params()?;
        let mut result = InitializeResult::new(self.capabilities(Era::Legacy))
            .with_protocol_version(era::negotiate(&protocol_version))
            .with_server_info(self.information.clone());
        result.instructions.clone_from(&self.instructions);
        let may_ask = !self.handlers.is_empty()
            || self.provider.tools(visitor).await.iter().any(|tool| tool.operation().is_watched());
        let told = Some(Told::Capabilities { capabilities, matter: may_ask });
        Ok(Answered { told, ..Answered::text(200, message::write_result(request.id, &result)) })
    }

    pub(super) fn discover(&self, request: &Request<'_>) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Discovered<'a> {
            supported_versions: Vec<ProtocolVersion>,
            capabilities: ServerCapabilities,
            #[serde(skip_serializing_if = "Option::is_none")]
            instructions: Option<&'a str>,
            #[serde(flatten)]
            freshness: Freshness,
        }
        let discovered = Discovered {
            supported_versions: era::supported(),
            capabilities: self.capabilities(Era::Modern),
            instructions: self.instructions.as_deref(),
            freshness: Freshness::of(CacheScope::Public),
        };
        self.write(request, Era::Modern, &discovered)
    }

    fn capabilities(&self, era: Era) -> ServerCapabilities {
        let mut capabilities = ServerCapabilities::default();
        capabilities.tools = Some(ToolsCapability::default());
        capabilities.logging = Some(Map::new());
        self.handlers.declare(&mut capabilities, era);
        capabilities
    }
}

pub(super) fn set_level(request: &Request<'_>) -> Result<Answered, Fault> {
    #[derive(Deserialize)]
    struct Params<'a> {
        #[serde(borrow)]
        level: Cow<'a, str>,
    }
    let Params { level } = request.params()?;
    let level =
        LogLevel::named(&level).ok_or_else(|| Fault::params("`level` is to be one of RFC 5424's: `info`"))?;
    let text = message::write_result(request.id, &json!({}));
    Ok(Answered { told: Some(Told::LogLevel(level)), ..Answered::text(200, text) })
}
