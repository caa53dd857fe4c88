//! `lobe-gateway dev`: a plugin that is worked on, in any language, in front of LobeChat.
//!
//! `{mod} → {door, workshop} → {bench, command, watch} → {asked, adopt, verdict → document} → screen`. What it finds wrong it
//! says at once, so that nobody has to guess from LobeChat's "plugin gateway error".

pub(super) mod adopt;
mod asked;
mod bench;
mod command;
mod document;
mod door;
mod screen;
mod verdict;
mod watch;
mod workshop;

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lobe_plugin_sdk::serve::{Listener, Shutdown};
use tokio::net::TcpListener;
use tokio::sync::watch::{Receiver, channel};
use tokio::time::sleep;

use self::bench::Bench;
use self::screen::Screen;
use self::watch::Watch;
use self::workshop::Workshop;
use super::arguments::{DevOptions, PluginAt};
use super::log;
use crate::config::Config;
use crate::outbound::TargetUrl;

/// How many ports are tried when the usual one is taken.
const PORTS: u16 = 50;
/// How often it is looked for a plugin that somebody else has to start.
const ABSENT: Duration = Duration::from_secs(1);

/// Serves until a signal comes.
pub(super) fn run(options: DevOptions) -> Result<(), Box<dyn Error>> {
    log::open("warn".parse()?, log::Format::Human);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(dev(options))
}

async fn dev(options: DevOptions) -> Result<(), Box<dyn Error>> {
    let ending = ending();
    let socket = bind(&options).await?;
    let address = socket.local_addr()?;
    let screen = Screen::new(&name(&options.plugin));
    let config = Config { dev: true, listen: address, cors: options.cors.clone(), ..Config::default() };
    let bench = Arc::new(Bench::new(&config, format!("http://{address}"), screen)?);
    let mut ended = ending.clone();
    let end = async move {
        let _ = ended.wait_for(|ended| *ended).await;
        Shutdown::Prompt
    };
    let serving = Listener::new(socket).serve(door::router(Arc::clone(&bench)), end);
    let serving = async { serving.await.map_err(Box::<dyn Error>::from) };
    tokio::try_join!(serving, tend(&bench, options, address, ending))?;
    Ok(())
}

/// Sees to the plugin until the end.
async fn tend(
    bench: &Bench,
    options: DevOptions,
    address: SocketAddr,
    mut ending: Receiver<bool>,
) -> Result<(), Box<dyn Error>> {
    let DevOptions { plugin, watch, ignore, .. } = options;
    match plugin {
        PluginAt::Document(url) => {
            let url = TargetUrl::parse(url.as_str())?;
            tokio::select! {
                never = look_for_document(bench, &url) => match never {},
                _ = ending.wait_for(|ended| *ended) => Ok(()),
            }
        }
        PluginAt::Command { line, at } => {
            let roots = if watch.is_empty() { vec![".".into()] } else { watch };
            let mut watch = Watch::on(&roots, &ignore)?;
            let port = free_port(address.port())?;
            let at = match at {
                Some(url) => url.as_str().trim_end_matches('/').to_owned(),
                None => format!("http://127.0.0.1:{port}"),
            };
            let workshop = Workshop { bench, line, port, at };
            workshop.work(&mut watch, ending).await
        }
    }
}

/// Looks for a document that somebody else serves, until it is found; from then on the bench looks.
async fn look_for_document(bench: &Bench, url: &TargetUrl) -> Infallible {
    loop {
        let outcome = document::get(&bench.outbound, url).await;
        let is_there = outcome.is_ok();
        bench.found(url, outcome).await;
        if is_there {
            return std::future::pending().await;
        }
        sleep(ABSENT).await;
    }
}

/// Says what stands before the lines of the command: its program's name.
fn name(plugin: &PluginAt) -> String {
    let program = match plugin {
        PluginAt::Document(_) => None,
        PluginAt::Command { line, .. } => line.first().map(Path::new).and_then(Path::file_stem),
    };
    program.unwrap_or_default().to_string_lossy().into_owned()
}

/// Listens on the port that was asked for; where none was, on the first of the usual ones that is free.
async fn bind(options: &DevOptions) -> Result<TcpListener, String> {
    let DevOptions { listen, insists, .. } = options;
    let mut address = *listen;
    loop {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && *insists => {
                return Err(format!(
                    "another program listens on {address}: choose another port with `--port`"
                ));
            }
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse && address.port() < listen.port() + PORTS =>
            {
                address.set_port(address.port() + 1);
            }
            bound => return bound.map_err(|error| format!("cannot listen on {address}: {error}")),
        }
    }
}

/// Finds a port for the command: the same from day to day where that is possible, since LobeChat remembers addresses.
fn free_port(own: u16) -> Result<u16, String> {
    let is_free = |port: &u16| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let free = (own.saturating_add(1)..=own.saturating_add(PORTS)).find(is_free);
    free.ok_or_else(|| format!("no port from {own} on is free for the command: choose another with `--port`"))
}

/// Becomes true when it is time to end: at Ctrl-C, SIGTERM, or when the terminal is closed. All of them have to be heard,
/// else the command would be left behind.
fn ending() -> Receiver<bool> {
    let (tell, ending) = channel(false);
    tokio::spawn(async move {
        interrupted().await;
        // Nobody listens when it has ended by itself.
        let _ = tell.send(true);
    });
    ending
}

#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let heard = async |kind| match signal(kind) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = heard(SignalKind::interrupt()) => {}
        () = heard(SignalKind::terminate()) => {}
        () = heard(SignalKind::hangup()) => {}
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
