//! The HTTP door of one plugin: its documents, and `POST /api/{name}` for every operation.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{OriginalUri, Path, Request};
use axum::http::request::Parts;
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use bytes::Bytes;

use super::answer::Wanted;
use super::asked;
use super::authorize::{Authorization, expect_signed_body};
use super::cors::{self, Cors};
use super::exchange::{
    Limits, denied_response, error_response, expect_json, read_body, read_settings, uninvited,
};
use super::hosts::Hosts;
use super::listener::Readiness;
use crate::call::{Arguments, Call};
use crate::caller::Door;
use crate::describe::{BaseUrl, ManifestMode, OpenApiVersion, Site};
use crate::error::PluginError;
use crate::operation::Operation;
use crate::plugin::Plugin;
use crate::protocol::ErrorType;
use crate::reply::Reply;
use crate::schema::Profile;
use crate::setting_sources::SettingSources;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const YAML: HeaderValue = HeaderValue::from_static("application/yaml");

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
#[derive(Clone)]
pub struct HttpDoor {
    plugin: Arc<Plugin>,
    public_url: Option<BaseUrl>,
    mounted_at: String,
    gateway: Option<&'static str>,
    mode: ManifestMode,
    profile: Profile,
    openapi: OpenApiVersion,
    cors: Cors,
    authorization: Authorization,
    hosts: Hosts,
    limits: Limits,
    readiness: Readiness,
    setting_sources: SettingSources,
    #[cfg(feature = "mcp")]
    mcp: Option<Customize>,
    #[cfg(feature = "mcp")]
    has_mcp: bool,
    #[cfg(feature = "mcp")]
    sessions: Option<super::sessions::Sessions>,
    #[cfg(feature = "mcp")]
    files: Option<crate::mcp::SignedFiles>,
}

/// What an author adds to the MCP server.
#[cfg(feature = "mcp")]
type Customize = Arc<dyn Fn(crate::mcp::McpServer) -> crate::mcp::McpServer + Send + Sync>;

impl HttpDoor {
    /// Opens a door into a plugin.
    pub fn new(plugin: impl Into<Arc<Plugin>>) -> Self {
        let plugin = plugin.into();
        Self {
            setting_sources: SettingSources::of(&plugin),
            plugin,
            public_url: None,
            mounted_at: String::new(),
            gateway: None,
            mode: ManifestMode::default(),
            profile: Profile::default(),
            openapi: OpenApiVersion::default(),
            cors: Cors::loopback(),
            authorization: Authorization::default(),
            hosts: Hosts::local(),
            limits: Limits::default(),
            readiness: Readiness::default(),
            #[cfg(feature = "mcp")]
            mcp: None,
            #[cfg(feature = "mcp")]
            has_mcp: true,
            #[cfg(feature = "mcp")]
            sessions: None,
            #[cfg(feature = "mcp")]
            files: None,
        }
    }

    /// Adds to what MCP clients are offered at `/mcp` beside the tools.
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn mcp_server(mut self, customize: Customize) -> Self {
        self.mcp = Some(customize);
        self
    }

    /// Leaves `/mcp` to somebody else, such as a server that has the tools of other plugins, too.
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn without_mcp(mut self) -> Self {
        self.has_mcp = false;
        self
    }

    /// Lets MCP clients of the older era begin sessions at `/mcp`; see [`Sessions`](super::Sessions).
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn sessions(mut self, sessions: super::Sessions) -> Self {
        self.sessions = Some(sessions);
        self
    }

    /// Links to pictures and files in what MCP clients are answered, and serves them at `/files/{id}`; see
    /// [`SignedFiles`](crate::mcp::SignedFiles).
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn files(mut self, files: crate::mcp::SignedFiles) -> Self {
        self.files = Some(files);
        self
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

    /// Sets in which profile the manifest shows parameters. `?profile=openai-strict` asks for another one.
    ///
    /// It guides what a model writes, and changes nothing about what is accepted.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets which version of OpenAPI the document is in. `?version=3.0` and `?version=3.1` ask for one or the other.
    #[must_use]
    pub fn openapi(mut self, version: OpenApiVersion) -> Self {
        self.openapi = version;
        self
    }

    /// Sets which pages may call operations. Documents are public in any case.
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = cors;
        self
    }

    /// Sets who may call operations; everybody without it. Documents are public in any case: clients read them before
    /// they have a key.
    #[must_use]
    pub fn authorization(mut self, authorization: Authorization) -> Self {
        self.authorization = authorization;
        self
    }

    /// Sets which hosts `/mcp` answers to; that of the public URL is one in any case.
    #[must_use]
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.hosts = hosts;
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
        let router = door
            .operations()
            .route("/manifest.json", door.document(MANIFEST))
            .route("/.well-known/ai-plugin.json", door.document(AI_PLUGIN))
            .route("/openapi.json", door.document(OPENAPI_JSON))
            .route("/openapi.yaml", door.document(OPENAPI_YAML))
            .route("/healthz", get(async || "ok"))
            .route("/readyz", get(async move || readiness.answer()));
        #[cfg(feature = "mcp")]
        let router = door
            .files
            .iter()
            .cloned()
            .fold(router, |router, files| router.route("/files/{id}", super::files::files_route(files)));
        #[cfg(feature = "mcp")]
        let router = if door.has_mcp { router.route("/mcp", door.mcp().route()) } else { router };
        #[cfg(feature = "docs")]
        let router = router.merge(super::docs::router(&title));
        // Below a path they would not be where clients look.
        if door.mounted_at.is_empty() { router.merge(door.authorization.metadata()) } else { router }
    }

    /// Makes a route for every operation, and one for all other names, which says what is wrong with them.
    fn operations<S: Clone + Send + Sync + 'static>(self: &Arc<Self>) -> Router<S> {
        let door = Arc::clone(self);
        let unknown = async move |name: Result<Path<String>, PathRejection>, request: Request| {
            let name = name.map_or_else(|_| last_segment(request.uri()), |Path(name)| name);
            door.call(name.into(), request).await
        };
        let router = Router::new().route("/api/{name}", self.only_post(axum::routing::post(unknown)));
        self.plugin.operations().iter().fold(router, |router, operation| {
            let door = Arc::clone(self);
            let name = operation.shared_name();
            let known = async move |request: Request| door.call(name.clone(), request).await;
            router.route(&format!("/api/{}", operation.name()), self.only_post(axum::routing::post(known)))
        })
    }

    /// Opens the door for MCP clients that the routes have at `/mcp`, with the limits and callers of this one.
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn mcp(&self) -> super::mcp::McpDoor {
        let server = crate::mcp::McpServer::of(Arc::clone(&self.plugin));
        let server = server.profile(self.profile).call_time(self.limits.call_time);
        let server = self.files.iter().cloned().fold(server, crate::mcp::McpServer::files);
        let server = self.mcp.as_ref().map_or_else(|| server.clone(), |customize| customize(server.clone()));
        let hosts = self.hosts.clone();
        let hosts = self.public_url.iter().fold(hosts, Hosts::and_of);
        let door = super::mcp::McpDoor::new(server)
            .cors(self.cors.clone())
            .authorization(self.authorization.clone())
            .hosts(hosts)
            .limits(self.limits);
        self.sessions.iter().cloned().fold(door, super::mcp::McpDoor::sessions)
    }

    fn only_post<S: Clone + Send + Sync + 'static>(
        self: &Arc<Self>,
        post: MethodRouter<S>,
    ) -> MethodRouter<S> {
        let door = Arc::clone(self);
        post.fallback(async move |request: Request| door.not_a_call(request).await)
    }

    fn document<S: Clone + Send + Sync + 'static>(self: &Arc<Self>, paper: Paper) -> MethodRouter<S> {
        let door = Arc::clone(self);
        let written = Arc::new(Written::default());
        get(async move |OriginalUri(uri): OriginalUri, request: Request| {
            let mut response = match asked::forms(&uri, door.site(&uri, &request)) {
                Ok(site) => paper.answer(&written, &door.plugin, site),
                Err(error) => error_response(&error),
            };
            Cors::any().mark(request.headers(), response.headers_mut());
            response
        })
        .options(async |request: Request| Cors::any().preflight(request.headers()))
    }

    /// Finds out where the client reaches us: as was configured, or by the host it asked.
    fn site(&self, asked: &Uri, request: &Request) -> Site {
        let server =
            self.public_url.clone().unwrap_or_else(|| asked_server(asked, request, &self.mounted_at));
        let site = Site::at(server.join(&self.mounted_at))
            .in_mode(self.mode)
            .in_profile(self.profile)
            .in_openapi(self.openapi);
        match self.gateway {
            Some(path) => site.behind_gateway(server.join(path).as_str()),
            None => site,
        }
    }

    async fn call(&self, name: Cow<'static, str>, request: Request) -> Response {
        let (mut parts, body) = request.into_parts();
        let marks = self.marks(&parts.headers);
        let wanted = Wanted::by(&parts.headers);
        let mut response = match self.admit(&mut parts, &name).await {
            Ok(()) => match self.answer(name, parts, body).await {
                Ok(reply) => wanted.response(reply),
                Err(error) => error_response(&error),
            },
            Err(refused) => refused,
        };
        // Beside what is there: `Vary` may have a say already.
        for (name, value) in &marks {
            response.headers_mut().append(name, value.clone());
        }
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

    /// Refuses pages that were not invited, and whoever has no right credential, or lacks scopes of the operation.
    async fn admit(&self, parts: &mut Parts, name: &str) -> Result<(), Response> {
        if !self.cors.admits(&parts.headers) {
            return Err(error_response(&uninvited(&parts.headers)));
        }
        let scopes = self.plugin.find(name).map_or(&[][..], Operation::get_scopes);
        let admitted = self.authorization.admit(parts).await;
        admitted
            .and_then(|()| self.authorization.admit_to(scopes, parts))
            .map_err(|denied| denied_response(&denied))
    }

    async fn answer(&self, name: Cow<'static, str>, parts: Parts, body: Body) -> Result<Reply, PluginError> {
        expect_json(&parts.headers)?;
        let settings = read_settings(&parts.headers, &self.limits)?;
        let settings = self.setting_sources.complete(settings, &parts.headers);
        let text = read_body(&parts.headers, body, &self.limits).await?;
        expect_signed_body(&parts.extensions, &text)?;
        let call = Call::new(name, Arguments::from_text(text))
            .with_settings(settings)
            .through(Door::Http)
            .within(self.limits.call_time)
            .with_headers(parts.headers)
            .with_extensions(parts.extensions);
        self.plugin.call(call).await
    }

    async fn not_a_call(&self, request: Request) -> Response {
        if cors::is_preflight(request.method()) {
            return self.cors.preflight(request.headers());
        }
        let (mut parts, _) = request.into_parts();
        // Whoever may not call is not told how.
        let mut response = match self.authorization.admit(&mut parts).await {
            Ok(()) => {
                let error = PluginError::new(ErrorType::MethodNotAllowed, "operations are called with POST");
                let mut response = error_response(&error);
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
                response
            }
            Err(denied) => denied_response(&denied),
        };
        response.headers_mut().extend(self.marks(&parts.headers));
        response
    }
}

impl fmt::Debug for HttpDoor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HttpDoor").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

/// A document that the door serves.
#[derive(Clone)]
struct Paper {
    media_type: HeaderValue,
    write: fn(&Plugin, &Site) -> String,
}

impl Paper {
    fn answer(&self, written: &Written, plugin: &Plugin, site: Site) -> Response {
        let text = written.or_write(site, |site| (self.write)(plugin, site));
        let headers = [
            (header::CONTENT_TYPE, self.media_type.clone()),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        (headers, text).into_response()
    }
}

const MANIFEST: Paper = Paper { media_type: JSON, write: Plugin::manifest_json };
const AI_PLUGIN: Paper = Paper { media_type: JSON, write: Plugin::ai_plugin_json };
const OPENAPI_JSON: Paper = Paper { media_type: JSON, write: |plugin, site| plugin.openapi(site).to_json() };
const OPENAPI_YAML: Paper = Paper { media_type: YAML, write: |plugin, site| plugin.openapi(site).to_yaml() };

/// Keeps a document for the site it was last asked for, since nearly all clients ask for the same: writing one costs
/// many times what sending it does.
#[derive(Default)]
struct Written(Mutex<Option<(Site, Bytes)>>);

impl Written {
    fn or_write(&self, site: Site, write: impl FnOnce(&Site) -> String) -> Bytes {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, text)) if *known == site => text.clone(),
            _ => {
                let text = Bytes::from(write(&site));
                *last = Some((site, text.clone()));
                text
            }
        }
    }
}

impl Plugin {
    /// Makes the plugin's routes: `POST /api/{name}`, `POST /mcp`, `/manifest.json`, `/openapi.json`, `/openapi.yaml`,
    /// `/docs`, `/healthz` and `/readyz`. They nest into an application with any state and any layers.
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

/// Returns the name of an operation as it was written: one that is no text when it is decoded.
fn last_segment(uri: &Uri) -> String {
    uri.path().rsplit('/').next().unwrap_or_default().to_owned()
}

/// Takes the server's URL from the request: the host that was asked for, and what the routers that nest us have put
/// before the path that we know of. `asked` is the URL as it came in, [`OriginalUri`].
#[must_use]
pub fn asked_server(asked: &Uri, request: &Request, mounted_at: &str) -> BaseUrl {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| asked.authority().map(http::uri::Authority::as_str)).unwrap_or("localhost");
    let prefix = asked.path().strip_suffix(request.uri().path()).unwrap_or_default();
    let prefix = prefix.strip_suffix(mounted_at).unwrap_or(prefix);
    let fallback = || BaseUrl::parse("http://localhost").expect("cannot fail because it is a base URL");
    let scheme = request.extensions().get().unwrap_or(&Scheme::HTTP);
    BaseUrl::parse(&format!("{scheme}://{host}{prefix}")).unwrap_or_else(|_| fallback())
}
