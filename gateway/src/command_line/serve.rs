//! `lobe-gateway serve`: from a file and flags to a server, and its end.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use lobe_plugin_sdk::Plugin;
use lobe_plugin_sdk::serve::{self, Listener, Readiness, Routes, Shutdown, shutdown_signal};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use super::arguments::ServeOptions;
use super::reload::{Hangups, Read, Reload};
use super::{certificate, log};
use crate::assemble::door_out;
use crate::config::{Config, Error as ConfigError};
use crate::counters::Counters;
use crate::gateway::Gateway;
use crate::telemetry::{Traces, Wrong};
use crate::watch::Stamp;
use crate::{admin, server};

/// Serves until a signal comes, with these plugins in the process.
pub(super) fn run(options: ServeOptions, mounted: Vec<Plugin>) -> Result<(), Box<dyn Error>> {
    let file = options.config.as_deref().and_then(Stamp::of);
    let layers = options.layers()?;
    let mut config = layers.config()?;
    let socket = handed_over()?;
    if let Some(socket) = &socket {
        config.listen = socket.local_addr()?;
    }
    config.admit_strangers().map_err(|error| layers.place(error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let traces = traces(&config, runtime.handle()).map_err(|error| layers.place(error))?;
    log::open_with(options.log.clone(), options.log_format, traces.as_ref());
    keep_memory_private();
    allow_connections(config.limits.connections);
    if let Some(traces) = &traces {
        tracing::info!(to = %traces.to(), "the spans of calls are exported");
    }
    let served = runtime.block_on(async {
        let gateway = Gateway::configured(&config).map_err(|error| layers.place(error))?;
        serve(options, file, (config, gateway, mounted), socket).await
    });
    if let Some(traces) = traces {
        traces.end();
    }
    served
}

/// Opens the export of spans, where OpenTelemetry's own variables ask for it.
fn traces(config: &Config, runtime: &Handle) -> Result<Option<Traces>, ConfigError> {
    let wrong = |Wrong { variable, message }: Wrong| ConfigError::of_variable(variable, message);
    Traces::open(&door_out(config)?, runtime).map_err(wrong)
}

async fn serve(
    options: ServeOptions,
    file: Option<Stamp>,
    (config, gateway, mounted): (Config, Gateway, Vec<Plugin>),
    socket: Option<std::net::TcpListener>,
) -> Result<(), Box<dyn Error>> {
    // What is wrong is said before anything that sounds well.
    let read = Read { file, certificate: config.tls.as_ref().map(certificate::stamps) };
    let tls = config.tls.as_ref().map(certificate::read).transpose()?;
    let (shutdown, hangups) = (told(shutdown_signal(), config.limits.drain), Hangups::new()?);
    let readiness = Readiness::default();
    let gateway = mounted.iter().cloned().fold(gateway, Gateway::mount).readiness(readiness.clone());
    let counters = gateway.counters();
    let socket = match socket {
        Some(socket) => TcpListener::from_std(socket)?,
        None => bind(config.listen, "--listen")?,
    };
    if let Some(address) = config.admin.listen {
        let socket = bind(address, "--admin")?;
        tracing::info!(address = %socket.local_addr()?, "the operator's listener: /metrics, /healthz, /readyz");
        tokio::spawn(look_in(socket, counters.clone(), readiness.clone()));
    }
    let address = socket.local_addr()?;
    greet(&config, address);
    let listener = Listener::new(socket)
        .hosts(config.hosts_at(address))
        .limits(config.limits.of_listener())
        .readiness(readiness);
    let listener = match &tls {
        Some(tls) => listener.tls(tls.clone()),
        None => listener,
    };
    counters.show_traffic(&listener.traffic());
    tokio::spawn(look_for_pins(gateway.clone(), config.clone()));
    let routes = Routes::new(gateway.clone().router());
    let started = config.clone();
    let reload = Reload { options, started, config, gateway, mounted, routes: routes.clone(), tls };
    tokio::spawn(reload.run(read, hangups));
    listener.serve_routes(routes, shutdown).await?;
    tracing::info!("ended");
    Ok(())
}

/// Says that the end has begun, since calls may take their time.
async fn told(shutdown: impl Future<Output = Shutdown>, drain: Duration) -> Shutdown {
    let how = shutdown.await;
    tracing::info!(
        seconds = drain.as_secs_f32(),
        "ending: calls in flight have so long; a second signal ends it now"
    );
    how
}

/// Serves the operator for as long as the process lives, so that the end can be watched as well.
async fn look_in(socket: TcpListener, counters: Counters, readiness: Readiness) {
    let never = std::future::pending::<Shutdown>();
    if let Err(error) = Listener::new(socket).serve(admin::router(counters, readiness), never).await {
        tracing::error!(%error, "the operator's listener ended");
    }
}

/// Says which settings no call can get, because nothing says whose servers they are for: neither the configuration nor
/// the operator's index.
async fn look_for_pins(gateway: Gateway, config: Config) {
    let unpinned =
        config.plugins.iter().filter(|(_, plugin)| plugin.manifest.is_none() && plugin.origins.is_empty());
    for (plugin, _) in unpinned {
        let known = match gateway.resolver.remote() {
            Some(remote) => remote.find_of_operator(plugin).await.is_ok(),
            None => false,
        };
        if !known {
            tracing::warn!(
                plugin,
                "settings that nobody gets: the index does not know this plugin; set `plugins.{plugin}.manifest`"
            );
        }
    }
}

/// Says how it was understood, so that a mistake is seen now and not at the first call.
fn greet(config: &Config, address: SocketAddr) {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    tracing::info!(
        "lobe-gateway {} listens on {scheme}://{address}{}",
        env!("CARGO_PKG_VERSION"),
        server::GATEWAY_PATH
    );
    match &config.index {
        Some(index) => tracing::info!(host = index.host_str(), "plugins are looked up in the index there"),
        None => tracing::info!("no index: only pinned plugins are known, and what callers bring"),
    }
    let pinned: Vec<_> = config.plugins.keys().map(String::as_str).collect();
    tracing::info!(count = pinned.len(), ?pinned, "pinned plugins");
    let (manifests, indexes) = (config.caller.manifests, config.caller.indexes);
    tracing::info!(manifests, indexes, "callers may bring their own");
    match (&config.auth.keys, &config.auth.access_code) {
        (None, None) => {}
        (keys, code) => {
            let file = keys.as_ref().map(|file| file.display().to_string());
            tracing::info!(keys = file, access_code = code.is_some(), "callers need a key");
        }
    }
    if config.dev {
        tracing::warn!("dev: targets on this machine and over plain HTTP are open, and its pages may call");
    }
    if config.open && !config.auth.is_required() && !config.listen.ip().is_loopback() {
        tracing::warn!("open: whoever reaches this address may call, without a key");
    }
    if config.cors.iter().any(|origin| origin == "*") {
        tracing::warn!("cors: every web page may call");
    }
}

/// Takes the socket that a service manager opened for us
/// ([systemd.socket](https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html)): one that stays open while
/// a process takes the place of another, so that no call finds it closed. `listen` is not looked at then.
fn handed_over() -> io::Result<Option<std::net::TcpListener>> {
    let socket = listenfd::ListenFd::from_env().take_tcp_listener(0)?;
    socket.map(|socket| socket.set_nonblocking(true).map(|()| socket)).transpose()
}

fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, String> {
    serve::bind(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("another program listens on {address}: choose another port with `{flag}` or in the configuration")
        }
        io::ErrorKind::PermissionDenied => format!(
            "only privileged programs listen on {address}: choose a port from 1024 on with `{flag}` or in the configuration, \
             or give the program that right (CAP_NET_BIND_SERVICE)"
        ),
        _ => format!("cannot listen on {address}: {error}"),
    })
}

/// Keeps the process's memory, which has the operator's keys in it, out of core dumps and from other processes of the
/// same user.
#[cfg(target_os = "linux")]
fn keep_memory_private() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "core dumps cannot be turned off");
    }
}

#[cfg(not(target_os = "linux"))]
fn keep_memory_private() {}

/// Takes as many file descriptors as the machine lets it have: shells and containers often begin with 1,024, and every
/// connection needs one, and another one for the plugin that it calls.
#[cfg(target_os = "linux")]
fn allow_connections(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the number of file descriptors cannot be raised");
    }
    let (needed, descriptors) = (connections as u64, getrlimit(Resource::Nofile).current);
    if let Some(descriptors) = descriptors.filter(|descriptors| *descriptors < needed) {
        tracing::warn!(
            descriptors,
            connections,
            "there are fewer file descriptors than connections may be open"
        );
    }
}

#[cfg(not(target_os = "linux"))]
fn allow_connections(_connections: usize) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    #[test]
    fn there_will_be_no_core_dump() {
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::Dumpable));
        super::keep_memory_private();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}
