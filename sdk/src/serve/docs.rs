//! The documentation page: Swagger UI, embedded in the program, so that it works without the internet.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_swagger_ui::Config;

/// Makes the routes of the page, which reads the `openapi.json` beside it, wherever both are nested.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let config = Arc::new(Config::new(["../openapi.json"]).try_it_out_enabled(true));
    let index = Arc::clone(&config);
    Router::new()
        .route("/docs", get(async || Redirect::permanent("docs/")))
        .route("/docs/", get(async move || file("index.html", index)))
        .route("/docs/{*file}", get(async move |Path(path): Path<String>| file(&path, config)))
}

fn file(path: &str, config: Arc<Config<'static>>) -> Response {
    match utoipa_swagger_ui::serve(path, config) {
        Ok(Some(file)) => {
            let media_type = HeaderValue::from_str(&file.content_type)
                .unwrap_or(HeaderValue::from_static("application/octet-stream"));
            ([(header::CONTENT_TYPE, media_type)], file.bytes.into_owned()).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(cause) => {
            tracing::error!(%cause, path, "the documentation page cannot be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
