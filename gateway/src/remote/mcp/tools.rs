//! From the list of a server's tools to a plugin whose operations call them.
//!
//! A list is not thrown away for one tool that is none: that one is left out, and the log says so.

use std::collections::HashSet;
use std::sync::Arc;

use lobe_plugin_sdk::schema::Schema;
use lobe_plugin_sdk::{Call, Operation, Plugin, PluginError, Reply, ReplyDescription, ReplyKind};
use lobe_plugin_sdk::{json, name};
use rmcp::model::{CallToolRequestParams, JsonObject, ServerPeerInfo, ServerResult, Tool};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::answer;
use super::connection::{Connection, Session};
use super::fault::Fault;
use crate::target::{Api, Endpoint, Source, Target};

/// The most pages of a list that are read, and the most tools in all: a model can choose among a few dozen.
pub(super) const MAX_PAGES: usize = 50;
const MAX_TOOLS: usize = 1_000;
/// How many hex digits of a name's hash stand for what was cut off it.
const HASH_DIGITS: usize = 8;

/// The tools of a server, or a page of them.
#[derive(Debug, Default)]
pub(super) struct ToolList {
    pub(super) tools: Vec<Tool>,
    /// How long the server says that it stays true, in milliseconds: servers from 2026-07-28 on do.
    pub(super) lasts: Option<u64>,
    next: Option<String>,
}

/// Asks a server for all its tools.
pub(super) async fn list(session: &Session, plugin: &str) -> Result<ToolList, Fault> {
    let mut listed = read_page(session.list(None).await?, plugin)?;
    for _ in 1..MAX_PAGES {
        let Some(cursor) = listed.next.take() else { break };
        let page = read_page(session.list(Some(cursor)).await?, plugin)?;
        listed.tools.extend(page.tools);
        listed.lasts = listed.lasts.into_iter().chain(page.lasts).min();
        listed.next = page.next;
        if listed.tools.len() > MAX_TOOLS {
            break;
        }
    }
    if listed.tools.len() > MAX_TOOLS {
        tracing::warn!(plugin, "the MCP server has more than {MAX_TOOLS} tools: the others are left out");
        listed.tools.truncate(MAX_TOOLS);
    } else if listed.next.is_some() {
        tracing::warn!(
            plugin,
            "the MCP server's list has more than {MAX_PAGES} pages: the others are left out"
        );
    }
    Ok(listed)
}

/// Reads one page: as a whole, or tool by tool when there is one in it that is none.
fn read_page(result: ServerResult, plugin: &str) -> Result<ToolList, Fault> {
    let mut page = match result {
        ServerResult::ListToolsResult(page) => {
            return Ok(ToolList { tools: page.tools, lasts: page.ttl_ms, next: page.next_cursor });
        }
        ServerResult::CustomResult(page) => page.0,
        _ => return Err(Fault::Nonsense("a list of tools that is none".to_owned())),
    };
    let Some(Value::Array(tools)) = page.get_mut("tools").map(Value::take) else {
        return Err(Fault::Nonsense("a list without tools".to_owned()));
    };
    let read = |tool: Value| {
        let name = tool["name"].as_str().unwrap_or_default().to_owned();
        let read = serde_json::from_value::<Tool>(tool);
        read.inspect_err(
            |error| tracing::warn!(plugin, ?name, %error, "a tool of the MCP server is left out"),
        )
        .ok()
    };
    let next = page.get("nextCursor").and_then(Value::as_str).map(str::to_owned);
    let lasts = page.get("ttlMs").and_then(Value::as_u64);
    Ok(ToolList { tools: tools.into_iter().filter_map(read).collect(), lasts, next })
}

/// Makes a target of what a server says of itself, and of its tools.
pub(super) fn target(
    identifier: &str,
    about: Option<&ServerPeerInfo>,
    tools: Vec<Tool>,
    connection: &Arc<Connection>,
) -> Target {
    let mut plugin = identity(identifier, about);
    let mut apis: Vec<Api> = Vec::with_capacity(tools.len());
    let mut taken = HashSet::with_capacity(tools.len());
    for tool in tools {
        let name = operation_name(&tool.name, &taken);
        taken.insert(name::operation_id(&name));
        let description = json!({
            "description": tool.description.as_deref().unwrap_or_default(),
            "name": name,
            "parameters": parameters(&tool.input_schema),
        });
        apis.push(Api::described(&name, description, Endpoint::Tool));
        plugin = plugin.foreign_operation(operation(name, tool, connection));
    }
    Target::elsewhere(plugin, Source::Operator, None, apis)
}

fn identity(identifier: &str, about: Option<&ServerPeerInfo>) -> Plugin {
    let mut plugin = Plugin::foreign(identifier.to_owned());
    let Some(about) = about else { return plugin };
    if let Some(server) = &about.server_info {
        plugin = plugin
            .title(server.title.as_ref().unwrap_or(&server.name).clone())
            .version(server.version.clone())
            .description(server.description.clone().unwrap_or_default())
            .homepage(server.website_url.clone().unwrap_or_default());
    }
    match &about.instructions {
        Some(instructions) => plugin.system_role(instructions.clone()),
        None => plugin,
    }
}

fn operation(name: String, tool: Tool, connection: &Arc<Connection>) -> Operation {
    let connection = Arc::clone(connection);
    let is_described = tool.output_schema.is_some();
    let reply = match &tool.output_schema {
        Some(schema) => {
            ReplyDescription { kind: ReplyKind::Json, schema: Some(schema_of(schema)), is_paged: false }
        }
        None => ReplyDescription { kind: ReplyKind::Text, schema: None, is_paged: false },
    };
    let tool_name: Arc<str> = tool.name.as_ref().into();
    let operation = Operation::new(name, move |call| {
        run(Arc::clone(&connection), Arc::clone(&tool_name), call, is_described)
    });
    let title = tool.title.or(tool.annotations.and_then(|annotations| annotations.title));
    let operation = match title {
        Some(title) => operation.title(title),
        None => operation,
    };
    operation
        .documented(tool.description.as_deref().unwrap_or_default())
        .parameters(Schema::from_value(Value::Object(parameters(&tool.input_schema))))
        .replies(reply)
}

/// Calls a tool. Nothing of the caller travels on but the arguments.
async fn run(
    connection: Arc<Connection>,
    tool: Arc<str>,
    call: Call,
    is_described: bool,
) -> Result<Reply, PluginError> {
    let mut params = CallToolRequestParams::new(tool.to_string());
    if !call.arguments().text().is_empty() {
        let Ok(Value::Object(arguments)) = json::parse(call.arguments().text()) else {
            return Err(PluginError::bad_arguments("the arguments are no JSON object"));
        };
        params = params.with_arguments(arguments);
    }
    let session = connection.session().await.map_err(Fault::told)?;
    answer::read(session.call(params).await.map_err(Fault::told)?, is_described)
}

/// Returns a tool's schema as LobeChat wants it, which is always an object that has properties.
fn parameters(schema: &JsonObject) -> Map<String, Value> {
    let mut schema = schema.clone();
    schema.entry("type").or_insert_with(|| "object".into());
    schema.entry("properties").or_insert_with(|| json!({}));
    schema
}

fn schema_of(schema: &JsonObject) -> Schema {
    Schema::from_value(Value::Object(schema.clone()))
}

/// Returns what an operation is called: as its tool, where that is a name that every client takes. MCP allows dots,
/// slashes and three times as many letters; what is then cut off or would be there twice is told apart by a hash. `taken`
/// holds what OpenAPI documents call the others.
fn operation_name(tool: &str, taken: &HashSet<String>) -> String {
    let is_free =
        !name::RESERVED_OPERATION_NAMES.contains(&tool) && !taken.contains(&name::operation_id(tool));
    if is_free && name::fault(tool).is_none() {
        return tool.to_owned();
    }
    let digest = Sha256::digest(tool.as_bytes());
    let hash: String = digest.iter().take(HASH_DIGITS / 2).map(|byte| format!("{byte:02x}")).collect();
    let plain = tool.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut short = plain.collect::<Vec<_>>().join("_");
    short.truncate(name::MAX_NAME_LENGTH - HASH_DIGITS - 1);
    format!("{}_{hash}", short.trim_end_matches('_')).trim_start_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_every_client_takes_stay_and_others_get_a_hash() {
        let check = |tool: &str, beginning: &str, length: usize| {
            let name = operation_name(tool, &HashSet::new());
            assert!(name.starts_with(beginning), "{name}");
            assert_eq!((name.len(), name::fault(&name)), (length, None), "{name}");
        };
        check("get-weather", "get-weather", 11);
        check("get_weather", "get_weather", 11);
        // printf files.read | sha256sum
        check("files.read", "files_read_601e4eb6", 19);
        check("a__b", "a_b_", 12);
        check("天气", "", 8);
        check("gateway", "gateway_", 16);
        check(&"long".repeat(20), "longlonglong", 40);
    }

    #[test]
    fn one_name_is_not_given_twice() {
        let taken = HashSet::from([name::operation_id("get-weather")]);
        assert_ne!(operation_name("get_weather", &taken), "get_weather");
        assert_ne!(operation_name("get-weather", &taken), "get-weather");
    }

    #[test]
    fn a_tool_that_is_none_is_left_out_and_the_others_stay() {
        let good = json!({ "name": "a", "inputSchema": { "type": "object" } });
        let page = json!({ "tools": [good, { "name": "b", "inputSchema": true }, 7], "nextCursor": "2" });
        let result: ServerResult = serde_json::from_value(page).unwrap();
        let ToolList { tools, next, .. } = read_page(result, "p").unwrap();
        let names: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
        assert_eq!((&names[..], next.as_deref()), (&["a"][..], Some("2")));
    }

    #[test]
    fn schemas_always_have_properties() {
        let check = |schema: Value, expected: Value| {
            let Value::Object(schema) = schema else { panic!("an object") };
            assert_eq!(Value::Object(parameters(&schema)), expected);
        };
        check(json!({}), json!({ "type": "object", "properties": {} }));
        check(json!({ "type": "object" }), json!({ "type": "object", "properties": {} }));
    }
}
