//! `lobe-gateway completions SHELL`: what a shell needs to complete the command line.

use clap::{Arg, ArgMatches, value_parser};
use clap_complete::Shell;

use super::{Command, NAME, Subcommand};

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "completions", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway completions bash > ~/.local/share/bash-completion/completions/lobe-gateway
  lobe-gateway completions zsh  > ~/.zfunc/_lobe-gateway
  lobe-gateway completions fish > ~/.config/fish/completions/lobe-gateway.fish";

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Write a shell's completions of this command line to stdout")
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .value_parser(value_parser!(Shell))
                .required(true)
                .help("Shell to write them for"),
        )
        .after_help(EXAMPLES)
}

fn read(matches: &ArgMatches) -> Command {
    let shell: Shell = *matches.get_one("shell").expect("cannot fail because it is required");
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut super::command(), NAME, &mut text);
    if shell == Shell::Bash {
        text = with_one_spelling(&String::from_utf8_lossy(&text)).into_bytes();
    }
    Command::Print(text)
}

/// clap_complete 4.6 writes the hyphen of a program's name in two ways, and so nothing but the first word is completed.
fn with_one_spelling(script: &str) -> String {
    script.replace(&NAME.replace('-', "__subcmd__"), &NAME.replace('-', "__"))
}
