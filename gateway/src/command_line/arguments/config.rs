//! `lobe-gateway config`: what of the configuration is to be shown.

use clap::{ArgGroup, ArgMatches};

use super::{Command, Subcommand, flag, serve};

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "config", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway config --print --config /etc/lobe-gateway.toml
  LOBE_GATEWAY_LIMITS__CALL_TIME=10s lobe-gateway config --print --dev
  lobe-gateway config --schema > lobe-gateway.schema.json

A flag goes before the environment, and that before the file. Every key of the file is a variable, too: limits.call_time is
LOBE_GATEWAY_LIMITS__CALL_TIME. LobeChat's PLUGINS_INDEX_URL, PLUGIN_SETTINGS and ACCESS_CODE are understood.
A file that begins with `#:schema ./lobe-gateway.schema.json` is completed and checked by editors.";

/// What of the configuration is to be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// Every value, and where it was said.
    Values,
    /// What a configuration file may hold, for editors.
    Schema,
}

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Show how serve would understand its configuration, or what one may hold")
        .arg(
            flag("print")
                .help("Every value and where it comes from: the file, the environment, a flag; no secrets"),
        )
        .arg(flag("schema").help("The JSON Schema of the file, for editors"))
        .group(ArgGroup::new("show").args(["print", "schema"]).required(true))
        .next_help_heading("As for serve")
        .args(serve::arguments())
        .after_help(EXAMPLES)
}

fn read(matches: &ArgMatches) -> Command {
    let show = if matches.get_flag("schema") { Show::Schema } else { Show::Values };
    Command::Config(Box::new(serve::options(matches)), show)
}
