//! The documentation page: Swagger UI, embedded in the program, so that it works without the internet.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_swagger_ui::Config;

/// Makes the routes of the page, which reads the `openapi.json` beside it, wherever both are nested.
pub(super) fn router<S: Clone + Send + Sync + 'static>(title: &str) -> Router<S> {
    // The base layout has no bar at the top in which people could load another document.
    let config = Config::new(["../openapi.json"]).try_it_out_enabled(true).use_base_layout();
    let page = Arc::new(Page { config: Arc::new(config), title: escaped(title) });
    let index = Arc::clone(&page);
    Router::new()
        .route("/docs", get(async || Redirect::permanent("docs/")))
        .route("/docs/", get(async move || index.file("index.html")))
        .route("/docs/{*file}", get(async move |path: Result<Path<String>, PathRejection>| page.asked(path)))
}

struct Page {
    config: Arc<Config<'static>>,
    title: String,
}

impl Page {
    /// Answers for what stands in a URL, which need not be text.
    fn asked(&self, path: Result<Path<String>, PathRejection>) -> Response {
        path.map_or_else(|_| StatusCode::NOT_FOUND.into_response(), |Path(path)| self.file(&path))
    }

    fn file(&self, path: &str) -> Response {
        match utoipa_swagger_ui::serve(path, Arc::clone(&self.config)) {
            Ok(Some(file)) => {
                let media_type = HeaderValue::from_str(&file.content_type)
                    .unwrap_or(HeaderValue::from_static("application/octet-stream"));
                ([(header::CONTENT_TYPE, media_type)], self.titled(path, &file.bytes)).into_response()
            }
            Ok(None) => StatusCode::NOT_FOUND.into_response(),
            Err(cause) => {
                tracing::error!(%cause, path, "the documentation page cannot be made");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// Puts the plugin's name in the browser's tab.
    fn titled(&self, path: &str, file: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(file) {
            Ok(page) if path == "index.html" => page
                .replace("<title>Swagger UI</title>", &format!("<title>{}</title>", self.title))
                .into_bytes(),
            _ => file.to_vec(),
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
