//! LobeHub from 2.1.48 on: its server is an MCP client.

use super::browser::MANY_TOOLS;
use super::report::Report;
use super::subject::Subject;
use crate::outbound::Outbound;
use crate::remote::mcp::{self, Seen};

/// What LobeHub's name for a tool may have of letters of its identifier and its own, before one of them becomes a hash.
const LONGEST_JOINED: usize = 52;
/// About how many letters of a schema make a token.
const LETTERS_OF_A_TOKEN: usize = 4;
/// What a list of tools may cost of a model's attention before that is worth a word, in tokens.
const MANY_TOKENS: usize = 10_000;

/// Examines the MCP server. Returns whether there is one.
pub(super) async fn examine(
    outbound: &Outbound,
    subject: &Subject,
    identifier: Option<&str>,
    report: &mut Report,
) -> bool {
    report.section("LobeHub 2.1.48 and later, and other MCP clients");
    let url = subject.below("/mcp");
    let seen = match subject.url("/mcp") {
        Ok(target) => mcp::look(outbound, target).await,
        Err(fault) => Err(fault.to_string()),
    };
    match seen {
        Ok(seen) => {
            report.good(format!("{url} speaks MCP {}, as {}", seen.version, seen.name));
            tools(&seen, identifier, report);
            true
        }
        Err(why) => {
            report.wrong(format!("{url} cannot be used: {why}"));
            false
        }
    }
}

fn tools(seen: &Seen, identifier: Option<&str>, report: &mut Report) {
    let tokens = |letters: usize| letters.div_ceil(LETTERS_OF_A_TOKEN);
    let all: usize = seen.tools.iter().map(|tool| tokens(tool.size)).sum();
    match seen.tools.len() {
        0 => report.wrong("it lists no tools"),
        many if many > MANY_TOOLS => {
            report.note(format!(
                "{many} tools, about {all} tokens: models choose worse among more than {MANY_TOOLS}"
            ));
        }
        number => {
            let tools = if number == 1 { "tool" } else { "tools" };
            report.good(format!("{number} {tools}, about {all} tokens"));
        }
    }
    if all > MANY_TOKENS {
        report.note("every conversation pays for that: shorten descriptions, or leave tools out");
    }
    for tool in &seen.tools {
        let joined = identifier.map_or(0, str::len) + tool.name.len();
        let is_plain = tool.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if joined > LONGEST_JOINED || !is_plain {
            report.note(format!(
                "`{}` is too long with its plugin's name, or has other letters than [a-zA-Z0-9_-]: the model sees a hash",
                tool.name
            ));
        }
    }
}
