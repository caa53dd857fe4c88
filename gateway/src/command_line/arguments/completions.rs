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
    let text = String::from_utf8_lossy(&text);
    Command::Print(match shell {
        Shell::Bash => with_one_spelling(&text).into_bytes(),
        Shell::Fish => (text + &*values_without_flags()).into_owned().into_bytes(),
        _ => text.into_owned().into_bytes(),
    })
}

/// clap_complete 4.6 writes the hyphen of a program's name in two ways, and so nothing but the first word is completed.
fn with_one_spelling(script: &str) -> String {
    script.replace(&NAME.replace('-', "__subcmd__"), &NAME.replace('-', "__"))
}

/// clap_complete 4.6 tells fish nothing of values that stand without a flag, such as the shell here.
fn values_without_flags() -> String {
    let condition = format!("__fish_{}_using_subcommand", NAME.replace('-', "_"));
    let line = |subcommand: &clap::Command, value: &Arg| {
        let values = value.get_possible_values();
        let values: Vec<_> = values.iter().map(|value| value.get_name()).collect();
        let (of, values) = (subcommand.get_name(), values.join(" "));
        format!("complete -c {NAME} -n \"{condition} {of}\" -f -a \"{values}\"\n")
    };
    let command = super::command();
    let lines = command.get_subcommands().flat_map(|subcommand| {
        let chosen = subcommand.get_positionals().filter(|value| !value.get_possible_values().is_empty());
        chosen.map(move |value| line(subcommand, value))
    });
    lines.collect()
}
