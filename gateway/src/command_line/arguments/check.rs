//! `lobe-gateway check`: what was asked for.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Command, Subcommand, flag};
use crate::check::Kind;

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "check", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway check manifest.json
  lobe-gateway check https://plugins.example.org/manifest.json
  lobe-gateway check --json --kind openapi openapi.yaml
  lobe-gateway check --mcp https://tools.example.org/mcp
  lobe-gateway check --mcp --header @token.txt https://tools.example.org/mcp
  my-plugin manifest | lobe-gateway check -

Exit codes:
  0  LobeChat (LobeHub, for an MCP server) takes it; there may be warnings
  1  it has faults
  2  the arguments are wrong, or it cannot be read";

/// What `check` was asked for.
pub(crate) struct CheckOptions {
    /// A file, a URL, or `-`.
    pub(crate) document: String,
    pub(crate) kind: Option<Kind>,
    /// Whether it is the URL of an MCP server, whose tools are judged.
    pub(crate) mcp: bool,
    /// What the server of a URL is sent besides.
    pub(crate) headers: HeaderMap,
    pub(crate) json: bool,
}

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Judge a manifest, a market index, an OpenAPI document or an MCP server's tools as each client would")
        .args([
            Arg::new("document")
                .value_name("FILE|URL")
                .required(true)
                .help("What to judge: a file, a URL (this machine's are open, and the host that is named), or - for stdin"),
            Arg::new("kind")
                .long("kind")
                .value_name("KIND")
                .value_parser(PossibleValuesParser::new(Kind::ALL.map(Kind::name)))
                .help("What it is [default: what it looks like]"),
            flag("mcp").conflicts_with("kind").help("It is the URL of an MCP server: judge the tools that it lists"),
            Arg::new("header")
                .long("header")
                .value_name("NAME: VALUE")
                .value_parser(headers)
                .action(ArgAction::Append)
                .help("Send this header to the server of a URL; @FILE reads lines of them, and keeps a token out of the process list"),
            flag("json").help("Write what was found as JSON"),
        ])
        .after_help(EXAMPLES)
}

fn read(matches: &ArgMatches) -> Command {
    let kind = matches.get_one::<String>("kind");
    Command::Check(CheckOptions {
        document: matches.get_one::<String>("document").cloned().expect("cannot fail because it is required"),
        kind: kind.and_then(|name| Kind::ALL.into_iter().find(|kind| kind.name() == name)),
        mcp: matches.get_flag("mcp"),
        headers: matches.get_many::<HeaderMap>("header").into_iter().flatten().cloned().fold(
            HeaderMap::new(),
            |mut all, more| {
                all.extend(more);
                all
            },
        ),
        json: matches.get_flag("json"),
    })
}

/// Reads `NAME: VALUE`, or the lines of a file in that form. What is wrong is told without the text, which may be secret.
fn headers(text: &str) -> Result<HeaderMap, String> {
    let Some(path) = text.strip_prefix('@') else { return lines(text) };
    lines(&std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?)
}

fn lines(text: &str) -> Result<HeaderMap, String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| header(line).ok_or_else(|| "expected `NAME: VALUE`".to_owned())).collect()
}

fn header(line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':')?;
    let mut value = HeaderValue::try_from(value.trim()).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::try_from(name.trim()).ok()?, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_lines() {
        let read = headers("Authorization: Bearer a:b\n\nX-Key:1").unwrap();
        assert_eq!(read.len(), 2);
        assert!(read["authorization"] == "Bearer a:b" && read["x-key"] == "1");
        for wrong in ["sesame", "no name: sesame", "a: \u{1}sesame"] {
            assert_eq!(headers(wrong).unwrap_err(), "expected `NAME: VALUE`");
        }
        assert!(headers("@/nowhere/sesame").unwrap_err().starts_with("cannot read"));
    }
}
