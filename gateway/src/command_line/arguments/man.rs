//! `lobe-gateway man`: the manual, from the very words of `--help`.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches};
use clap_mangen::Man;

use super::{Command, NAME, SUBCOMMANDS, Subcommand};

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "man", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway man | man -l -
  lobe-gateway man serve > /usr/local/share/man/man1/lobe-gateway-serve.1";

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Write a page of the manual to stdout, as roff")
        .arg(
            Arg::new("subcommand")
                .value_name("COMMAND")
                .value_parser(PossibleValuesParser::new(SUBCOMMANDS.iter().map(|subcommand| subcommand.name)))
                .hide_possible_values(true)
                .help("Subcommand that the page is about; without one it is about the whole program"),
        )
        .after_help(EXAMPLES)
}

fn read(matches: &ArgMatches) -> Command {
    let whole = super::command();
    let page = match matches.get_one::<String>("subcommand") {
        Some(name) => {
            let part = whole.find_subcommand(name).cloned().expect("cannot fail because clap knows the name");
            Man::new(part.bin_name(format!("{NAME} {name}")).display_name(format!("{NAME}-{name}")))
        }
        None => Man::new(whole),
    };
    let mut text = Vec::new();
    page.render(&mut text).expect("cannot fail because it is written to memory");
    Command::Print(with_headings(&String::from_utf8_lossy(&text)).into_bytes())
}

/// clap_mangen has one heading for all that stands behind the options, and sets it as prose: examples and tables would run
/// into each other.
fn with_headings(page: &str) -> String {
    ["Examples", "Exit codes"].iter().fold(page.to_owned(), |page, heading| {
        page.replace(&format!(".SH EXTRA\n{heading}:\n"), &format!(".SH {}\n.nf\n", heading.to_uppercase()))
    })
}
