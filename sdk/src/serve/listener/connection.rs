//! One connection: hyper with our limits, and what it does when the end is near.

use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use axum::http::uri::Scheme;
use bytes::{Bytes, BytesMut};
use hyper::server::conn::http1::{self, Parts};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::gate::Gate;
use super::hosts::ListenerHosts;
use super::limits::ListenerLimits;
use super::patience::{FEW, Pace, Patient};
use super::peer::Peer;
use super::routes::Routes;
use super::stage::{Readiness, Stage};
#[cfg(feature = "tls")]
use super::tls::Tls;
use super::traffic::Traffic;

/// hyper reads into a buffer of this size at least.
const SMALLEST_BUFFER: usize = 8 << 10;
/// How a connection of HTTP/2 begins (RFC 9113, section 3.4).
const PREFACE: &[u8; FEW] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Holds what all connections of a listener share.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) routes: Routes,
    pub(super) limits: ListenerLimits,
    pub(super) hosts: ListenerHosts,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<Tls>,
    pub(super) traffic: Traffic,
    pub(super) readiness: Readiness,
}

impl Door {
    /// Returns what URLs that lead here begin with.
    pub(super) fn scheme(&self) -> Scheme {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return Scheme::HTTPS;
        }
        Scheme::HTTP
    }

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
        let stream = Patient::new(stream, Arc::clone(&pace), &self.limits);
        let gate = Gate::new(Arc::clone(&self), peer, Arc::clone(&pace), stages.clone());
        self.converse(stream, gate, &pace, &mut stages).await;
        if pace.has_timed_out() {
            self.traffic.timed_out();
        }
    }

    #[cfg(not(feature = "tls"))]
    async fn converse(&self, stream: Patient, gate: Gate, pace: &Pace, stages: &mut watch::Receiver<Stage>) {
        self.plain(stream, gate, pace, stages).await;
    }

    /// Shakes hands where that is wanted, and speaks what was agreed on.
    #[cfg(feature = "tls")]
    async fn converse(&self, stream: Patient, gate: Gate, pace: &Pace, stages: &mut watch::Receiver<Stage>) {
        let Some(tls) = &self.tls else { return self.plain(stream, gate, pace, stages).await };
        // hyper's buffers are the smaller part of what such a connection holds, so it does not rest.
        pace.stay_ready();
        let service = TowerToHyperService::new(gate);
        match Box::pin(tls.accept(stream)).await {
            #[cfg(feature = "http2")]
            Ok(stream) if super::tls::is_http2(&stream) => {
                Box::pin(self.http2(stream, service, stages)).await
            }
            Ok(stream) => drop(Box::pin(self.http1(stream, service, pace, stages)).await),
            // Scanners, and clients that trust somebody else.
            Err(error) => tracing::debug!(%error, "TLS handshake"),
        }
    }

    /// Speaks what the client begins with.
    async fn plain(&self, mut stream: Patient, gate: Gate, pace: &Pace, stages: &mut watch::Receiver<Stage>) {
        // Boxed, so that a connection that rests needs no room for one that does not.
        while let Ok(Some(version)) = spoken(&mut stream, stages).await {
            pace.wake();
            let service = TowerToHyperService::new(gate.clone());
            let rested = match version {
                Spoken::Http1 => Box::pin(self.http1(stream, service, pace, stages)).await,
                // Without the feature it ends here, as at any server that knows nothing of it.
                Spoken::Http2 => {
                    #[cfg(feature = "http2")]
                    Box::pin(self.http2(stream, service, stages)).await;
                    None
                }
            };
            let Some((rested, bytes)) = rested else { break };
            stream = rested;
            stream.put_back(bytes);
        }
    }

    /// Speaks HTTP/1 until the connection ends, or is to rest: hyper's buffers are 16 KiB of memory that a client who thinks
    /// between two calls does not need. Bytes that were read and not looked at come back with the stream.
    async fn http1<S: AsyncRead + AsyncWrite + Unpin + 'static>(
        &self,
        stream: S,
        service: TowerToHyperService<Gate>,
        pace: &Pace,
        stages: &mut watch::Receiver<Stage>,
    ) -> Option<(S, Bytes)> {
        let mut connection = http1(&self.limits).serve_connection(TokioIo::new(stream), service);
        loop {
            let connection_rests = poll_fn(|context| match Pin::new(&mut connection).poll(context) {
                Poll::Ready(ended) => Poll::Ready(Some(ended)),
                Poll::Pending if pace.is_to_rest() => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            });
            tokio::select! {
                biased;
                ended = connection_rests => match ended {
                    Some(ended) => {
                        note_end(ended);
                        return None;
                    }
                    None => {
                        let Parts { io, read_buf, .. } = connection.into_parts();
                        // A copy: even an empty piece of a buffer keeps all of it.
                        return Some((io.into_inner(), Bytes::copy_from_slice(&read_buf)));
                    }
                },
                stage = next(stages) => {
                    // An idle connection would close now, perhaps under a request that is on its way: while connections
                    // are still taken it lives on, and its next answer closes it.
                    if stage > Stage::Draining {
                        Pin::new(&mut connection).graceful_shutdown();
                    }
                }
            }
        }
    }
}

/// What a client speaks.
enum Spoken {
    Http1,
    Http2,
}

/// Waits for a client to say something, and tells what it speaks by how it begins; nothing when it has closed, or the
/// server has come too far to wait.
async fn spoken(stream: &mut Patient, stages: &mut watch::Receiver<Stage>) -> io::Result<Option<Spoken>> {
    let mut said = BytesMut::new();
    loop {
        tokio::select! {
            biased;
            bytes = stream.first_bytes() => match bytes? {
                bytes if bytes.is_empty() => return Ok(None),
                bytes => said.extend_from_slice(&bytes),
            },
            () = closing(stages) => return Ok(None),
        }
        if said.len() < PREFACE.len() && PREFACE.starts_with(&said) {
            continue;
        }
        let version = if said.starts_with(PREFACE) { Spoken::Http2 } else { Spoken::Http1 };
        stream.put_back(said.freeze());
        return Ok(Some(version));
    }
}

/// Waits for the next stage; after the last one there is nothing to wait for.
pub(super) async fn next(stages: &mut watch::Receiver<Stage>) -> Stage {
    if stages.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    *stages.borrow_and_update()
}

/// Completes when connections that wait for a request are to end.
async fn closing(stages: &mut watch::Receiver<Stage>) {
    if stages.wait_for(|stage| *stage > Stage::Draining).await.is_err() {
        std::future::pending::<()>().await;
    }
}

pub(super) fn note_end(ended: hyper::Result<()>) {
    // Connections break for reasons of the client's own.
    if let Err(error) = ended {
        tracing::debug!(%error, "connection");
    }
}

/// HTTP/1 within the limits.
fn http1(limits: &ListenerLimits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    // The time for heads is kept by `patience`, since hyper's would count idle connections in.
    builder.header_read_timeout(None).max_buf_size(limits.head.max(SMALLEST_BUFFER));
    // hyper has room for a hundred without being told, and is faster so.
    if limits.headers != 100 {
        builder.max_headers(limits.headers);
    }
    builder
}
