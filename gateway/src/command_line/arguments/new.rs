//! `lobe-gateway new`: what was asked for.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, value_parser};
use lobe_plugin_sdk::name;

use super::{Command, Subcommand};

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "new", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway new weather
  lobe-gateway new weather --to plugins/weather";

/// What `new` was asked for.
pub(crate) struct NewOptions {
    pub(crate) name: String,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) checkout: Option<PathBuf>,
}

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Begin a plugin in Rust, with tests that pass")
        .args([
            Arg::new("name")
                .value_name("NAME")
                .required(true)
                .value_parser(package_name)
                .help("Name of the plugin and of its package, such as weather"),
            Arg::new("to")
                .long("to")
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("Folder to write to [default: one of that name]"),
            Arg::new("path")
                .long("path")
                .value_name("CHECKOUT")
                .value_parser(value_parser!(PathBuf))
                .help("Use the crates of this checkout of lobe-plugin-rs [default: the one that this program was built in, else those that are released]"),
        ])
        .after_help(EXAMPLES)
}

/// Reads a name that is both a plugin's identifier and a package's.
fn package_name(text: &str) -> Result<String, String> {
    if let Some(fault) = name::fault(text) {
        return Err(fault.to_string());
    }
    if !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err("a package's name begins with a letter".to_owned());
    }
    if ["test", "plugin", "core", "std", "self", "super", "crate"].contains(&text) {
        return Err("Rust has that name already".to_owned());
    }
    Ok(text.to_owned())
}

fn read(matches: &ArgMatches) -> Command {
    let name = matches.get_one::<String>("name").cloned();
    Command::New(NewOptions {
        name: name.expect("cannot fail because it is required"),
        folder: matches.get_one("to").cloned(),
        checkout: matches.get_one("path").cloned(),
    })
}
