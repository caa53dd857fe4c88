//! `lobe-gateway call`: what was asked for.

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Arg, ArgGroup, ArgMatches, value_parser};
use lobe_plugin_sdk::BaseUrl;
use serde_json::{Map, Value};

use super::{Command, Subcommand, flag};
use crate::command_line::log::Filter;
use crate::config::{Document, PinnedPlugin};

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "call", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway call --manifest http://127.0.0.1:8000/manifest.json --operation getWeather --args '{\"city\":\"Bern\"}'
  lobe-gateway call --manifest manifest.json --operation getWeather --args @arguments.json --settings @settings.json
  lobe-gateway call --openapi https://example.org/openapi.json --operation getPet --args '{\"id\":7}' --dry-run

The answer goes to stdout, and why there is none to stderr, with exit code 1.
Targets on this machine and over plain HTTP are open, unless a configuration says what is.";

/// What `call` was asked for.
pub(crate) struct CallOptions {
    pub(crate) plugin: PinnedPlugin,
    pub(crate) operation: String,
    /// A JSON object, as it was written.
    pub(crate) arguments: String,
    pub(crate) settings: Map<String, Value>,
    pub(crate) outcome: Outcome,
    pub(crate) config: Option<PathBuf>,
    pub(crate) log: Filter,
}

/// What is to come of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is made, and answered.
    Answer,
    /// The request that would be sent, as JSON.
    Request,
    /// The same as a command of curl.
    Curl,
}

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Call one operation of a plugin, as the gateway would")
        .args(arguments())
        .group(ArgGroup::new("document").args(["manifest", "openapi"]).required(true))
        .after_help(EXAMPLES)
}

fn arguments() -> [Arg; 10] {
    [
        Arg::new("manifest")
            .long("manifest")
            .value_name("FILE_OR_URL")
            .value_parser(document)
            .help("Manifest of the plugin"),
        Arg::new("openapi")
            .long("openapi")
            .value_name("FILE_OR_URL")
            .value_parser(document)
            .help("OpenAPI document of a service, instead of a manifest"),
        Arg::new("base-url")
            .long("base-url")
            .value_name("URL")
            .value_parser(base_url)
            .help("Where the operation is called, instead of where the document says"),
        Arg::new("operation")
            .long("operation")
            .value_name("NAME")
            .required(true)
            .help("Operation to call, by its name in the document"),
        Arg::new("args")
            .long("args")
            .value_name("JSON")
            .value_parser(object_text)
            .default_value("{}")
            .help("Arguments, as a JSON object; @FILE reads them from a file, - from stdin"),
        Arg::new("settings")
            .long("settings")
            .value_name("JSON")
            .value_parser(object)
            .default_value("{}")
            .help("Settings of the plugin, in the same form. They may be secret: @FILE keeps them out of the process list"),
        flag("dry-run").help("Send nothing; write the request to stdout as JSON: method, url, headers, body"),
        flag("curl").conflicts_with("dry-run").help("Send nothing; write the request as a command of curl"),
        Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Configuration of the gateway: what may be dialled, what a call may cost"),
        Arg::new("log")
            .long("log")
            .value_name("FILTER")
            .value_parser(value_parser!(Filter))
            .default_value("off")
            .help("What to log, as `serve` has it"),
    ]
}

fn document(text: &str) -> Result<Document, &'static str> {
    Document::parse(text).and_then(|document| document.ok_or("expected a file or a URL"))
}

fn base_url(text: &str) -> Result<BaseUrl, String> {
    BaseUrl::parse(text).map_err(|fault| fault.to_string())
}

/// Reads a JSON object as its text, since a call hands on the arguments as they were written.
fn object_text(text: &str) -> Result<String, String> {
    let text = said(text)?;
    members(&text)?;
    Ok(text)
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    members(&said(text)?)
}

/// Returns the text itself, a file's or stdin's.
fn said(text: &str) -> Result<String, String> {
    match text.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}")),
        None if text == "-" => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| format!("cannot read stdin: {error}"))?;
            Ok(text)
        }
        None => Ok(text.to_owned()),
    }
}

/// Reads the members of a JSON object. What is wrong is told without the text, which may be secret.
fn members(text: &str) -> Result<Map<String, Value>, String> {
    match lobe_plugin_sdk::json::parse(text.as_bytes()) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err("expected a JSON object, such as '{\"city\":\"Bern\"}'".to_owned()),
        Err(error) => Err(format!("it is no JSON (line {}, column {})", error.line(), error.column())),
    }
}

fn read(matches: &ArgMatches) -> Command {
    let outcome = match (matches.get_flag("dry-run"), matches.get_flag("curl")) {
        (false, false) => Outcome::Answer,
        (true, _) => Outcome::Request,
        (false, true) => Outcome::Curl,
    };
    let mut plugin = PinnedPlugin::default();
    (plugin.manifest, plugin.openapi) =
        (matches.get_one("manifest").cloned(), matches.get_one("openapi").cloned());
    plugin.base_url = matches.get_one("base-url").cloned();
    Command::Call(Box::new(CallOptions {
        plugin,
        operation: matches
            .get_one::<String>("operation")
            .cloned()
            .expect("cannot fail because it is required"),
        arguments: matches.get_one::<String>("args").cloned().expect("cannot fail because it has a default"),
        settings: matches
            .get_one::<Map<String, Value>>("settings")
            .cloned()
            .expect("cannot fail because it has a default"),
        outcome,
        config: matches.get_one("config").cloned(),
        log: matches.get_one::<Filter>("log").cloned().expect("cannot fail because it has a default"),
    }))
}
