//! The router that requests are led to, which another one can take the place of while the server runs.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;

/// Holds a router. Clones hold the same: what is [put in its place](Self::replace) by one serves the others' next request,
/// on whatever connection that comes. Calls that run already end as they began.
#[derive(Clone, Debug)]
pub struct Routes(Arc<RwLock<Router>>);

impl Routes {
    /// Starts with a router.
    #[must_use]
    pub fn new(router: Router) -> Self {
        Self(Arc::new(RwLock::new(router)))
    }

    /// Puts another router in its place.
    pub fn replace(&self, router: Router) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = router;
    }

    /// Returns the router as it is now.
    pub(super) fn current(&self) -> Router {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
