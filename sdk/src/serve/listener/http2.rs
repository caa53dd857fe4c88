//! A connection of HTTP/2: many calls at once, and an end that says which of them were still taken.

use std::pin::pin;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::connection::{Door, next, note_end};
use super::gate::Gate;
use super::limits::ListenerLimits;
use super::stage::Stage;

impl Door {
    /// Speaks HTTP/2 until the connection ends.
    pub(super) async fn http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        service: TowerToHyperService<Gate>,
        stages: &mut watch::Receiver<Stage>,
    ) {
        let mut connection = pin!(http2(&self.limits).serve_connection(TokioIo::new(stream), service));
        loop {
            tokio::select! {
                ended = &mut connection => return note_end(ended),
                // It can say which request was the last one it took, so it may end as soon as that is asked.
                _ = next(stages) => connection.as_mut().graceful_shutdown(),
            }
        }
    }
}

/// HTTP/2 within the limits.
fn http2(limits: &ListenerLimits) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX))
        // Both are the h2 crate's own defaults, and here so that they stay: a client that opens and resets streams all
        // the time is cut off (CVE-2023-44487, CVE-2025-8671).
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(1024);
    builder
}
