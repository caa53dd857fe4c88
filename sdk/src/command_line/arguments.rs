//! What the user typed. clap is named here and nowhere else.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, value_parser};

use crate::describe::{BaseUrl, ManifestMode, OpenApiVersion};
use crate::plugin::Plugin;
use crate::schema::Profile;
use crate::serve::{Cors, Hosts};

/// What to do.
pub(super) enum Command {
    Serve(ServeOptions),
    Document(DocumentOptions),
    Check(Option<BaseUrl>),
    #[cfg(feature = "mcp")]
    Mcp,
}

pub(super) struct ServeOptions {
    pub(super) host: IpAddr,
    pub(super) port: u16,
    pub(super) base_url: Option<BaseUrl>,
    pub(super) cors: Cors,
    pub(super) hosts: Hosts,
}

/// Which document to write, and where.
pub(super) struct DocumentOptions {
    pub(super) document: Document,
    pub(super) base_url: Option<BaseUrl>,
    pub(super) out: Option<PathBuf>,
    pub(super) check: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Document {
    Manifest(ManifestMode, Profile),
    OpenApiJson(OpenApiVersion),
    OpenApiYaml(OpenApiVersion),
}

/// Reads the command line. `Err` is an exit: help was asked for, or a mistake was explained.
pub(super) fn parse(
    plugin: &Plugin,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Command, ExitCode> {
    let matches = command(plugin).try_get_matches_from(arguments).map_err(|error| {
        // clap writes help to stdout and mistakes to stderr; if neither can be written, nobody is there to be told.
        let _ = error.print();
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })?;
    Ok(match matches.subcommand() {
        Some(("manifest", matches)) => Command::Document(manifest_options(matches)),
        Some(("openapi", matches)) => Command::Document(openapi_options(matches)),
        #[cfg(feature = "mcp")]
        Some(("mcp", _)) => Command::Mcp,
        Some(("check", matches)) => Command::Check(base_url(matches)),
        Some((_, matches)) => Command::Serve(serve_options(matches)),
        None => Command::Serve(serve_options(&matches)),
    })
}

fn command(plugin: &Plugin) -> clap::Command {
    let command = http_command(plugin);
    #[cfg(feature = "mcp")]
    let command = command.subcommand(
        clap::Command::new("mcp").about("Serve one MCP client on stdin and stdout").after_help(
            "The client's configuration sets the plugin's settings in the environment: LOBE_SETTING_API_KEY is `api_key`.",
        ),
    );
    command
}

fn http_command(plugin: &Plugin) -> clap::Command {
    let identity = plugin.identity();
    let own = |text: &str| text.to_owned();
    clap::Command::new(own(&identity.identifier))
        .version(own(&identity.version))
        .about(own(&identity.description))
        .args_conflicts_with_subcommands(true)
        .args(serve_args())
        .subcommand(clap::Command::new("serve").about("Serve the plugin (the default)").args(serve_args()))
        .subcommand(
            clap::Command::new("manifest")
                .about("Write the LobeChat manifest")
                .arg(
                    Arg::new("mode")
                        .long("mode")
                        .value_name("MODE")
                        .value_parser(PossibleValuesParser::new(["api", "openapi"]))
                        .default_value("api")
                        .help("Name the operations in the manifest, or in the OpenAPI document it points to"),
                )
                .arg(
                    Arg::new("profile")
                        .long("profile")
                        .value_name("PROFILE")
                        .value_parser(PossibleValuesParser::new(Profile::ALL.map(Profile::name)))
                        .default_value(Profile::default().name())
                        .help("Write schemas for this kind of client"),
                )
                .args(document_args()),
        )
        .subcommand(
            clap::Command::new("openapi")
                .about("Write the OpenAPI document")
                .arg(
                    Arg::new("spec")
                        .long("spec")
                        .value_name("VERSION")
                        .value_parser(PossibleValuesParser::new(
                            OpenApiVersion::ALL.map(OpenApiVersion::name),
                        ))
                        .default_value(OpenApiVersion::default().name())
                        .help("Write it in this version of OpenAPI"),
                )
                .arg(
                    Arg::new("format")
                        .long("format")
                        .value_name("FORMAT")
                        .value_parser(PossibleValuesParser::new(["json", "yaml"]))
                        .help("What to write [default: what the file's name says, else json]"),
                )
                .args(document_args()),
        )
        .subcommand(
            clap::Command::new("check")
                .about("Say what would break some client or model")
                .arg(base_url_arg()),
        )
}

/// Lets an environment variable stand in for an option. Set to nothing it counts as not set, as compose files write it.
fn from_environment(argument: Arg, name: &'static str) -> Arg {
    let empty = std::env::var_os(name).is_some_and(|value| value.is_empty());
    if empty { argument } else { argument.env(name) }
}

fn serve_args() -> [Arg; 5] {
    [
        Arg::new("host")
            .long("host")
            .value_name("ADDRESS")
            .value_parser(value_parser!(IpAddr))
            .default_value("127.0.0.1")
            .help("Address to listen on; 0.0.0.0 in a container"),
        from_environment(Arg::new("port"), "PORT")
            .long("port")
            .value_name("PORT")
            .value_parser(value_parser!(u16))
            .default_value("3400")
            .help("Port to listen on; 0 takes any free one"),
        base_url_arg(),
        from_environment(Arg::new("cors"), "CORS_ORIGINS")
            .long("cors")
            .value_name("ORIGIN")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .help("Web page origin that may call, such as https://chat.example.org; * for all. Pages of this machine may anyway"),
        from_environment(Arg::new("allow-host"), "ALLOWED_HOSTS")
            .long("allow-host")
            .value_name("HOST")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .help("Host that MCP clients may name, such as a container's; * for all. Addresses, localhost and the base URL's they may anyway"),
    ]
}

fn document_args() -> [Arg; 3] {
    [
        base_url_arg(),
        Arg::new("out")
            .long("out")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("File to write instead of stdout"),
        Arg::new("check")
            .long("check")
            .action(ArgAction::SetTrue)
            .requires("out")
            .help("Write nothing; fail when the file is stale"),
    ]
}

fn base_url_arg() -> Arg {
    from_environment(Arg::new("base-url"), "PUBLIC_BASE_URL")
        .long("base-url")
        .value_name("URL")
        .value_parser(BaseUrl::parse)
        .help("Where clients reach the plugin; documents name it")
}

fn base_url(matches: &ArgMatches) -> Option<BaseUrl> {
    matches.get_one::<BaseUrl>("base-url").cloned()
}

fn serve_options(matches: &ArgMatches) -> ServeOptions {
    let origins = matches.get_many::<String>("cors").into_iter().flatten();
    let hosts = matches.get_many::<String>("allow-host").into_iter().flatten();
    ServeOptions {
        host: *matches.get_one("host").expect("cannot fail because it has a default"),
        port: *matches.get_one("port").expect("cannot fail because it has a default"),
        base_url: base_url(matches),
        cors: origins.fold(Cors::loopback(), |cors, origin| cors.and(origin)),
        hosts: hosts.fold(Hosts::local(), |hosts, host| hosts.and(host)),
    }
}

fn manifest_options(matches: &ArgMatches) -> DocumentOptions {
    let mode = match matches.get_one::<String>("mode").map(String::as_str) {
        Some("openapi") => ManifestMode::OpenApi,
        _ => ManifestMode::Api,
    };
    document_options(matches, Document::Manifest(mode, one_of(matches, "profile")))
}

fn openapi_options(matches: &ArgMatches) -> DocumentOptions {
    let by_name = matches.get_one::<PathBuf>("out").and_then(|file| file.extension()?.to_str());
    let asked = matches.get_one::<String>("format").map(String::as_str);
    let version = one_of(matches, "spec");
    let document = match asked.or(by_name) {
        Some("yaml" | "yml") => Document::OpenApiYaml(version),
        _ => Document::OpenApiJson(version),
    };
    document_options(matches, document)
}

/// Reads an option whose possible values are the names that its type reads.
fn one_of<T: FromStr + Default>(matches: &ArgMatches, option: &str) -> T {
    matches.get_one::<String>(option).and_then(|name| name.parse().ok()).unwrap_or_default()
}

fn document_options(matches: &ArgMatches, document: Document) -> DocumentOptions {
    DocumentOptions {
        document,
        base_url: base_url(matches),
        out: matches.get_one::<PathBuf>("out").cloned(),
        check: matches.get_flag("check"),
    }
}
