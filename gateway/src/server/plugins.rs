//! The routes of every plugin, under `/plugins/{identifier}`: its documents and its operations.
//!
//! Which plugins there are, and what they can do, is asked with each request: documents elsewhere change. The routes of one
//! are made when it is first asked for, and anew when it has changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::response::Response;
use lobe_plugin_sdk::serve::Cors;
use tower_service::Service as _;

use super::failure;
use crate::error::Error;
use crate::front;
use crate::gateway::Gateway;
use crate::target::Target;

/// Opens a door into each plugin that is asked for.
#[derive(Debug)]
pub(super) struct Doors {
    gateway: Arc<Gateway>,
    /// By identifier; there are as many as the operator has plugins.
    open: Mutex<HashMap<String, Open>>,
}

#[derive(Clone, Debug)]
struct Open {
    target: Arc<Target>,
    router: Router,
}

impl Doors {
    /// Opens the doors of this process's plugins, which are known.
    pub(super) fn new(gateway: Arc<Gateway>) -> Self {
        let doors = Self { gateway, open: Mutex::default() };
        for target in doors.gateway.resolver.mounted() {
            // So that a state which is missing is missed now.
            let _routes = doors.router(target.identifier(), target);
        }
        doors
    }

    /// Answers a request whose path begins with a plugin's identifier.
    pub(super) async fn serve(&self, request: Request) -> Response {
        let path = request.uri().path().trim_start_matches('/');
        // What a URL would have to encode is no identifier that has routes: no two spellings lead to one plugin.
        let identifier = path.split('/').next().unwrap_or_default().to_owned();
        match self.gateway.resolver.find(&identifier).await {
            Ok(target) => {
                let mut router = self.router(&identifier, &target);
                let Ok(response) = router.call(below(&identifier, request)).await;
                response
            }
            Err(error) => missing(error, &request),
        }
    }

    fn router(&self, identifier: &str, target: &Arc<Target>) -> Router {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.get(identifier).filter(|known| Arc::ptr_eq(&known.target, target)) {
            return known.router.clone();
        }
        let door = self.gateway.door(&front::plugin(&self.gateway, target));
        let router = door.mounted_at(format!("/plugins/{identifier}")).router();
        let known = Open { target: Arc::clone(target), router: router.clone() };
        open.insert(identifier.to_owned(), known);
        router
    }
}

/// Tells whoever reads documents, from whatever page, why there is none.
fn missing(error: crate::search::Error, request: &Request) -> Response {
    let mut response = failure(&Error::from(error));
    Cors::any().mark(request.headers(), response.headers_mut());
    response
}

/// Takes the identifier off the path.
fn below(identifier: &str, mut request: Request) -> Request {
    let rest = |uri: &Uri| -> Option<PathAndQuery> {
        let rest = uri.path_and_query()?.as_str().trim_start_matches('/').strip_prefix(identifier)?;
        let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        rest.parse().ok()
    };
    let path = rest(request.uri()).unwrap_or(PathAndQuery::from_static("/"));
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.path_and_query = Some(path);
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    request
}
