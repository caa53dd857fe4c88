//! A router that is called without a socket.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower_service::Service;

/// Answers requests by a router of this process, as a server on `localhost` would.
///
/// ```
/// use bytes::Bytes;
/// use lobe_plugin_sdk::Plugin;
/// use lobe_plugin_sdk::testing::LocalServer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let server = LocalServer::of(Plugin::new("clothes").router::<()>());
/// let response = server.send(http::Request::get("/healthz").body(Bytes::new()).unwrap()).await;
/// assert_eq!(response.into_body(), "ok");
/// # }
/// ```
#[derive(Clone)]
pub struct LocalServer(Arc<dyn Fn(Request<Bytes>) -> Answering + Send + Sync>);

type Answering = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

impl LocalServer {
    /// Takes a router, or whatever else answers requests and never fails to.
    pub fn of<S, B>(service: S) -> Self
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
        B: Body<Data = Bytes, Error: fmt::Debug> + Send,
    {
        Self(Arc::new(move |request| {
            let mut service = service.clone();
            Box::pin(async move {
                let Ok(response) = service.call(request.map(Full::new)).await;
                let (head, body) = response.into_parts();
                let body = body.collect().await;
                let body = body.unwrap_or_else(|error| panic!("the answer broke off: {error:?}"));
                Response::from_parts(head, body.to_bytes())
            })
        }))
    }

    /// Answers a request. One that names no host asks `localhost`.
    ///
    /// # Panics
    ///
    /// When the answer breaks off.
    pub async fn send(&self, mut request: Request<Bytes>) -> Response<Bytes> {
        let host = request.headers_mut().entry(header::HOST);
        host.or_insert(HeaderValue::from_static("localhost"));
        (self.0)(request).await
    }
}

impl fmt::Debug for LocalServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LocalServer")
    }
}
