//! How far a server's life has come: for the connections a [`Stage`], for `/readyz` a [`Readiness`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use tokio::sync::watch;

/// Tells connections how far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Calls are welcome.
    Open,
    /// They are still taken, and answers ask clients to go elsewhere.
    Draining,
    /// What runs may finish.
    Closing,
    /// What still runs is answered 503.
    GivenUp,
}

/// Travels with a request: when the server cannot wait for it any longer.
#[derive(Clone, Debug)]
pub(in crate::serve) struct Ending(pub(super) watch::Receiver<Stage>);

impl Ending {
    /// Completes when the server ends, and what still runs is given up.
    pub(in crate::serve) async fn given_up(mut self) {
        if self.0.wait_for(|stage| *stage == Stage::GivenUp).await.is_err() {
            std::future::pending().await
        }
    }
}

/// Tells whether new calls are welcome.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<AtomicBool>);

impl Default for Readiness {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Readiness {
    /// Returns whether new calls are welcome.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Answers `/readyz`.
    #[must_use]
    pub fn answer(&self) -> (StatusCode, &'static str) {
        if self.is_ready() {
            (StatusCode::OK, "ready")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "draining")
        }
    }

    /// Says that they no longer are.
    pub fn drain(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
