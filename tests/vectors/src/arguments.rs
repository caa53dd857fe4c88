//! What the user typed. clap is named here and nowhere else.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

/// What to do.
pub(crate) enum Task {
    /// Run vectors, each worker in a namespace of its own.
    Run(Options),
    /// Be such a worker.
    Work(Options),
    /// Hold the rule about public addresses against a second one.
    CompareAddresses,
    /// Be a gateway that believes everything.
    ServeNaively(PathBuf),
}

/// Which vectors are run, and against what.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) groups: Vec<String>,
    pub(crate) ids: Vec<String>,
    pub(crate) gateway: PathBuf,
    pub(crate) known_bad: bool,
    pub(crate) long: bool,
}

/// Reads the command line. `Err` is an exit: help was asked for, or a mistake was explained.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Task, ExitCode> {
    let matches = command().try_get_matches_from(arguments).map_err(|error| {
        // clap writes help to stdout and mistakes to stderr; if neither can be written, nobody is there to be told.
        let _ = error.print();
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })?;
    Ok(match matches.subcommand() {
        Some(("serve", serve)) => Task::ServeNaively(path(serve, "config")),
        Some(("addresses", _)) => Task::CompareAddresses,
        Some((_, work)) => Task::Work(options(work)),
        None => Task::Run(options(&matches)),
    })
}

fn command() -> Command {
    let serve = Command::new("serve")
        .about("Serves as a gateway that believes everything")
        // Its value stands in the help, as a gateway that believes everything would have it.
        .arg(Arg::new("setting").long("setting").env("VECTOR_SETTING"))
        .arg(Arg::new("config").long("config").required(true).value_parser(value_parser!(PathBuf)));
    let work =
        choices(Command::new("work").about("Runs what standard input names; started by the runner itself"));
    choices(Command::new("lobe-vectors").about("Holds a gateway against vectors"))
        .subcommand(
            Command::new("addresses")
                .about("Holds the rule about public addresses against a second one, over all of IPv4"),
        )
        .subcommand(serve.hide(true))
        .subcommand(work.hide(true))
}

fn choices(command: Command) -> Command {
    let many = |name: &'static str, value, help| {
        Arg::new(name).long(name).value_name(value).action(ArgAction::Append).help(help)
    };
    let flag = |name: &'static str, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    command
        .arg(
            many("vectors", "FILE", "A file of vectors [default: those of tests/data/vectors]")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(many("group", "NAME", "Only this group, or this suite"))
        .arg(many("id", "ID", "Only this vector"))
        .arg(
            Arg::new("gateway")
                .long("gateway")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .default_value("target/release/lobe-gateway")
                .help("The program to hold against them"),
        )
        .arg(flag(
            "known-bad",
            "Takes a gateway that believes everything instead: every group must find it out",
        ))
        .arg(flag("long", "Runs also what takes more than a minute by itself"))
}

fn options(matches: &ArgMatches) -> Options {
    let texts = |name| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
    let files: Vec<PathBuf> = matches.get_many("vectors").into_iter().flatten().cloned().collect();
    Options {
        files: if files.is_empty() { provided() } else { files },
        groups: texts("group"),
        ids: texts("id"),
        gateway: path(matches, "gateway"),
        known_bad: matches.get_flag("known-bad"),
        long: matches.get_flag("long"),
    }
}

fn provided() -> Vec<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/vectors"));
    ["ssrf", "parse", "upstream", "leak", "overload", "auth", "added"]
        .map(|name| folder.join(name).with_extension("json"))
        .into()
}

fn path(matches: &ArgMatches, name: &str) -> PathBuf {
    matches.get_one::<PathBuf>(name).cloned().expect("cannot fail because it is required or has a default")
}

impl Options {
    /// Returns the arguments for a worker.
    pub(crate) fn for_worker(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> =
            vec!["work".into(), "--gateway".into(), self.gateway.clone().into()];
        for file in &self.files {
            arguments.extend(["--vectors".into(), file.clone().into()]);
        }
        for (flag, set) in [("--known-bad", self.known_bad), ("--long", self.long)] {
            arguments.extend(set.then(|| flag.into()));
        }
        arguments
    }

    /// Returns whether a vector is asked for.
    pub(crate) fn wants(&self, vector: &crate::vector::Vector) -> bool {
        let group = |name: &String| *name == vector.group || name == vector.suite.name();
        (self.groups.is_empty() || self.groups.iter().any(group))
            && (self.ids.is_empty() || self.ids.contains(&vector.id))
    }
}
