//! `lobe-gateway check`: what was asked for.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches};

use super::{Command, Subcommand, flag};
use crate::check::Kind;

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "check", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway check manifest.json
  lobe-gateway check https://plugins.example.org/manifest.json
  lobe-gateway check --json --kind openapi openapi.yaml
  lobe-gateway check --mcp https://tools.example.org/mcp
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
        json: matches.get_flag("json"),
    })
}
