//! `lobe-gateway dev`: what was asked for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, value_parser};
use url::Url;

use super::{Command, Subcommand, cors};
use crate::config::web_url;

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "dev", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway dev -- cargo run
  lobe-gateway dev -- uvicorn main:app
  lobe-gateway dev --watch src -- node server.js --port {port}
  lobe-gateway dev --manifest http://localhost:8000/manifest.json
  lobe-gateway dev --openapi http://localhost:8000/openapi.json

The command is started with a free port in PORT (and in the variables that uvicorn, Flask, Spring Boot and ASP.NET read),
and wherever {port} stands in it. It is started again when a file changes that .gitignore does not name, and it ends with
this program, with all that it started.";

/// What `dev` was asked for.
pub(crate) struct DevOptions {
    pub(crate) plugin: PluginAt,
    pub(crate) listen: SocketAddr,
    /// Whether it has to be that port, or another one will do when it is taken.
    pub(crate) insists: bool,
    pub(crate) cors: Vec<String>,
    pub(crate) watch: Vec<PathBuf>,
    pub(crate) ignore: Vec<String>,
}

/// Where the plugin that is worked on is to be found.
pub(crate) enum PluginAt {
    /// Its manifest stands there, or its OpenAPI document.
    Document(Url),
    /// This command serves it, on the port that it is given, or else at `at`.
    Command { line: Vec<String>, at: Option<Url> },
}

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Work on a plugin in any language: run it, watch it, and put it in front of LobeChat")
        .args(arguments())
        .group(ArgGroup::new("plugin").args(["manifest", "openapi", "command"]).required(true))
        .after_help(EXAMPLES)
}

fn arguments() -> [Arg; 8] {
    [
        Arg::new("manifest")
            .long("manifest")
            .value_name("URL")
            .value_parser(web_url)
            .help("Manifest of a plugin that runs already"),
        Arg::new("openapi")
            .long("openapi")
            .value_name("URL")
            .value_parser(web_url)
            .help("OpenAPI document of a service that runs already"),
        Arg::new("command")
            .value_name("COMMAND")
            .num_args(1..)
            .last(true)
            .help("Command that serves the plugin, after --"),
        Arg::new("at")
            .long("at")
            .value_name("URL")
            .value_parser(web_url)
            .conflicts_with_all(["manifest", "openapi"])
            .help("Where the command serves, when it is neither told the port nor says its own"),
        Arg::new("port")
            .long("port")
            .value_name("PORT")
            .value_parser(value_parser!(u16))
            .help("Port for LobeChat; 0 takes any free one [default: 3500, or the next that is free]"),
        cors(
            "Web page origin that may call besides those of this machine, such as https://chat.example.org; * for all",
        ),
        Arg::new("watch")
            .long("watch")
            .value_name("PATH")
            .action(ArgAction::Append)
            .value_parser(value_parser!(PathBuf))
            .help("File or folder whose changes start the command again [default: the current folder]"),
        Arg::new("ignore")
            .long("ignore")
            .value_name("GLOB")
            .action(ArgAction::Append)
            .help("Files whose changes do not, beside those that .gitignore names, such as '*.csv'"),
    ]
}

fn read(matches: &ArgMatches) -> Command {
    let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
    let document = matches.get_one::<Url>("manifest").or(matches.get_one("openapi"));
    let plugin = match document {
        Some(url) => PluginAt::Document(url.clone()),
        None => PluginAt::Command { line: texts("command"), at: matches.get_one("at").cloned() },
    };
    let port = matches.get_one::<u16>("port").copied();
    Command::Dev(Box::new(DevOptions {
        plugin,
        listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port.unwrap_or(3500)),
        insists: port.is_some(),
        cors: texts("cors"),
        watch: matches.get_many("watch").into_iter().flatten().cloned().collect(),
        ignore: texts("ignore"),
    }))
}
