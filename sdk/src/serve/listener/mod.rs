//! The accept loop: what axum's own does, with limits on everything that a stranger can make it hold, and an orderly end.
//!
//! A file each: the socket ([`bind`](mod@bind)), what is bounded ([`limits`]), who has how many connections ([`traffic`]), how long a peer may keep one
//! waiting ([`patience`]), one connection ([`connection`], `http2`), what is a request to us at all ([`gate`]), and when it is
//! over ([`signal`], [`stage`]).

mod bind;
mod connection;
mod gate;
mod hosts;
#[cfg(feature = "http2")]
mod http2;
mod limits;
mod patience;
mod peer;
mod request_id;
mod routes;
mod signal;
mod stage;
#[cfg(feature = "tls")]
mod tls;
mod traffic;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

pub use self::bind::bind;
pub use self::hosts::ListenerHosts;
pub use self::limits::ListenerLimits;
pub use self::peer::Peer;
pub use self::request_id::RequestId;
pub use self::routes::Routes;
pub use self::signal::{Shutdown, shutdown_signal};
#[cfg(feature = "mcp")]
pub(super) use self::stage::Ending;
pub use self::stage::Readiness;
#[cfg(feature = "tls")]
pub use self::tls::{Tls, TlsFault};
pub(super) use self::traffic::counted_as;
pub use self::traffic::{Traffic, TrafficCount};

use self::connection::Door;
use self::stage::Stage;

/// How long calls that were given up have to say so.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Serves a router on a TCP listener, HTTP/1.1 and HTTP/2, within [`ListenerLimits`].
///
/// [`serve`] is the short form. The long one:
///
/// ```no_run
/// # async fn start(router: axum::Router) -> std::io::Result<()> {
/// use lobe_plugin_sdk::serve::{Listener, ListenerLimits, shutdown_signal};
///
/// let socket = tokio::net::TcpListener::bind("127.0.0.1:3400").await?;
/// let limits = ListenerLimits { connections: 500, ..ListenerLimits::default() };
/// Listener::new(socket).limits(limits).serve(router, shutdown_signal()).await
/// # }
/// ```
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    limits: ListenerLimits,
    hosts: ListenerHosts,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
    readiness: Readiness,
    traffic: Traffic,
}

/// Serves `router` until `shutdown` completes, then lets running calls finish. [`Listener`] has more to choose.
///
/// # Errors
///
/// As [`Listener::serve`].
pub async fn serve(
    socket: TcpListener,
    router: Router,
    readiness: Readiness,
    shutdown: impl Future<Output = Shutdown>,
) -> io::Result<()> {
    Listener::new(socket).readiness(readiness).serve(router, shutdown).await
}

impl Listener {
    /// Starts with the default limits.
    #[must_use]
    pub fn new(socket: TcpListener) -> Self {
        let (limits, hosts, readiness, traffic) = Default::default();
        Self {
            socket,
            limits,
            hosts,
            #[cfg(feature = "tls")]
            tls: None,
            readiness,
            traffic,
        }
    }

    /// Sets what connections may cost.
    #[must_use]
    pub fn limits(mut self, limits: ListenerLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets by which hosts it may be asked for; every one without it.
    #[must_use]
    pub fn hosts(mut self, hosts: ListenerHosts) -> Self {
        self.hosts = hosts;
        self
    }

    /// Speaks TLS alone.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Sets what is told, at the end, that new calls are no longer welcome.
    #[must_use]
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.readiness = readiness;
        self
    }

    /// Returns a handle that counts connections while the listener serves.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.traffic.clone()
    }

    /// Serves until `shutdown` completes, and then ends in order: readiness says no at once; for a while new
    /// connections are still taken, since load balancers need a moment to hear of it; every answer closes its
    /// connection; running calls finish; what still runs after [`ListenerLimits::drain`] is answered 503.
    ///
    /// # Errors
    ///
    /// None today: a socket that cannot accept for lack of file descriptors is tried again every second. The signature
    /// leaves room.
    pub async fn serve(self, router: Router, shutdown: impl Future<Output = Shutdown>) -> io::Result<()> {
        self.serve_routes(Routes::new(router), shutdown).await
    }

    /// Does the same with routes that others can take the place of meanwhile.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    pub async fn serve_routes(
        self,
        routes: Routes,
        shutdown: impl Future<Output = Shutdown>,
    ) -> io::Result<()> {
        let Self { socket, limits, readiness, .. } = self;
        let stages = watch::Sender::new(Stage::Open);
        let door = Arc::new(Door {
            routes,
            limits,
            hosts: self.hosts,
            #[cfg(feature = "tls")]
            tls: self.tls,
            traffic: self.traffic,
            readiness: readiness.clone(),
        });

        let how = accept_until(&socket, &door, &stages, shutdown).await;
        let end = Instant::now() + limits.drain;
        readiness.drain();
        stages.send_replace(Stage::Draining);
        if how == Shutdown::Orderly {
            accept_until(&socket, &door, &stages, tokio::time::sleep(limits.drain_accept)).await;
        }
        drop(socket);
        stages.send_replace(Stage::Closing);
        if timeout_at(end, stages.closed()).await.is_err() {
            tracing::warn!(seconds = limits.drain.as_secs_f32(), "calls were still running and are given up");
            stages.send_replace(Stage::GivenUp);
            // What does not even take a 503 in time is cut off.
            let _ = tokio::time::timeout(LAST_WORDS, stages.closed()).await;
        }
        Ok(())
    }
}

/// Accepts connections until something else completes.
async fn accept_until<T>(
    socket: &TcpListener,
    door: &Arc<Door>,
    stages: &watch::Sender<Stage>,
    end: impl Future<Output = T>,
) -> T {
    let mut end = std::pin::pin!(end);
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, peer)) => door.open(stream, peer.ip(), stages.subscribe()),
                Err(error) => pause(&error).await,
            },
            ended = &mut end => return ended,
        }
    }
}

/// Waits before the next accept where trying again at once would only burn time: no file descriptors are left.
async fn pause(error: &io::Error) {
    if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        return;
    }
    tracing::error!(%error, "cannot accept connections");
    tokio::time::sleep(Duration::from_secs(1)).await;
}
