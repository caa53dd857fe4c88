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
  my-plugin manifest | lobe-gateway check -

Exit codes:
  0  LobeChat takes it; there may be warnings
  1  it has faults
  2  the arguments are wrong, or it cannot be read";

/// What `check` was asked for.
pub(crate) struct CheckOptions {
    /// A file, a URL, or `-`.
    pub(crate) document: String,
    pub(crate) kind: Option<Kind>,
    pub(crate) json: bool,
}

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Judge a manifest, a market index or an OpenAPI document as LobeChat would, and say what breaks models")
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
            flag("json").help("Write what was found as JSON"),
        ])
        .after_help(EXAMPLES)
}

fn read(matches: &ArgMatches) -> Command {
    let kind = matches.get_one::<String>("kind");
    Command::Check(CheckOptions {
        document: matches.get_one::<String>("document").cloned().expect("cannot fail because it is required"),
        kind: kind.and_then(|name| Kind::ALL.into_iter().find(|kind| kind.name() == name)),
        json: matches.get_flag("json"),
    })
}
