//! The door of `dev`: what the bench has made of the plugin last, and a line on the screen for every request.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use lobe_plugin_sdk::PluginError;
use lobe_plugin_sdk::serve::{Cors, error_response};
use tower_service::Service as _;

use super::asked::Asked;
use super::bench::{Bench, Stage};
use super::screen::Told;

/// The most bytes of a body that is looked into.
const LOOKED_INTO: usize = 1 << 20;
/// What nobody wants to read of: preflights, and what a monitor or a browser asks by itself.
const UNTOLD: [&str; 3] = ["/healthz", "/readyz", "/favicon.ico"];

/// Makes the routes.
pub(super) fn router(bench: Arc<Bench>) -> Router {
    Router::new().fallback(async move |request: Request| answer_and_tell(&bench, request).await)
}

async fn answer_and_tell(bench: &Arc<Bench>, request: Request) -> Response {
    let begun = Instant::now();
    let untold = request.method() == Method::OPTIONS || UNTOLD.contains(&request.uri().path());
    let (asked, request) = look_into(request).await;
    let (response, known) = answer(bench, request).await;
    let (lines, response) = match response.status().as_u16() {
        400.. => explain(&asked, &known, response).await,
        _ => (asked.staleness(&known).into_iter().collect(), response),
    };
    if !untold {
        let status = response.status().as_u16();
        bench.screen.tell(&Told { asked: &asked.line, status, took: begun.elapsed(), lines });
    }
    response
}

/// Reads a request's body for the screen, unless it is large or says not how large it is.
async fn look_into(request: Request) -> (Asked, Request) {
    let (parts, body) = request.into_parts();
    let length =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let (body, text) = match length {
        Some(1..=LOOKED_INTO) => {
            // A body that breaks off is judged by the gateway as one that does not parse.
            let text = to_bytes(body, LOOKED_INTO).await.unwrap_or_default();
            (Body::from(text.clone()), text)
        }
        _ => (body, Default::default()),
    };
    let asked = Asked::of(&parts.method, parts.uri.path(), &parts.headers, &text);
    (asked, Request::from_parts(parts, body))
}

/// Answers as the plugin's last state makes it, and names its operations.
async fn answer(bench: &Arc<Bench>, request: Request) -> (Response, Vec<String>) {
    match bench.current().await {
        Stage::Up(up) => {
            let response = match (request.uri().path(), &up.manifest) {
                ("/manifest.json", Some(manifest)) => document(&request, manifest),
                // Who opens the bare address in a browser wants to see something.
                ("/", _) => Redirect::temporary("/docs/").into_response(),
                _ => {
                    let mut router = up.router.clone();
                    router.call(request).await.unwrap_or_else(|never| match never {})
                }
            };
            (response, up.names.clone())
        }
        Stage::Starting => (absent(bench, &request, "the plugin is still starting"), Vec::new()),
        Stage::Down(why) => (absent(bench, &request, &why), Vec::new()),
    }
}

/// Answers with a document that any page may read.
fn document(request: &Request, text: &str) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    let response = (headers, text.to_owned()).into_response();
    invite(&Cors::closed().and("*"), request, response)
}

/// Answers for a plugin that is not there.
fn absent(bench: &Bench, request: &Request, why: &str) -> Response {
    let error = PluginError::unavailable(format!("[gateway] {why}"));
    invite(&bench.cors, request, error_response(&error))
}

/// Lets pages read an answer, and answers what they ask before they ask it.
fn invite(cors: &Cors, request: &Request, mut response: Response) -> Response {
    if *request.method() == Method::OPTIONS {
        return cors.preflight(request.headers());
    }
    cors.mark(request.headers(), response.headers_mut());
    response
}

/// Reads an answer that is an error for the screen.
async fn explain(asked: &Asked, known: &[String], response: Response) -> (Vec<String>, Response) {
    let (parts, body) = response.into_parts();
    match to_bytes(body, LOOKED_INTO).await {
        Ok(text) => (asked.explain(&text, known), Response::from_parts(parts, Body::from(text))),
        Err(error) => {
            (vec![format!("the answer broke off: {error}")], StatusCode::BAD_GATEWAY.into_response())
        }
    }
}
