//! `lobe-gateway import`: what was asked for.

use std::path::PathBuf;

use clap::{Arg, ArgMatches};
use lobe_plugin_sdk::BaseUrl;

use super::{Command, Subcommand, path};

pub(super) const SUBCOMMAND: Subcommand = Subcommand { name: "import", describe, read };

const EXAMPLES: &str = "Examples:
  lobe-gateway import https://petstore3.swagger.io/api/v3/openapi.json >> lobe-gateway.toml
  lobe-gateway import openapi.yaml --id library --manifest library.json --public-url https://plugins.example.org
  lobe-gateway import manifest.json

The lines go to stdout, and name the document as it is named here: a file's path is relative to the configuration then.";

/// What `import` was asked for.
pub(crate) struct ImportOptions {
    /// A file or a URL.
    pub(crate) document: String,
    pub(crate) identifier: Option<String>,
    /// Where the manifest is wanted.
    pub(crate) manifest: Option<PathBuf>,
    /// Where the gateway is reached that the manifest names.
    pub(crate) at: BaseUrl,
}

fn describe(command: clap::Command) -> clap::Command {
    command
        .about("Make lines of a configuration of an OpenAPI document, a manifest or an ai-plugin.json")
        .args([
            Arg::new("document")
                .value_name("FILE|URL")
                .required(true)
                .help("An OpenAPI document (JSON or YAML; Swagger 2.0, OpenAPI 3.x), a manifest, or an ai-plugin.json"),
            Arg::new("id")
                .long("id")
                .value_name("IDENTIFIER")
                .help("What the plugin is called [default: what the document calls it]"),
            path("manifest", "Where to write the manifest that LobeChat is given of it"),
            Arg::new("public-url")
                .long("public-url")
                .value_name("URL")
                .value_parser(BaseUrl::parse)
                .default_value("http://127.0.0.1:8080")
                .help("Where the gateway is reached: what that manifest names"),
        ])
        .after_help(EXAMPLES)
}

fn read(matches: &ArgMatches) -> Command {
    let at = matches.get_one::<BaseUrl>("public-url").cloned();
    Command::Import(ImportOptions {
        document: matches.get_one("document").cloned().unwrap_or_default(),
        identifier: matches.get_one("id").cloned(),
        manifest: matches.get_one("manifest").cloned(),
        at: at.expect("cannot fail because it has a default"),
    })
}
