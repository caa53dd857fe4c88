//! What the operator looks at, on a listener of its own: counters and health. Callers never reach it.

use axum::Router;
use axum::http::header;
use axum::routing::get;
use lobe_plugin_sdk::serve::Readiness;

use crate::counters::Counters;

/// The type of [`Counters::text`].
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Makes the operator's routes.
pub(crate) fn router(counters: Counters, readiness: Readiness) -> Router {
    let metrics = async move || ([(header::CONTENT_TYPE, OPEN_METRICS)], counters.text());
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(async move || readiness.answer()))
}
