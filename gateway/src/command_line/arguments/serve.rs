//! `lobe-gateway serve`: what was asked for.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, value_parser};
use url::Url;

use super::{Command, Subcommand, cors, flag, path};
use crate::command_line::log::Filter;
use crate::config::{Config, web_url};

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "serve", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway serve
  lobe-gateway serve --index https://chat-plugins.lobehub.com --cors https://chat.example.org
  lobe-gateway serve --config /etc/lobe-gateway.toml --admin 127.0.0.1:9091
  lobe-gateway serve --keys keys.toml --listen 0.0.0.0:8080

SIGTERM and Ctrl-C end it when its calls are done; a second one ends it at once.";

/// What `serve` was asked for. Each stands over what the file says.
pub(crate) struct ServeOptions {
    pub(crate) config: Option<PathBuf>,
    pub(crate) log: Filter,
    listen: Option<SocketAddr>,
    index: Option<Url>,
    admin: Option<SocketAddr>,
    cors: Vec<String>,
    keys: Option<PathBuf>,
    dev: bool,
    open: bool,
}

impl ServeOptions {
    /// Puts what was typed over what stands in the file.
    pub(crate) fn put_over(&self, config: &mut Config) {
        config.listen = self.listen.unwrap_or(config.listen);
        config.admin.listen = self.admin.or(config.admin.listen);
        config.index = self.index.clone().or(config.index.take());
        config.cors.extend(self.cors.iter().cloned());
        config.auth.keys = self.keys.clone().or(config.auth.keys.take());
        config.dev |= self.dev;
        config.open |= self.open;
    }
}

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Serve the gateway. What stands here goes before what stands in the file")
        .args(arguments())
        .after_help(EXAMPLES)
}

fn arguments() -> [Arg; 9] {
    [
        path("config", "Configuration, in TOML; without it everything has its default"),
        Arg::new("listen")
            .long("listen")
            .value_name("ADDRESS")
            .value_parser(value_parser!(SocketAddr))
            .help("Address and port for callers [default: 127.0.0.1:8080]"),
        Arg::new("index")
            .long("index")
            .value_name("URL")
            .value_parser(web_url)
            .help("Market index to look plugins up in, such as https://chat-plugins.lobehub.com"),
        Arg::new("admin")
            .long("admin")
            .value_name("ADDRESS")
            .value_parser(value_parser!(SocketAddr))
            .help("Address and port for the operator: /metrics, /healthz, /readyz"),
        cors("Web page origin that may call, such as https://chat.example.org; * for all"),
        path(
            "keys",
            "File of callers' keys, as `lobe-gateway keys` makes it; without one everybody may call",
        ),
        flag("dev").help("Open targets on this machine and over plain HTTP, and invite its pages"),
        flag("open").help("Serve without keys on an address that others reach"),
        Arg::new("log")
            .long("log")
            .value_name("FILTER")
            .value_parser(value_parser!(Filter))
            .default_value("info")
            .help(
                "What to log: off, error, warn, info, debug, trace, or one for each part (info,hyper=debug)",
            ),
    ]
}

fn read(matches: &ArgMatches) -> Command {
    Command::Serve(Box::new(ServeOptions {
        config: matches.get_one("config").cloned(),
        log: matches.get_one::<Filter>("log").cloned().expect("cannot fail because it has a default"),
        listen: matches.get_one("listen").copied(),
        index: matches.get_one("index").cloned(),
        admin: matches.get_one("admin").copied(),
        cors: matches.get_many("cors").into_iter().flatten().cloned().collect(),
        keys: matches.get_one("keys").cloned(),
        dev: matches.get_flag("dev"),
        open: matches.get_flag("open"),
    }))
}
