//! The tools that a model is shown, whatever document they come from.

use serde_json::{Value, json};

use super::clients::Client;
use super::{Remark, Remarks};
use crate::json::pointer;
use crate::name::{self, NameFault};

/// The number of tools from which on models choose worse, and some clients cut the list.
const MANY_TOOLS: usize = 20;

/// How many letters of JSON are about a token; models differ.
const LETTERS_PER_TOKEN: usize = 4;

/// Describes a tool as a model is shown it, and where each part of it stands in the document.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tool<'document> {
    /// Its name.
    pub name: &'document str,
    /// What it is for.
    pub description: &'document str,
    /// JSON Schema of its arguments.
    pub input: &'document Value,
    /// JSON Schema of its answers, where there is one.
    pub output: Option<&'document Value>,
    /// Where it stands, as a JSON Pointer.
    place: String,
    /// Under what names its parts stand there.
    parts: Parts,
}

#[derive(Clone, Copy, Debug)]
enum Parts {
    Manifest,
    Mcp,
    /// They do not: they are made of what does.
    Made,
}

impl<'document> Tool<'document> {
    /// Takes an item of a manifest's `api`.
    #[must_use]
    pub fn of_manifest(index: usize, api: &'document Value) -> Self {
        Self::found(api, "parameters", None, format!("/api/{index}"), Parts::Manifest)
    }

    /// Takes an item of the `tools` that an MCP server lists.
    #[must_use]
    pub fn of_mcp(index: usize, tool: &'document Value) -> Self {
        Self::found(tool, "inputSchema", tool.get("outputSchema"), format!("/tools/{index}"), Parts::Mcp)
    }

    /// Takes what a client makes of a place in a document, such as an operation of OpenAPI, in the form of an item of a
    /// manifest's `api`.
    #[must_use]
    pub fn made_of(place: String, api: &'document Value) -> Self {
        Self::found(api, "parameters", None, place, Parts::Made)
    }

    fn found(
        value: &'document Value,
        input: &str,
        output: Option<&'document Value>,
        place: String,
        parts: Parts,
    ) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default();
        Self {
            name: text("name"),
            description: text("description"),
            input: &value[input],
            output,
            place,
            parts,
        }
    }

    /// Estimates how many tokens a model reads about it, in every request.
    #[must_use]
    pub fn tokens(&self) -> usize {
        let Self { name, description, input, .. } = self;
        let shown = json!({"type": "function", "function": {"name": name, "description": description, "parameters": input}});
        shown.to_string().chars().count().div_ceil(LETTERS_PER_TOKEN)
    }

    fn place_of(&self, manifest: &str, mcp: &str) -> String {
        match self.parts {
            Parts::Manifest => format!("{}/{manifest}", self.place),
            Parts::Mcp => format!("{}/{mcp}", self.place),
            Parts::Made => self.place.clone(),
        }
    }

    /// Returns the list that it is in.
    fn list(&self) -> &str {
        match self.parts {
            Parts::Manifest | Parts::Mcp => self.place.rsplit_once('/').map_or("", |(list, _)| list),
            Parts::Made => "",
        }
    }

    /// Returns the place of a part of a schema, and what to say before what is said of it.
    fn within(&self, schema: &str, inner: &str) -> (String, String) {
        match self.parts {
            Parts::Made if !inner.is_empty() => {
                (schema.to_owned(), format!("{inner} in the schema made of it: "))
            }
            Parts::Manifest | Parts::Mcp | Parts::Made => (format!("{schema}{inner}"), String::new()),
        }
    }
}

/// Judges the tools of a plugin, as every client that is known would: names, descriptions, schemas, how many they are.
#[must_use]
pub fn tools(identifier: &str, tools: &[Tool<'_>]) -> Vec<Remark> {
    let mut remarks = Remarks::default();
    if tools.len() > MANY_TOOLS {
        let text = format!(
            "{} operations: models choose worse from more than {MANY_TOOLS}: split the plugin",
            tools.len()
        );
        remarks.warn(tools[0].list(), text);
    }
    for (index, tool) in tools.iter().enumerate() {
        names(identifier, tool, &mut remarks);
        let place = tool.place_of("name", "name");
        if tools[..index].iter().any(|earlier| earlier.name == tool.name) {
            remarks.error(
                &place,
                format!("`{}` is the name of an earlier one, too: rename one of them", tool.name),
            );
        }
        if tool.description.trim().is_empty() {
            let text =
                "models choose by it: say what it does (with the SDK, in a doc comment on the function)";
            remarks.warn(&tool.place_of("description", "description"), text);
        }
        properties(tool, &mut remarks);
        refusals(tool, &mut remarks);
    }
    words(tools, &mut remarks);
    strict_modes(tools, &mut remarks);
    remarks.0
}

/// Judges a tool's name: by itself, and as the clients of LobeHub join it to the identifier.
fn names(identifier: &str, tool: &Tool<'_>, remarks: &mut Remarks) {
    let place = tool.place_of("name", "name");
    // What else a name of ours must be is no matter for a tool of MCP: neither `__` nor 41 letters break any client.
    let is_fatal =
        |fault| matches!(fault, NameFault::Empty | NameFault::ForbiddenLetter) || tool.name.contains("____");
    if !matches!(tool.parts, Parts::Mcp) || name::fault(tool.name).is_some_and(is_fatal) {
        remarks.name(&place, tool.name);
    }
    let joined = identifier.len() + tool.name.len();
    if joined > name::MAX_JOINED_LENGTH {
        let (name, most) = (tool.name, name::MAX_JOINED_LENGTH);
        // A server of MCP has the name that LobeHub's user gives it.
        let found = match identifier {
            "" => format!("`{name}` has {joined} letters"),
            _ => format!("`{identifier}` and `{name}` have {joined} letters together"),
        };
        let text =
            format!("{found}: over {most} LobeHub shows models a hash instead of the name: shorten one");
        remarks.warn(&place, text);
    }
    let apart = kebab(tool.name);
    let (taken, meant) = (effect(tool.name), effect(&apart));
    if taken != meant {
        let text = format!(
            "LobeHub 2.x sorts tools by whole words: this one it takes for one that {taken}s, and `{apart}` for one that {meant}s"
        );
        remarks.note(&place, text);
    }
}

/// Returns what LobeHub's settings page takes a tool of this name to do. A word ends where something else than a letter, a
/// digit or `_` stands
/// (<https://github.com/lobehub/lobehub/blob/79b317bc364dca471d8352266535cdbb173046bc/src/libs/mcp/utils.ts>).
fn effect(name: &str) -> &'static str {
    const EFFECTS: [(&str, &[&str]); 3] = [
        ("delete", &["clear", "delete", "destroy", "drop", "purge", "remove", "uninstall", "unlink"]),
        ("update", &["change", "edit", "modify", "move", "patch", "rename", "set", "update"]),
        (
            "read",
            &[
                "check", "count", "describe", "extract", "fetch", "find", "get", "list", "query", "read",
                "search", "show", "view",
            ],
        ),
    ];
    let name = name.to_lowercase();
    let ends = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
    let has = |words: &[&str]| name.split(ends).any(|word| words.contains(&word));
    EFFECTS.iter().find(|(_, words)| has(words)).map_or("write", |(effect, _)| effect)
}

/// Writes a name's words apart: `getWeather` and `get_weather` as `get-weather`.
fn kebab(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && after_small {
            words.push('-');
        }
        words.push(if letter == '_' { '-' } else { letter.to_ascii_lowercase() });
        after_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    words
}

/// Says of which arguments a model would have to guess what they mean.
fn properties(tool: &Tool<'_>, remarks: &mut Remarks) {
    let schema = tool.place_of("parameters", "inputSchema");
    for (name, property) in tool.input["properties"].as_object().into_iter().flatten() {
        let (place, lead) = tool.within(&schema, &format!("/properties{}", pointer(name)));
        if property["description"].as_str().is_none_or(str::is_empty) {
            let text = format!(
                "{lead}models guess what it means: describe it (with the SDK, in a doc comment on the parameter)"
            );
            remarks.warn(&place, text);
        }
        if ["$ref", "anyOf", "enum", "oneOf", "type"].iter().all(|keyword| property.get(keyword).is_none()) {
            remarks.warn(
                &place,
                format!("{lead}it may be anything, and some models refuse that: give it a type"),
            );
        }
    }
}

/// Says what clients refuse that nobody asked for: one remark for each thing, with all who mind it.
fn refusals(tool: &Tool<'_>, remarks: &mut Remarks) {
    let mut found: Vec<(String, String, Vec<&str>)> = Vec::new();
    let mut add = |schema: &str, client: Client, judged: &Value| {
        for objection in client.objections(judged) {
            let (place, lead) = tool.within(schema, &objection.place);
            let text = format!("{lead}{}: {}", objection.found, objection.instead);
            match found.iter_mut().find(|(where_, what, _)| *where_ == place && *what == text) {
                Some((_, _, clients)) => clients.push(client.name()),
                None => found.push((place, text, vec![client.name()])),
            }
        }
    };
    let input = tool.place_of("parameters", "inputSchema");
    for client in Client::OF_TOOLS.into_iter().filter(|client| !client.is_strict()) {
        add(&input, client, tool.input);
    }
    if let Some(output) = tool.output {
        add(&tool.place_of("", "outputSchema"), Client::TypescriptMcp, output);
    }
    for (place, text, clients) in found {
        remarks.warn(&place, format!("{} would refuse {text}", clients.join(", ")));
    }
}

/// Says how much of every request the tools are.
fn words(tools: &[Tool<'_>], remarks: &mut Remarks) {
    let Some(first) = tools.first() else { return };
    let all: usize = tools.iter().map(Tool::tokens).sum();
    remarks.note(first.list(), format!("the model reads about {all} tokens of it in every request"));
}

/// Says in one remark what a mode that has to be asked for would refuse.
fn strict_modes(tools: &[Tool<'_>], remarks: &mut Remarks) {
    for client in Client::OF_TOOLS.into_iter().filter(|client| client.is_strict()) {
        let refused: Vec<_> = tools
            .iter()
            .filter_map(|tool| Some((tool, client.objections(tool.input).into_iter().next()?)))
            .collect();
        let Some((tool, first)) = refused.first() else { continue };
        let (place, lead) = tool.within(&tool.place_of("parameters", "inputSchema"), &first.place);
        let text = format!(
            "{client} would refuse {} of {} operations, this one for {lead}{}: it matters only where that is asked for (a \
             manifest made with the SDK has it in the profile `{}`)",
            refused.len(),
            tools.len(),
            first.found,
            if client == Client::OpenAiStrict { "openai-strict" } else { "gemini" },
        );
        remarks.note(&place, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(tool: &Value) -> Vec<String> {
        tools("shop", &[Tool::of_mcp(0, tool)]).iter().map(Remark::to_string).collect()
    }

    #[test]
    fn what_breaks_for_whom_is_said_once() {
        let tool = json!({
            "name": "buy", "description": "Buy.",
            "inputSchema": {"type": "object", "properties": {"list": {"type": "array", "description": "What."}}},
            "outputSchema": {"type": "string"},
        });
        let remarks = judged(&tool);
        assert_eq!(
            remarks[..2],
            [
                "warning: /tools/0/inputSchema/properties/list: OpenAI, Gemini would refuse a list without `items`: say in \
                 `items` what is in it, as one schema",
                "warning: /tools/0/outputSchema: the TypeScript SDK of MCP, version 1 would refuse a root that is no object: \
                 write `\"type\": \"object\"`",
            ],
        );
    }

    #[test]
    fn what_is_made_of_a_place_is_found_there() {
        let api = json!({"name": "a", "description": "b", "parameters": {
            "type": "object", "properties": {"c": {"description": "d"}}}});
        let remarks = tools("shop", &[Tool::made_of("/paths/~1a/get".to_owned(), &api)]);
        assert_eq!(remarks[0].place, "/paths/~1a/get");
        assert_eq!(
            remarks[0].text,
            "/properties/c in the schema made of it: it may be anything, and some models refuse that: give it a type",
        );
    }

    #[test]
    fn words_are_whole_for_lobehub() {
        let check = |name: &str, taken, meant| {
            assert_eq!((effect(name), effect(&kebab(name))), (taken, meant), "{name}")
        };
        check("get-weather", "read", "read");
        check("get_weather", "write", "read");
        check("getWeather", "write", "read");
        check("buy_shoes", "write", "write");
        check("deleteUser", "write", "delete");
        check("set.list", "update", "update");
        check("weather", "write", "write");
    }

    #[test]
    fn tokens_are_counted_by_letters() {
        let api = json!({"name": "a", "description": "x".repeat(400), "parameters": {}});
        assert!((100..140).contains(&Tool::of_manifest(0, &api).tokens()));
    }
}
