//! `lobe-gateway doctor`: whom to look at.

use clap::{Arg, ArgMatches};

use super::{Command, Subcommand};

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "doctor", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway doctor http://127.0.0.1:3400
  lobe-gateway doctor https://plugins.example.org/plugins/weather/mcp --page https://chat.example.org

Exit code 1 says that something will not work for one of the clients.";

/// Whom to look at, and from where.
pub(crate) struct DoctorOptions {
    pub(crate) address: String,
    pub(crate) page: String,
}

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Look at a plugin's server the way each client would, and say which address to paste where")
        .args([
            Arg::new("address")
                .value_name("URL")
                .required(true)
                .help("The server, or its manifest or MCP endpoint"),
            Arg::new("page")
                .long("page")
                .value_name("ORIGIN")
                .value_parser(super::page_origin)
                .default_value("http://localhost:3210")
                .help("Origin of the page that LobeChat is on"),
        ])
        .after_help(EXAMPLES)
}

fn read(matches: &ArgMatches) -> Command {
    let text = |name: &str| {
        matches.get_one::<String>(name).cloned().expect("cannot fail because it is always there")
    };
    Command::Doctor(DoctorOptions { address: text("address"), page: text("page") })
}
