//! What the operator typed: a file for each subcommand. clap and its companions are named in this room and nowhere else
//! in this crate.

mod call;
mod check;
mod completions;
mod config;
mod dev;
mod doctor;
mod import;
mod keys;
mod man;
mod new;
mod serve;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use crate::config::is_page_origin;

pub(super) use self::call::{CallOptions, Outcome};
pub(super) use self::check::CheckOptions;
pub(super) use self::config::Show;
pub(super) use self::dev::{DevOptions, PluginAt};
pub(super) use self::doctor::DoctorOptions;
pub(super) use self::import::ImportOptions;
pub(super) use self::keys::{Deed, KeysOptions, NewKey};
pub(super) use self::new::NewOptions;
pub(super) use self::serve::ServeOptions;

const NAME: &str = "lobe-gateway";

const EXIT_CODES: &str = "Exit codes:
  0    done
  1    it failed, and stderr says why
  2    the arguments or the configuration are wrong
  130  a second signal ended it before its calls were done

Colours are for terminals, and NO_COLOR turns them off.";

/// What to do.
pub(super) enum Command {
    Serve(Box<ServeOptions>),
    Keys(KeysOptions),
    Call(Box<CallOptions>),
    Check(CheckOptions),
    Doctor(DoctorOptions),
    Dev(Box<DevOptions>),
    New(NewOptions),
    Import(ImportOptions),
    Config(Box<ServeOptions>, Show),
    /// Write what was asked for to stdout.
    Print(Vec<u8>),
}

/// A word of the command line: how it is explained, and how what follows it is read.
struct Subcommand {
    name: &'static str,
    describe: fn(clap::Command) -> clap::Command,
    read: fn(&ArgMatches) -> Command,
}

/// In the order of `--help`.
const SUBCOMMANDS: &[Subcommand] = &[
    serve::SUBCOMMAND,
    dev::SUBCOMMAND,
    new::SUBCOMMAND,
    import::SUBCOMMAND,
    call::SUBCOMMAND,
    check::SUBCOMMAND,
    config::SUBCOMMAND,
    doctor::SUBCOMMAND,
    keys::SUBCOMMAND,
    completions::SUBCOMMAND,
    man::SUBCOMMAND,
];

/// Reads the command line. `Err` is an exit: help was asked for, or a mistake was explained.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, ExitCode> {
    let matches = command().try_get_matches_from(arguments).map_err(|error| {
        // clap writes help to stdout and mistakes to stderr; if neither can be written, nobody is there to be told.
        let _ = error.print();
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })?;
    let (name, matches) = matches.subcommand().expect("cannot fail because a subcommand is required");
    let asked = SUBCOMMANDS.iter().find(|subcommand| subcommand.name == name);
    let subcommand = asked.expect("cannot fail because clap knows no other subcommand");
    Ok((subcommand.read)(matches))
}

fn command() -> clap::Command {
    let describe = |subcommand: &Subcommand| (subcommand.describe)(clap::Command::new(subcommand.name));
    clap::Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .about("The LobeChat plugin gateway as a server of its own")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .after_help(EXIT_CODES)
        .subcommands(SUBCOMMANDS.iter().map(describe))
}

fn flag(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

fn path(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
}

/// Asks for origins of pages.
fn cors(help: &'static str) -> Arg {
    Arg::new("cors")
        .long("cors")
        .value_name("ORIGIN")
        .action(ArgAction::Append)
        .value_delimiter(',')
        .value_parser(page_origin)
        .help(help)
}

fn page_origin(text: &str) -> Result<String, &'static str> {
    let expected = "an origin is scheme, host and perhaps a port, or * for all";
    if is_page_origin(text) { Ok(text.to_owned()) } else { Err(expected) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_word_is_explained_with_examples() {
        super::command().debug_assert();
        for subcommand in super::command().get_subcommands() {
            let name = subcommand.get_name();
            assert!(subcommand.get_about().is_some(), "{name}");
            let after = subcommand.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.starts_with("Examples:\n  lobe-gateway "), "{name}: {after}");
            assert!(subcommand.get_arguments().all(|argument| argument.get_help().is_some()), "{name}");
        }
    }
}
