//! One connection: hyper with our limits, and what it does when the end is near.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::gate::Gate;
use super::hosts::Hosts;
use super::limits::ListenerLimits;
use super::patience::{Pace, Patient};
use super::peer::Peer;
use super::stage::{Readiness, Stage};
use super::traffic::Traffic;

/// hyper reads into a buffer of this size at least.
const SMALLEST_BUFFER: usize = 8 << 10;

/// Holds what all connections of a listener share.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) router: Router,
    pub(super) limits: ListenerLimits,
    pub(super) hosts: Hosts,
    pub(super) traffic: Traffic,
    pub(super) readiness: Readiness,
}

impl Door {
    /// Serves a connection in a task of its own, or closes it when there are too many.
    pub(super) fn open(self: &Arc<Self>, stream: TcpStream, address: IpAddr, stages: watch::Receiver<Stage>) {
        let Some(place) = self.traffic.admit(address, &self.limits) else { return };
        // Answers are small and written at once: waiting for more to fill a packet helps nobody.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::trace!(%error, "TCP_NODELAY");
        }
        let door = Arc::clone(self);
        tokio::spawn(async move {
            door.serve(stream, Peer(address), stages).await;
            drop(place);
        });
    }

    async fn serve(self: Arc<Self>, stream: TcpStream, peer: Peer, mut stages: watch::Receiver<Stage>) {
        let pace = Pace::new(&self.limits);
        let stream = TokioIo::new(Patient::new(stream, Arc::clone(&pace), &self.limits));
        let gate = Gate::new(Arc::clone(&self), peer, Arc::clone(&pace), stages.clone());
        let builder = hyper(&self.limits);
        let mut connection = pin!(builder.serve_connection(stream, TowerToHyperService::new(gate)));
        loop {
            tokio::select! {
                ended = &mut connection => {
                    // Connections break for reasons of the client's own.
                    if let Err(error) = ended {
                        tracing::debug!(error, "connection");
                    }
                    break;
                }
                stage = next(&mut stages) => {
                    // An idle connection of HTTP/1 would close now, perhaps under a request that is on its way: while
                    // connections are still taken it lives on, and its next answer closes it. HTTP/2 can say which
                    // request was the last one it took.
                    if stage > Stage::Draining || pace.is_http2() {
                        connection.as_mut().graceful_shutdown();
                    }
                }
            }
        }
        if pace.has_timed_out() {
            self.traffic.timed_out();
        }
    }
}

/// Waits for the next stage; after the last one there is nothing to wait for.
async fn next(stages: &mut watch::Receiver<Stage>) -> Stage {
    if stages.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    *stages.borrow_and_update()
}

fn hyper(limits: &ListenerLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The time for heads is kept by `patience`, since hyper's would count idle connections in.
    builder.http1().header_read_timeout(None).max_buf_size(limits.head.max(SMALLEST_BUFFER));
    // hyper has room for a hundred without being told, and is faster so.
    if limits.headers != 100 {
        builder.http1().max_headers(limits.headers);
    }
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX))
        // Both are the h2 crate's own defaults, and here so that they stay: a client that opens and resets streams all
        // the time is cut off (CVE-2023-44487, CVE-2025-8671).
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(1024);
    builder
}
