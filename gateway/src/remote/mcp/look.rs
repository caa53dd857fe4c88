//! A first look at an MCP server that nobody configured: who it is, and what it lists.

use http::HeaderMap;
use rmcp::model::ServerResult;
use serde_json::{Value, json};
use tokio::time::{Duration, timeout};

use super::connection::{Connection, Entrance};
use super::fault::Fault;
use super::http::Address;
use super::tools;
use crate::outbound::{Outbound, TargetUrl};

/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was seen.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The version of MCP that both speak.
    pub(crate) version: String,
    pub(crate) name: String,
    pub(crate) tools: Vec<SeenTool>,
}

/// A tool, as its list describes it.
#[derive(Debug)]
pub(crate) struct SeenTool {
    pub(crate) name: String,
    /// How long its description is for a model, in bytes: name, description and schema.
    pub(crate) size: usize,
}

/// Asks the server at a URL for all its tools, as they stand in its list: also those that are none. `nextCursor` is there when
/// they are on more pages than one.
pub(crate) async fn list(address: Address) -> Result<Value, String> {
    let connection = connection(address);
    let listed = async {
        let session = connection.session().await?;
        let (mut tools, first) = page(session.list(None).await?)?;
        let mut next = first.clone();
        for _ in 1..tools::MAX_PAGES {
            let Some(cursor) = next else { break };
            let (more, following) = page(session.list(Some(cursor)).await?)?;
            tools.extend(more);
            next = following;
        }
        let mut listed = json!({ "tools": tools });
        if let Some(first) = first {
            listed["nextCursor"] = first.into();
        }
        Ok(listed)
    };
    let listed: Result<Value, Fault> = timeout(PATIENCE, listed).await.unwrap_or(Err(Fault::Late));
    listed.map_err(|fault| fault.to_string())
}

fn page(result: ServerResult) -> Result<(Vec<Value>, Option<String>), Fault> {
    let nonsense = || Fault::Nonsense("a list of tools that is none".to_owned());
    let mut page = match result {
        ServerResult::CustomResult(page) => page.0,
        ServerResult::ListToolsResult(page) => serde_json::to_value(page).map_err(|_| nonsense())?,
        _ => return Err(nonsense()),
    };
    let Some(Value::Array(tools)) = page.get_mut("tools").map(Value::take) else { return Err(nonsense()) };
    Ok((tools, page.get("nextCursor").and_then(Value::as_str).map(str::to_owned)))
}

fn connection(address: Address) -> Connection {
    Connection::new(Entrance::Http(address), PATIENCE)
}

/// Looks at the server at a URL.
pub(crate) async fn look(outbound: &Outbound, url: TargetUrl) -> Result<Seen, Fault> {
    let connection = connection(Address { url, headers: HeaderMap::new(), outbound: outbound.clone() });
    let seen = async {
        let session = connection.session().await?;
        let listed = tools::list(&session, "?").await?.tools;
        let about = session.about();
        let version = about.as_ref().map(|about| about.protocol_version.to_string()).unwrap_or_default();
        let server = about.as_ref().and_then(|about| about.server_info.as_ref());
        let name =
            server.map(|server| server.name.clone()).unwrap_or_else(|| "nobody in particular".to_owned());
        Ok(Seen { version, name, tools: listed.iter().map(seen_tool).collect() })
    };
    timeout(PATIENCE, seen).await.unwrap_or(Err(Fault::Late))
}

fn seen_tool(tool: &rmcp::model::Tool) -> SeenTool {
    let schema = serde_json::to_string(&*tool.input_schema).map_or(0, |text| text.len());
    let description = tool.description.as_deref().map_or(0, str::len);
    SeenTool { name: tool.name.to_string(), size: tool.name.len() + description + schema }
}
