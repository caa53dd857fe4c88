//! The HTTP door of one plugin: its documents, and `POST /api/{name}` for every operation.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::cors::{self, Cors};
use super::listener::Readiness;
use crate::call::{Arguments, Call, Door};
use crate::describe::{BaseUrl, ManifestMode, Site};
use crate::error::PluginError;
use crate::plugin::Plugin;
use crate::protocol::{ErrorType, SETTINGS_HEADER, Settings};
use crate::reply::Reply;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const YAML: HeaderValue = HeaderValue::from_static("application/yaml");

/// Bounds what one request may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes a request's body may have. 1 MiB.
    pub body: usize,
    /// How long a body may take to arrive. 30 s.
    pub body_time: Duration,
    /// How long a function may take. 55 s, because LobeHub gives up after 60.
    pub call_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: 1 << 20, body_time: Duration::from_secs(30), call_time: Duration::from_secs(55) }
    }
}

/// Serves one plugin over HTTP.
///
/// [`Plugin::router`] is the short form. The long one:
///
/// ```
/// use lobe_plugin_sdk::Plugin;
/// use lobe_plugin_sdk::serve::{Cors, HttpDoor};
///
/// let plugin = Plugin::new("clothes");
/// let door = HttpDoor::new(plugin)
///     .public_url("https://plugins.example.org".parse()?)
///     .mounted_at("/clothes")
///     .cors(Cors::closed().and("https://chat.example.org"));
/// let app: axum::Router = axum::Router::new().nest("/clothes", door.router());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct HttpDoor {
    plugin: Arc<Plugin>,
    public_url: Option<BaseUrl>,
    mounted_at: String,
    gateway: Option<&'static str>,
    mode: ManifestMode,
    cors: Cors,
    limits: Limits,
    readiness: Readiness,
}

impl HttpDoor {
    /// Opens a door into a plugin.
    pub fn new(plugin: impl Into<Arc<Plugin>>) -> Self {
        Self {
            plugin: plugin.into(),
            public_url: None,
            mounted_at: String::new(),
            gateway: None,
            mode: ManifestMode::default(),
            cors: Cors::loopback(),
            limits: Limits::default(),
            readiness: Readiness::default(),
        }
    }

    /// Sets where clients reach the server: what documents name. Without it they name what the client asked for, by
    /// its `Host` header.
    #[must_use]
    pub fn public_url(mut self, url: BaseUrl) -> Self {
        self.public_url = Some(url);
        self
    }

    /// Sets below which path of that server the routes are nested: `/clothes`.
    #[must_use]
    pub fn mounted_at(mut self, path: impl Into<String>) -> Self {
        self.mounted_at = path.into();
        self
    }

    /// Sets the path, on that server, of the gateway that the manifest names.
    #[must_use]
    pub fn gateway(mut self, path: &'static str) -> Self {
        self.gateway = Some(path);
        self
    }

    /// Sets how the manifest names the operations. `?mode=api` and `?mode=openapi` ask for one or the other.
    #[must_use]
    pub fn manifest_mode(mut self, mode: ManifestMode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets which pages may call operations. Documents are public in any case.
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = cors;
        self
    }

    /// Sets what one request may cost.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets what `/readyz` looks at.
    #[must_use]
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.readiness = readiness;
        self
    }

    /// Makes the routes, for an application with any state.
    ///
    /// # Panics
    ///
    /// When functions ask for a state that the plugin was not given, or that is to be made when it
    /// [starts](Plugin::start): better now than at the first call.
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let missing = self.plugin.absent_states();
        assert!(
            missing.is_empty(),
            "functions of `{}` ask for {}: add `.with_state(..)` to the plugin, or start it",
            self.plugin.identity().identifier,
            missing.iter().map(|name| format!("`State<{name}>`")).collect::<Vec<_>>().join(", "),
        );
        let readiness = self.readiness.clone();
        #[cfg(feature = "docs")]
        let title = self.plugin.identity().shown_title().to_owned();
        let door = Arc::new(self);
        let router = Router::new()
            .route("/api/{name}", door.operations())
            .route("/manifest.json", door.document(Self::manifest))
            .route("/openapi.json", door.document(Self::openapi_json))
            .route("/openapi.yaml", door.document(Self::openapi_yaml))
            .route("/healthz", get(async || "ok"))
            .route("/readyz", get(async move || readiness.answer()));
        #[cfg(feature = "docs")]
        let router = router.merge(super::docs::router(&title));
        router
    }

    fn operations<S: Clone + Send + Sync + 'static>(self: &Arc<Self>) -> MethodRouter<S> {
        let door = Arc::clone(self);
        let others = Arc::clone(self);
        axum::routing::post(async move |Path(name): Path<String>, request: Request| {
            door.call(name, request).await
        })
        .fallback(async move |request: Request| others.not_a_call(&request))
    }

    fn document<S: Clone + Send + Sync + 'static>(self: &Arc<Self>, paper: Paper) -> MethodRouter<S> {
        let door = Arc::clone(self);
        get(async move |OriginalUri(uri): OriginalUri, request: Request| {
            let site = door.site(&uri, &request);
            let (media_type, text) = paper(&door, &site);
            let mut response = ([(header::CONTENT_TYPE, media_type)], text).into_response();
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            Cors::any().mark(request.headers(), response.headers_mut());
            response
        })
        .options(async |request: Request| Cors::any().preflight(request.headers()))
    }

    fn manifest(&self, site: &Site) -> (HeaderValue, String) {
        (JSON, self.plugin.manifest_json(site))
    }

    fn openapi_json(&self, site: &Site) -> (HeaderValue, String) {
        (JSON, self.plugin.openapi(site).to_json())
    }

    fn openapi_yaml(&self, site: &Site) -> (HeaderValue, String) {
        (YAML, self.plugin.openapi(site).to_yaml())
    }

    /// Finds out where the client reaches us: as was configured, or by the host it asked.
    fn site(&self, asked: &Uri, request: &Request) -> Site {
        let server =
            self.public_url.clone().unwrap_or_else(|| asked_server(asked, request, &self.mounted_at));
        let mode = match asked.query() {
            Some("mode=openapi") => ManifestMode::OpenApi,
            Some("mode=api") => ManifestMode::Api,
            _ => self.mode,
        };
        let site = Site::at(server.join(&self.mounted_at)).in_mode(mode);
        match self.gateway {
            Some(path) => site.behind_gateway(server.join(path).as_str()),
            None => site,
        }
    }

    async fn call(&self, name: String, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let marks = self.marks(&parts.headers);
        let outcome = self.answer(name, parts, body).await;
        let mut response = outcome.map_or_else(|error| error_response(&error), reply_response);
        response.headers_mut().extend(marks);
        response
    }

    /// Returns the CORS headers of an answer; none for what is no page's request.
    fn marks(&self, request: &HeaderMap) -> HeaderMap {
        let mut marks = HeaderMap::new();
        if request.contains_key(header::ORIGIN) {
            self.cors.mark(request, &mut marks);
        }
        marks
    }

    async fn answer(&self, name: String, parts: Parts, body: Body) -> Result<Reply, PluginError> {
        if !self.cors.admits(&parts.headers) {
            return Err(uninvited(&parts.headers));
        }
        expect_json(&parts.headers)?;
        let settings = read_settings(&parts.headers)?;
        let text = read_body(&parts.headers, body, &self.limits).await?;
        let call = Call::new(name, Arguments::from_text(text))
            .with_settings(settings)
            .through(Door::Http)
            .within(self.limits.call_time)
            .with_headers(parts.headers)
            .with_extensions(parts.extensions);
        self.plugin.call(call).await
    }

    fn not_a_call(&self, request: &Request) -> Response {
        if cors::is_preflight(request.method()) {
            return self.cors.preflight(request.headers());
        }
        let error = PluginError::new(ErrorType::MethodNotAllowed, "operations are called with POST");
        let mut response = error_response(&error);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        response.headers_mut().extend(self.marks(request.headers()));
        response
    }
}

type Paper = fn(&HttpDoor, &Site) -> (HeaderValue, String);

impl Plugin {
    /// Makes the plugin's routes: `POST /api/{name}`, `/manifest.json`, `/openapi.json`, `/openapi.yaml`, `/docs`,
    /// `/healthz` and `/readyz`. They nest into an application with any state and any layers.
    ///
    /// ```
    /// # use lobe_plugin_sdk::Plugin;
    /// let plugin = Plugin::new("clothes");
    /// let app: axum::Router = axum::Router::new().nest("/clothes", plugin.router());
    /// ```
    ///
    /// # Panics
    ///
    /// As [`HttpDoor::router`].
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        HttpDoor::new(self.clone()).router()
    }
}

/// Takes the server's URL from the request: the host that was asked for, and what the routers that nest us have put
/// before the path that we know of.
fn asked_server(asked: &Uri, request: &Request, mounted_at: &str) -> BaseUrl {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| asked.authority().map(http::uri::Authority::as_str)).unwrap_or("localhost");
    let prefix = asked.path().strip_suffix(request.uri().path()).unwrap_or_default();
    let prefix = prefix.strip_suffix(mounted_at).unwrap_or(prefix);
    let fallback = || BaseUrl::parse("http://localhost").expect("cannot fail because it is a base URL");
    BaseUrl::parse(&format!("http://{host}{prefix}")).unwrap_or_else(|_| fallback())
}

/// Refuses a page that was not invited, and says how to invite it.
#[must_use]
pub fn uninvited(headers: &HeaderMap) -> PluginError {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or("this origin");
    let origin: String = origin.chars().take(200).collect();
    PluginError::forbidden(format!("pages from {origin} are not invited: allow it with `--cors {origin}`"))
}

/// Refuses bodies that say they are something else than JSON. LobeChat's browser says `text/plain`, since its request
/// has no type of its own, and LobeHub's gateway does the same.
///
/// # Errors
///
/// 415.
pub fn expect_json(headers: &HeaderMap) -> Result<(), PluginError> {
    let Some(declared) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let declared = declared.to_str().unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &*essence {
        "" | "application/json" | "text/json" | "text/plain" => Ok(()),
        other if other.ends_with("+json") => Ok(()),
        _ => Err(PluginError::new(
            ErrorType::Status(415),
            "the body is JSON: send it as `application/json` or `text/plain`",
        )),
    }
}

/// Reads the settings that came with a request.
///
/// # Errors
///
/// `PluginSettingsInvalid` when the header is there and is not a JSON object.
pub fn read_settings(headers: &HeaderMap) -> Result<Settings, PluginError> {
    match headers.get(SETTINGS_HEADER) {
        None => Ok(Settings::default()),
        Some(value) => Settings::from_header(value.as_bytes())
            .map_err(|fault| PluginError::settings_invalid(fault.to_string())),
    }
}

/// Reads a request's body within the limits.
///
/// # Errors
///
/// 413 for a body over the limit, 408 for one that does not arrive in time, 400 for one that breaks off.
pub async fn read_body(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Bytes, PluginError> {
    let too_large = || {
        let message = format!("the body has more than {} bytes", limits.body);
        PluginError::new(ErrorType::Status(413), message)
    };
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: usize| length > limits.body) {
        return Err(too_large());
    }
    let read = Limited::new(body, limits.body).collect();
    match tokio::time::timeout(limits.body_time, read).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(cause)) if cause.downcast_ref::<LengthLimitError>().is_some() => Err(too_large()),
        Ok(Err(_)) => Err(PluginError::bad_request("the body broke off")),
        Err(_) => Err(PluginError::new(ErrorType::Status(408), "the body did not arrive in time")),
    }
}

fn reply_response(reply: Reply) -> Response {
    let media_type = HeaderValue::from_static(reply.kind().media_type());
    ([(header::CONTENT_TYPE, media_type)], reply.into_text()).into_response()
}

/// Answers with an error as LobeHub's plugin protocol writes it.
#[must_use]
pub fn error_response(error: &PluginError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = serde_json::to_string(&error.to_wire())
        .expect("cannot fail because an error is strings, numbers and JSON values");
    (status, [(header::CONTENT_TYPE, JSON)], text).into_response()
}
