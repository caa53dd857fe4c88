//! `lobe-gateway keys`: what was asked for.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches};

use super::{Command, Subcommand, flag, path};
use crate::config::{parse_duration, scope_word};

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "keys", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway keys create --keys keys.toml --name alice --expires 90d
  lobe-gateway keys create --keys keys.toml --plugins weather,search --no-manifests --no-indexes
  lobe-gateway keys list --config /etc/lobe-gateway.toml
  lobe-gateway keys rotate s0pY3uQd --keys keys.toml --overlap 1h
  lobe-gateway keys revoke s0pY3uQd --keys keys.toml

A key is written alone to stdout, once; the file holds its digest. A running gateway hears of changes within a second.";

/// What `keys` was asked for.
pub(crate) struct KeysOptions {
    /// The file of keys, as typed.
    pub(crate) file: Option<PathBuf>,
    /// The configuration that names it otherwise.
    pub(crate) config: Option<PathBuf>,
    pub(crate) deed: Deed,
}

/// What to do with the keys.
pub(crate) enum Deed {
    Create(NewKey),
    List { json: bool },
    Rotate { id: String, overlap: Duration },
    Revoke { id: String },
}

/// What a new key is to be.
pub(crate) struct NewKey {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) expires: Option<Duration>,
    pub(crate) plugins: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) manifests: bool,
    pub(crate) indexes: bool,
    pub(crate) in_query: bool,
}

fn describe(command: clap::Command) -> clap::Command {
    let id =
        || Arg::new("id").value_name("ID").required(true).help("What stands between `lgw_` and the next `_`");
    let verb = |name: &'static str, about: &'static str| clap::Command::new(name).about(about);
    command
        .about("Make, list, renew and revoke the keys of callers")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .args([
            path("keys", "File of keys").global(true),
            path("config", "Configuration whose `auth.keys` names that file").global(true),
        ])
        .subcommands([
            verb("create", "Make a key, and show it this once").args(of_new_key()),
            verb("list", "Show what is known of the keys; never a key").arg(flag("json").help("As JSON")),
            verb("rotate", "Make a key like another one, which stays good for a while")
                .args([id(), duration("overlap", "How long both are good").default_value("24h")]),
            verb("revoke", "Make a key worthless at once").arg(id()),
        ])
        .after_help(EXAMPLES)
}

fn of_new_key() -> [Arg; 8] {
    let text = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    [
        text("name", "NAME").help("Whose it is: what the log and the plugins know its owner by"),
        text("id", "ID").help("What stands between `lgw_` and the next `_` [default: random]"),
        duration("expires", "How long it is good [default: for ever]"),
        text("plugins", "ID,..")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .help("The plugins it is for [default: all]"),
        text("scopes", "SCOPE,..")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .value_parser(scope_word)
            .help("The scopes its owner has, for what is kept for some [default: none]"),
        flag("no-manifests").help("Let its owner bring no manifests"),
        flag("no-indexes").help("Let its owner name no market indexes"),
        flag("in-query").requires("plugins").help(
            "Let it stand in the query of the gateway's URL, for LobeChat 1.x: URLs are easily seen, so it is the weaker \
             choice",
        ),
    ]
}

fn duration(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("TIME").value_parser(parse_duration).help(help)
}

fn read(matches: &ArgMatches) -> Command {
    let (verb, of_verb) = matches.subcommand().expect("cannot fail because a subcommand is required");
    let id = || of_verb.get_one::<String>("id").cloned();
    let needed = || id().expect("cannot fail because it is required");
    let time = |name| of_verb.get_one::<Duration>(name).copied();
    let deed = match verb {
        "create" => Deed::Create(NewKey {
            id: id(),
            name: of_verb.get_one("name").cloned().unwrap_or_default(),
            expires: time("expires"),
            plugins: of_verb.get_many("plugins").into_iter().flatten().cloned().collect(),
            scopes: of_verb.get_many("scopes").into_iter().flatten().cloned().collect(),
            manifests: !of_verb.get_flag("no-manifests"),
            indexes: !of_verb.get_flag("no-indexes"),
            in_query: of_verb.get_flag("in-query"),
        }),
        "rotate" => Deed::Rotate { id: needed(), overlap: time("overlap").unwrap_or_default() },
        "revoke" => Deed::Revoke { id: needed() },
        _ => Deed::List { json: of_verb.get_flag("json") },
    };
    Command::Keys(KeysOptions {
        file: of_verb.get_one("keys").cloned(),
        config: of_verb.get_one("config").cloned(),
        deed,
    })
}
