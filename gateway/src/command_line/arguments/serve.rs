//! `lobe-gateway serve`: what was asked for.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, value_parser};
use url::Url;

use super::{Command, Subcommand, cors, flag, path};
use crate::command_line::log::{Filter, Format};
use crate::config::{CONFIG_FILE, Error, Layers, Word, environment_words, web_url};

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
    pub(crate) log_format: Format,
    listen: Option<SocketAddr>,
    index: Option<Url>,
    admin: Option<SocketAddr>,
    cors: Vec<String>,
    keys: Option<PathBuf>,
    dev: bool,
    open: bool,
}

impl ServeOptions {
    /// Reads the configuration: what was typed goes before the environment, and that before the file.
    ///
    /// # Errors
    ///
    /// What is wrong in the file or the environment.
    pub(crate) fn layers(&self) -> Result<Layers, Error> {
        let environment = environment_words(std::env::vars_os().filter_map(|(name, value)| {
            // What is no text has no meaning for us.
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))?;
        Ok(Layers::of_file(self.config.as_deref())?.with(environment).with(self.words()))
    }

    fn words(&self) -> Vec<Word> {
        let text =
            |flag, path: &[&str], value: Option<String>| value.map(|value| Word::of_flag(flag, path, value));
        let switch = |flag, path: &[&str], set: bool| set.then(|| Word::of_flag(flag, path, true));
        let file = self.keys.as_deref().and_then(|keys| std::path::absolute(keys).ok());
        let words = [
            text("--listen", &["listen"], self.listen.map(|address| address.to_string())),
            text("--index", &["index"], self.index.as_ref().map(Url::to_string)),
            text("--admin", &["admin", "listen"], self.admin.map(|address| address.to_string())),
            text("--keys", &["auth", "keys"], file.map(|file| file.to_string_lossy().into_owned())),
            (!self.cors.is_empty()).then(|| Word::of_flag("--cors", &["cors"], self.cors.clone())),
            switch("--dev", &["dev"], self.dev),
            switch("--open", &["open"], self.open),
        ];
        words.into_iter().flatten().collect()
    }
}

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Serve the gateway. What stands here goes before what stands in the file")
        .args(arguments())
        .after_help(EXAMPLES)
}

pub(super) fn arguments() -> [Arg; 10] {
    [
        path("config", "Configuration, in TOML; without it everything has its default")
            .env(CONFIG_FILE)
            .hide_env_values(true),
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
        Arg::new("log-format")
            .long("log-format")
            .value_name("FORMAT")
            .value_parser(["human", "json"])
            .default_value("human")
            .help("What a line of the log looks like"),
    ]
}

fn read(matches: &ArgMatches) -> Command {
    Command::Serve(Box::new(options(matches)))
}

/// Reads what was typed of it.
pub(super) fn options(matches: &ArgMatches) -> ServeOptions {
    ServeOptions {
        config: matches.get_one("config").cloned(),
        log: matches.get_one::<Filter>("log").cloned().expect("cannot fail because it has a default"),
        log_format: match matches.get_one::<String>("log-format").map(String::as_str) {
            Some("json") => Format::Json,
            _ => Format::Human,
        },
        listen: matches.get_one("listen").copied(),
        index: matches.get_one("index").cloned(),
        admin: matches.get_one("admin").copied(),
        cors: matches.get_many("cors").into_iter().flatten().cloned().collect(),
        keys: matches.get_one("keys").cloned(),
        dev: matches.get_flag("dev"),
        open: matches.get_flag("open"),
    }
}
