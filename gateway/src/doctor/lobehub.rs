//! LobeHub from 2.1.48 on: its server is an MCP client.

use super::browser::{MANY_TOOLS, counted};
use super::container;
use super::report::Report;
use super::subject::Subject;
use crate::outbound::{Outbound, TargetUrl};
use crate::remote::mcp::{self, Fault, Seen};

/// What LobeHub's name for a tool may have of letters of its identifier and its own, before one of them becomes a hash.
const LONGEST_JOINED: usize = 52;
/// About how many letters of a schema make a token.
const LETTERS_OF_A_TOKEN: usize = 4;
/// What a list of tools may cost of a model's attention before that is worth a word, in tokens.
const MANY_TOKENS: usize = 10_000;

/// Examines the MCP server. Returns where there is one.
pub(super) async fn examine(
    outbound: &Outbound,
    subject: &Subject,
    identifier: Option<&str>,
    report: &mut Report,
) -> Option<String> {
    let title = "LobeHub 2.1.48 and later, and other MCP clients";
    if subject.asks_for_mcp() || subject.asks_for_anything() {
        report.section(title);
    } else {
        report.aside(title);
    }
    let mut said = Vec::new();
    for url in subject.mcp_urls() {
        let Ok(target) = TargetUrl::parse(&url) else { continue };
        match mcp::look(outbound, target).await {
            Ok(seen) => {
                report.good(format!("{url} speaks MCP {}, as {}", seen.version, seen.name));
                tools(&seen, identifier, &url, report);
                return Some(url);
            }
            Err(Fault::Unauthorized) if container::is_forbidden(outbound, &url).await => {
                said.push((url, Fault::Status(403)));
            }
            Err(Fault::Unauthorized) => {
                report.good(format!("{url} asks for authorization, as it may"));
                report.note(format!(
                    "its tools are looked at by `lobe-gateway check --mcp {url} --header 'Authorization: Bearer TOKEN'`"
                ));
                return Some(url);
            }
            Err(fault) => said.push((url, fault)),
        }
    }
    let (url, fault) = said.into_iter().next()?;
    let is_absent = matches!(fault, Fault::Status(404 | 405 | 410 | 501) | Fault::Nonsense(_));
    match fault {
        Fault::Status(status @ (403 | 421)) => report.wrong(format!(
            "{url} refuses requests for the host `{}` (status {status}): {}",
            subject.host(),
            container::let_in(&subject.host())
        )),
        fault if is_absent && !subject.asks_for_mcp() => report.note(format!(
            "no MCP: {url}: {fault}. LobeHub cannot use the server by itself from 2.1.48 on; lobe-gateway in front of it speaks \
             MCP"
        )),
        fault => report.wrong(format!("{url} cannot be used: {fault}")),
    }
    None
}

fn tools(seen: &Seen, identifier: Option<&str>, url: &str, report: &mut Report) {
    let tokens = |letters: usize| letters.div_ceil(LETTERS_OF_A_TOKEN);
    let all: usize = seen.tools.iter().map(|tool| tokens(tool.size)).sum();
    match seen.tools.len() {
        0 => report.wrong("it lists no tools"),
        many if many > MANY_TOOLS => {
            report.note(format!(
                "{many} tools, about {all} tokens: models choose worse among more than {MANY_TOOLS}"
            ));
        }
        number => report.good(format!("{}, about {all} tokens", counted(number, "tool"))),
    }
    if all > MANY_TOKENS {
        report.note("every conversation pays for that: shorten descriptions, or leave tools out");
    }
    for tool in &seen.tools {
        let joined = identifier.map_or(0, str::len) + tool.name.len();
        let is_plain = tool.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if !is_plain {
            report.note(format!(
                "`{}` has other letters than [a-zA-Z0-9_-]: LobeHub shows models a hash in its place",
                tool.name
            ));
        } else if joined > LONGEST_JOINED {
            report.note(format!(
                "`{}` and its plugin's name have {joined} letters: over {LONGEST_JOINED} LobeHub shows models a hash",
                tool.name
            ));
        }
    }
    report.note(format!("`lobe-gateway check --mcp {url}` says what each client makes of each tool"));
}
