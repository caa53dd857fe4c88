//! The routes of every plugin, under `/plugins/{identifier}`: its documents and its operations.
//!
//! Which plugins there are, and what they can do, is asked with each request: documents elsewhere change. The routes of one
//! are made when it is first asked for, and anew when it has changed.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::response::Response;
use lobe_plugin_sdk::serve::{Cors, McpDoor};
use tower_service::Service;

use super::{MCP_PATH, failure};
use crate::error::Error;
use crate::front;
use crate::gateway::Gateway;
use crate::target::Target;

/// Opens a door into each plugin that is asked for.
#[derive(Clone, Debug)]
pub(super) struct Doors(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gateway: Arc<Gateway>,
    /// By identifier; there are as many as the operator has plugins.
    open: Mutex<HashMap<String, Open>>,
}

#[derive(Clone, Debug)]
struct Open {
    target: Arc<Target>,
    /// Asked at once: a call over MCP is to cost little more than one of `POST /api/gateway`.
    mcp: Arc<McpDoor>,
    /// Everything else.
    router: Router,
}

impl Doors {
    /// Opens the doors of this process's plugins, which are known.
    pub(super) fn new(gateway: Arc<Gateway>) -> Self {
        let doors = Inner { gateway, open: Mutex::default() };
        for target in doors.gateway.resolver.mounted() {
            // So that a state which is missing is missed now.
            let _open = doors.open(target.identifier(), target);
        }
        Self(Arc::new(doors))
    }
}

impl Service<Request> for Doors {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let doors = Arc::clone(&self.0);
        Box::pin(async move { Ok(doors.serve(request).await) })
    }
}

impl Inner {
    /// Answers a request whose path begins with a plugin's identifier.
    async fn serve(&self, request: Request) -> Response {
        let path = request.uri().path().trim_start_matches('/');
        // What a URL would have to encode is no identifier that has routes: no two spellings lead to one plugin.
        let identifier = path.split('/').next().unwrap_or_default().to_owned();
        let target = match self.gateway.resolver.find(&identifier).await {
            Ok(target) => target,
            Err(error) => return missing(error, &request),
        };
        let Open { mcp, mut router, .. } = self.open(&identifier, &target);
        let path = request.uri().path().trim_start_matches('/');
        if path.strip_prefix(&identifier) == Some(MCP_PATH) {
            return mcp.serve(request).await;
        }
        let Ok(response) = router.call(below(&identifier, request)).await;
        response
    }

    fn open(&self, identifier: &str, target: &Arc<Target>) -> Open {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.get(identifier).filter(|known| Arc::ptr_eq(&known.target, target)) {
            return known.clone();
        }
        let door = self.gateway.door(&front::plugin(&self.gateway, target));
        let mcp = Arc::new(door.mcp());
        let router = door.without_mcp().mounted_at(format!("/plugins/{identifier}")).router();
        let known = Open { target: Arc::clone(target), mcp, router };
        open.insert(identifier.to_owned(), known.clone());
        known
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
