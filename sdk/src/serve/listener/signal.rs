//! When it is time to end, and in which way.

/// Says how a server is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Load balancers still send calls for a moment, and none may be lost: what SIGTERM means.
    Orderly,
    /// Somebody waits for the prompt: no new connections, running calls finish. What Ctrl-C means.
    Prompt,
}

/// Completes at SIGTERM or Ctrl-C. The second one ends the process at once, with status 130.
///
/// Signals are listened to from the call on, not from the first poll.
///
/// # Panics
///
/// Outside of a tokio runtime.
pub fn shutdown_signal() -> impl Future<Output = Shutdown> {
    let mut signals = Signals::new();
    async move {
        let first = signals.next().await;
        tokio::spawn(async move {
            signals.next().await;
            std::process::exit(130);
        });
        first
    }
}

/// Listens all the time, so that a second signal right behind the first is not lost.
struct Signals {
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    interrupt: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| match signal(kind) {
            Ok(signal) => Some(signal),
            Err(error) => {
                tracing::warn!(%error, ?kind, "a signal cannot be listened to");
                None
            }
        };
        Self { terminate: listen(SignalKind::terminate()), interrupt: listen(SignalKind::interrupt()) }
    }

    async fn next(&mut self) -> Shutdown {
        tokio::select! {
            () = one(&mut self.terminate) => Shutdown::Orderly,
            () = one(&mut self.interrupt) => Shutdown::Prompt,
        }
    }
}

#[cfg(unix)]
async fn one(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self {}
    }

    async fn next(&mut self) -> Shutdown {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "Ctrl-C cannot be listened to");
            std::future::pending::<()>().await;
        }
        Shutdown::Prompt
    }
}
