//! `lobe-gateway doctor`: whom to look at.

use clap::{Arg, ArgAction, ArgMatches};

use super::{Command, Subcommand};

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "doctor", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway doctor http://127.0.0.1:3400
  lobe-gateway doctor https://plugins.example.org/plugins/weather/mcp --page https://chat.example.org

Exit code 0: what the server offers works. 1: something of it will not, for one of the clients; or what the URL names is not
there. What stands in the way of clients in containers counts with `--containers` only.";

/// Whom to look at, and from where.
pub(crate) struct DoctorOptions {
    pub(crate) address: String,
    pub(crate) page: String,
    /// Whether clients run in containers on this machine.
    pub(crate) in_containers: bool,
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
            Arg::new("containers")
                .long("containers")
                .action(ArgAction::SetTrue)
                .help("Clients run in containers on this machine: what stands in their way is a failure"),
        ])
        .after_help(EXAMPLES)
}

fn read(matches: &ArgMatches) -> Command {
    let text = |name: &str| {
        matches.get_one::<String>(name).cloned().expect("cannot fail because it is always there")
    };
    let in_containers = matches.get_flag("containers");
    Command::Doctor(DoctorOptions { address: text("address"), page: text("page"), in_containers })
}
