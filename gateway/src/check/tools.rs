//! A list of tools, as an MCP server answers `tools/list`: what each client makes of it.

use lobe_plugin_sdk::check::{self, Client, Remark, Severity, Tool};
use serde_json::Value;

use super::{Judged, ToolSize};

pub(super) fn judge(document: &Value) -> Judged {
    let listed = document["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    let tools: Vec<Tool<'_>> =
        listed.iter().enumerate().map(|(index, tool)| Tool::of_mcp(index, tool)).collect();
    let mut remarks: Vec<Remark> =
        tools.iter().enumerate().flat_map(|(index, tool)| fatal(index, tool)).collect();
    remarks.extend(check::tools("", &tools));
    remarks.iter_mut().for_each(|remark| name_tool(remark, &tools));
    if tools.is_empty() {
        remarks.push(Remark::new(Severity::Error, "/tools", "there is nothing to call: list a tool"));
    }
    if document.get("nextCursor").is_some() {
        let text = "LobeHub reads the first page of a list only, and takes what is on another for absent: list all on one";
        remarks.push(Remark::new(Severity::Warning, "/nextCursor", text));
    }
    Judged { remarks, tools: tools.iter().map(ToolSize::of).collect() }
}

/// Says for what LobeHub's client throws the whole list away, and shows a server without a tool.
fn fatal(index: usize, tool: &Tool<'_>) -> Vec<Remark> {
    const STRICT: Client = Client::TypescriptMcp;
    let schemas = [("inputSchema", Some(tool.input)), ("outputSchema", tool.output)];
    let judged = schemas.into_iter().filter_map(|(part, schema)| Some((part, STRICT.objections(schema?))));
    let objections = judged.flat_map(|(part, objections)| objections.into_iter().map(move |one| (part, one)));
    let remark = |(part, one): (&str, check::Objection)| {
        let place = format!("/tools/{index}/{part}{}", one.place);
        let text = format!(
            "LobeHub shows no tool of the server at all, since {STRICT} refuses the list for {}: {}",
            one.found, one.instead
        );
        Remark::new(Severity::Error, place, text)
    };
    objections.map(remark).collect()
}

/// Says which tool a remark is about: in a list that was never a file, nobody counts to the seventh.
fn name_tool(remark: &mut Remark, tools: &[Tool<'_>]) {
    let index = remark.place.strip_prefix("/tools/").and_then(|rest| rest.split('/').next()?.parse().ok());
    let Some(tool) = index.and_then(|index: usize| tools.get(index)) else { return };
    let name = format!("`{}`", tool.name);
    if !tool.name.is_empty() && !remark.text.contains(&name) {
        remark.text = format!("{name}: {}", remark.text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(name: &str, schema: &Value) -> Value {
        json!({ "name": name, "description": "Does it.", "inputSchema": schema })
    }

    #[test]
    fn each_tool_is_judged_as_each_client_would() {
        let document = json!({ "tools": [
            tool("fine", &json!({ "type": "object", "properties": {} })),
            tool("loose", &json!({ "type": "object", "properties": { "any": true } })),
            tool("either", &json!({ "type": "object", "anyOf": [{ "type": "object" }] })),
        ] });
        let Judged { remarks, tools } = judge(&document);
        let said = |client: &str, place: &str| {
            let found = remarks.iter().find(|remark| remark.place == place && remark.text.contains(client));
            found.unwrap_or_else(|| panic!("nothing of {client} at {place}: {remarks:#?}"));
        };
        said("no tool of the server at all", "/tools/1/inputSchema/properties/any");
        let errors = remarks.iter().filter(|remark| remark.severity == Severity::Error).count();
        assert_eq!(errors, 1, "{remarks:#?}");
        said("Anthropic", "/tools/2/inputSchema");
        let is_fine =
            |remark: &Remark| remark.severity == Severity::Note || !remark.place.starts_with("/tools/0/");
        assert!(remarks.iter().all(is_fine), "{remarks:#?}");
        assert!(remarks.iter().any(|remark| remark.text.starts_with("`loose`: ")), "{remarks:#?}");
        assert_eq!(tools.iter().map(|tool| &*tool.name).collect::<Vec<_>>(), ["fine", "loose", "either"]);
        assert!(tools.iter().all(|tool| tool.tokens > 10));
    }

    #[test]
    fn a_list_may_be_empty_too_long_or_in_pages() {
        let check = |document: Value, place: &str, expected: &str| {
            let remarks = judge(&document).remarks;
            let found = remarks.iter().find(|remark| remark.place == place && remark.text.contains(expected));
            found.unwrap_or_else(|| panic!("{remarks:#?}"));
        };
        check(json!({ "tools": [] }), "/tools", "nothing to call");
        let many: Vec<_> =
            (0..21).map(|index| tool(&format!("tool{index}"), &json!({ "type": "object" }))).collect();
        check(json!({ "tools": many }), "/tools", "more than 20");
        check(json!({ "tools": [], "nextCursor": "2" }), "/nextCursor", "first page");
    }
}
