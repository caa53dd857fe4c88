//! The small command line that every plugin has: serve, write the documents, check them.
//!
//! Not here: how a request is answered, and what a document says. Nothing is bound and no log is opened before a
//! command is known to need it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks")]

mod arguments;
mod documents;
mod greeting;

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use axum::response::Response;
use tokio::net::TcpListener;

use self::arguments::{Command, ServeOptions};
use crate::describe::{BaseUrl, Site};
use crate::error::PluginError;
#[cfg(feature = "mcp")]
use crate::mcp::McpServer;
use crate::plugin::Plugin;
use crate::serve::{self, Cors, Hosts, HttpDoor, Readiness};

/// Runs a plugin's command line: `serve` (when nothing is asked), `manifest`, `openapi`, `check`, and `mcp` on stdin and
/// stdout.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use lobe_plugin_sdk::Plugin;
///
/// fn main() -> ExitCode {
///     lobe_plugin_sdk::run(Plugin::new("clothes"))
/// }
/// ```
///
/// It starts a tokio runtime of its own, so `main` stays an ordinary function. The crate `lobe-plugin-gateway` has a
/// `run` that mounts a gateway as well.
#[must_use]
pub fn run(plugin: Plugin) -> ExitCode {
    CommandLine::new(plugin).run()
}

/// Builds the command line of a plugin whose server is more than the plugin's own routes.
pub struct CommandLine {
    plugin: Arc<Plugin>,
    gateway: Option<&'static str>,
    app: Box<dyn FnOnce(Served) -> Router>,
    more: Router,
    #[cfg(feature = "mcp")]
    mcp: Customize,
}

/// What an author adds to the MCP server of a plugin.
#[cfg(feature = "mcp")]
type Customize = Arc<dyn Fn(McpServer) -> McpServer + Send + Sync>;

/// Carries what the user asked `serve` for.
#[derive(Clone)]
#[non_exhaustive]
pub struct Served {
    /// The plugin.
    pub plugin: Arc<Plugin>,
    /// Where clients reach it, if that was said.
    pub public_url: Option<BaseUrl>,
    /// Which pages may call.
    pub cors: Cors,
    /// Which hosts `/mcp` answers to.
    pub hosts: Hosts,
    /// What `/readyz` looks at.
    pub readiness: Readiness,
    #[cfg(feature = "mcp")]
    mcp: Customize,
}

impl Served {
    /// Opens the plugin's own door as it was asked for.
    #[must_use]
    pub fn door(&self) -> HttpDoor {
        let door = HttpDoor::new(Arc::clone(&self.plugin))
            .cors(self.cors.clone())
            .hosts(self.hosts.clone())
            .readiness(self.readiness.clone());
        #[cfg(feature = "mcp")]
        let door = door.mcp_server(Arc::clone(&self.mcp));
        match self.public_url.clone() {
            Some(url) => door.public_url(url),
            None => door,
        }
    }
}

impl std::fmt::Debug for Served {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Served").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CommandLine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CommandLine").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

impl CommandLine {
    /// Starts with a server that has the plugin's own routes.
    #[must_use]
    pub fn new(plugin: Plugin) -> Self {
        Self {
            plugin: Arc::new(plugin),
            gateway: None,
            app: Box::new(|served| served.door().router()),
            more: Router::new(),
            #[cfg(feature = "mcp")]
            mcp: Arc::new(|server| server),
        }
    }

    /// Adds to what MCP clients are offered beside the tools, over HTTP and on stdio: prompts, for one.
    ///
    /// ```no_run
    /// use std::process::ExitCode;
    ///
    /// use lobe_plugin_sdk::Plugin;
    /// use lobe_plugin_sdk::command_line::CommandLine;
    /// use serde_json::json;
    ///
    /// fn main() -> ExitCode {
    ///     let prompts = json!({ "prompts": [{ "name": "pack", "description": "Pack a suitcase." }] });
    ///     let with_prompts = move |server: lobe_plugin_sdk::mcp::McpServer| {
    ///         let prompts = prompts.clone();
    ///         server.answering("prompts/list", move |_request| std::future::ready(Ok(prompts.clone())))
    ///     };
    ///     CommandLine::new(Plugin::new("clothes")).with_mcp(with_prompts).run()
    /// }
    /// ```
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn with_mcp(mut self, customize: impl Fn(McpServer) -> McpServer + Send + Sync + 'static) -> Self {
        self.mcp = Arc::new(customize);
        self
    }

    /// Says that the server is what `app` makes, and has a gateway at `path`, which manifests are to name.
    #[must_use]
    pub fn with_gateway(mut self, path: &'static str, app: impl FnOnce(Served) -> Router + 'static) -> Self {
        self.gateway = Some(path);
        self.app = Box::new(app);
        self
    }

    /// Serves routes of one's own beside the plugin's: the page that a manifest's `ui` names, for one.
    ///
    /// ```no_run
    /// use std::process::ExitCode;
    ///
    /// use axum::Router;
    /// use axum::response::Html;
    /// use axum::routing::get;
    /// use lobe_plugin_sdk::Plugin;
    /// use lobe_plugin_sdk::command_line::CommandLine;
    ///
    /// fn main() -> ExitCode {
    ///     let page = Router::new().route("/page", get(async || Html("<p>12:00</p>")));
    ///     CommandLine::new(Plugin::new("clock")).with_routes(page).run()
    /// }
    /// ```
    ///
    /// # Panics
    ///
    /// When one of them is there already, as axum's `Router::merge`; such as `/page` twice. A path of the plugin's own is
    /// found to be taken when it is served.
    #[must_use]
    pub fn with_routes(mut self, routes: Router) -> Self {
        self.more = self.more.merge(routes);
        self
    }

    /// Does what the process's arguments say.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match arguments::parse(&self.plugin, std::env::args_os()) {
            Ok(Command::Serve(options)) => self.on_runtime(|line| line.serve_until_stopped(options)),
            Ok(Command::Document(options)) => documents::write(&self.plugin, &options, self.gateway),
            #[cfg(feature = "mcp")]
            Ok(Command::Mcp) => self.on_runtime(Self::serve_stdio),
            Ok(Command::Check(base_url)) => documents::check(&self.plugin, base_url, self.gateway),
            Err(exit) => exit,
        }
    }

    /// Does what needs the plugin's states and a runtime.
    fn on_runtime<F>(self, work: impl FnOnce(Self) -> F) -> ExitCode
    where
        F: Future<Output = Result<(), Box<dyn Error>>>,
    {
        open_log();
        let missing = self.plugin.missing_states();
        if !missing.is_empty() {
            eprintln!(
                "error: functions ask for a state that the plugin was not given: {}",
                missing.join(", ")
            );
            eprintln!("       add `.with_state(..)` to the plugin");
            return ExitCode::FAILURE;
        }
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                eprintln!("error: the runtime cannot start: {error}");
                return ExitCode::FAILURE;
            }
        };
        let outcome = runtime.block_on(work(self));
        // A thread that waits for stdin would keep it for ever.
        runtime.shutdown_background();
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        }
    }

    /// Serves one MCP client on stdin and stdout. The log stays on stderr.
    #[cfg(feature = "mcp")]
    async fn serve_stdio(self) -> Result<(), Box<dyn Error>> {
        let plugin = Arc::new(Plugin::clone(&self.plugin).start().await?);
        let server = (self.mcp)(McpServer::of(plugin));
        Ok(server.serve_stdio().await?)
    }

    async fn serve_until_stopped(self, options: ServeOptions) -> Result<(), Box<dyn Error>> {
        let plugin = Arc::new(Plugin::clone(&self.plugin).start().await?);
        let (listener, address) = bind(SocketAddr::new(options.host, options.port))?;
        let shown = options.base_url.clone().unwrap_or_else(|| local_url(address));
        print!("{}", greeting::text(&plugin, &site(shown, self.gateway)));
        let readiness = Readiness::default();
        let ServeOptions { base_url: public_url, cors, hosts, .. } = options;
        let served = Served {
            plugin,
            public_url,
            cors,
            hosts,
            readiness: readiness.clone(),
            #[cfg(feature = "mcp")]
            mcp: self.mcp,
        };
        let app = (self.app)(served).merge(self.more);
        // Who opens the bare address in a browser wants to see something.
        #[cfg(feature = "docs")]
        let app = app.route("/", axum::routing::get(async || axum::response::Redirect::temporary("docs/")));
        let app = app.fallback(nothing_here);
        Ok(serve::serve(listener, app, readiness, serve::shutdown_signal()).await?)
    }
}

async fn nothing_here(uri: Uri) -> Response {
    let path: String = uri.path().chars().take(200).collect();
    let hint = if cfg!(feature = "docs") { "; `/docs/` shows what is" } else { "" };
    serve::error_response(&PluginError::not_found(format!("nothing is served at {path}{hint}")))
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), String> {
    let explain = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("another program listens on {address}: choose a port with `--port` or `PORT`")
        }
        _ => format!("cannot listen on {address}: {error}"),
    };
    let listener = serve::bind(address).map_err(explain)?;
    let address = listener.local_addr().map_err(explain)?;
    Ok((listener, address))
}

fn site(base_url: BaseUrl, gateway: Option<&str>) -> Site {
    let gateway = gateway.map(|path| format!("{base_url}{path}"));
    let site = Site::at(base_url);
    match gateway {
        Some(url) => site.behind_gateway(url),
        None => site,
    }
}

/// Returns the address to show to somebody who sits at this machine.
fn local_url(address: SocketAddr) -> BaseUrl {
    let host: IpAddr = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let url = format!("http://{}", SocketAddr::new(host, address.port()));
    BaseUrl::parse(&url).expect("cannot fail because an address makes a URL")
}

/// Writes the log to stderr, unless the program has opened one of its own. `RUST_LOG` chooses what is in it.
fn open_log() {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    let asked = std::env::var("RUST_LOG").ok().and_then(|asked| asked.parse::<Targets>().ok());
    let filter = asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let format = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
        .with_target(false);
    let opened = tracing_subscriber::registry().with(format).with(filter).try_init();
    if opened.is_err() {
        tracing::debug!("the program has opened a log of its own");
    }
}
