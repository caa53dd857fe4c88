//! The gateway's HTTP face: a request becomes a call once, at the top, and an error a response once, at the bottom.

mod batch;
mod index;
mod plugins;
mod tools;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use lobe_plugin_sdk::mcp::SignedFiles;
use lobe_plugin_sdk::protocol::ErrorType;
use lobe_plugin_sdk::serve::{
    self, Admitted, Authorization, Cors, Hosts, HttpDoor, Limits, Readiness, Sessions,
};
use lobe_plugin_sdk::{BaseUrl, CallerIdentity, Plugin, PluginError, Reply, ReplyKind};
use tracing::Instrument as _;

use crate::admission::{Admission, AdmissionLimits};
use crate::audit::Audit;
use crate::counters::{Counters, Name};
use crate::error::{Error, Failure};
use crate::front;
use crate::gateway::{Accompaniment, Gateway};
use crate::grant::Grant;
use crate::options::{BatchLimits, Options};
use crate::toolset::Toolset;
use crate::visit::{Visit, Who};

/// Where LobeChat posts its calls. A manifest names it.
pub(crate) const GATEWAY_PATH: &str = "/api/gateway";
/// The same under the name that LobeHub's own deployment has.
const RUNNER_PATH: &str = "/api/v1/runner";
/// Where MCP clients find the tools of all plugins.
const MCP_PATH: &str = "/mcp";
/// Where several calls are posted at once.
const BATCH_PATH: &str = "/api/gateway/batch";

const LOST: Name = Name("audit_lines_lost", "Lines of the audit stream that were lost");

const TEXT: HeaderValue = HeaderValue::from_static("text/plain;charset=UTF-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl Gateway {
    /// Sets where clients reach the server: what manifests name. Without it they name what the client asked for.
    #[must_use]
    pub fn public_url(mut self, url: BaseUrl) -> Self {
        self.options.public_url = Some(url);
        self
    }

    /// Sets which web pages may call. Without it: those of this machine.
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.options.cors = cors;
        self
    }

    /// Sets who may call; everybody without it. Documents are public in any case: clients read them before they have a
    /// key.
    #[must_use]
    pub fn authorization(mut self, authorization: Authorization) -> Self {
        self.options.authorization = authorization;
        self
    }

    /// Sets which hosts its `/mcp` routes answer to; that of the public URL is one in any case.
    #[must_use]
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.options.hosts = hosts;
        self
    }

    /// Lets MCP clients of the older era begin sessions at its `/mcp` routes. Without a word there are none.
    #[must_use]
    pub fn sessions(mut self, sessions: Sessions) -> Self {
        self.options.sessions = Some(sessions);
        self
    }

    /// Links to pictures and files in what MCP clients are answered, and serves them at `/files/{id}`.
    #[must_use]
    pub fn files(mut self, files: SignedFiles) -> Self {
        self.options.files = Some(files);
        self
    }

    /// Sets what one request may cost.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Sets what a batch may be.
    #[must_use]
    pub fn batch(mut self, limits: BatchLimits) -> Self {
        self.options.batch = limits;
        self
    }

    /// Sets what is served at `/mcp/{name}`.
    pub(crate) fn toolsets(mut self, toolsets: BTreeMap<String, Toolset>) -> Self {
        self.options.toolsets = toolsets;
        self
    }

    /// Sets how many calls may be in flight. More are answered 503 at once. Counting starts anew.
    #[must_use]
    pub fn admission(mut self, limits: AdmissionLimits) -> Self {
        self.options.admission = Admission::new(limits);
        self.options.counters = Counters::of(&self.options.admission);
        self
    }

    /// Returns what the gateway counts, for a monitoring system.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.options.counters.clone()
    }

    /// Sets where it is written who called what, and what came of it; nowhere without it.
    #[must_use]
    pub fn audit(mut self, audit: Audit) -> Self {
        let lost = audit.clone();
        self.options.counters.total(LOST, move || lost.lost());
        self.options.audit = Some(audit);
        self
    }

    /// Sets what `/readyz` looks at.
    #[must_use]
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.options.readiness = readiness;
        self
    }

    /// Puts it in front of a plugin elsewhere that was found already: its routes stand at the top, too, and it wins over
    /// whatever a caller's manifest says under its identifier.
    #[cfg(feature = "cli")]
    pub(crate) fn in_front_of(mut self, target: &Arc<crate::target::Target>) -> Self {
        self.resolver.know(Arc::clone(target));
        self.front.push(Arc::clone(target));
        self
    }

    /// Makes the routes: `POST /api/gateway` (also `/api/v1/runner`) and `/api/gateway/batch`, every plugin's own routes
    /// under `/plugins/{identifier}`, `/index.json`, which lists them, `/mcp`, which has the tools of all of them, and
    /// `/mcp/{toolset}`. When exactly one plugin is mounted, its routes are at the top as well, and `/mcp` is its own as long as
    /// there are no others elsewhere.
    ///
    /// # Panics
    ///
    /// As [`HttpDoor::router`].
    pub fn router<S: Clone + Send + Sync + 'static>(self) -> Router<S> {
        let gateway = Arc::new(self);
        let is_alone = gateway.resolver.identifiers().len() == 1;
        let all = || tools::route(&gateway, "lobe-gateway", Toolset::default());
        let router = match &gateway.front[..] {
            [only] if is_alone => gateway.door(&front::plugin(&gateway, only)).router(),
            [only] => {
                let door = gateway.door(&front::plugin(&gateway, only)).without_mcp();
                door.router().route(MCP_PATH, all())
            }
            _ => gateway.beside_plugins().route(MCP_PATH, all()),
        };
        let router = gateway.options.toolsets.iter().fold(router, |router, (name, toolset)| {
            router.route(&format!("{MCP_PATH}/{name}"), tools::route(&gateway, name, toolset.clone()))
        });
        let (calls, batches, list) = (Arc::clone(&gateway), Arc::clone(&gateway), Arc::clone(&gateway));
        let calls = any(async move |request: Request| calls.serve(request).await);
        let batches = any(async move |request: Request| batch::serve(&batches, request).await);
        router
            .route(GATEWAY_PATH, calls.clone())
            .route(RUNNER_PATH, calls)
            .route(BATCH_PATH, batches)
            .route("/index.json", index::route(list))
            .nest_service("/plugins", plugins::Doors::new(gateway))
    }

    fn door(&self, plugin: &Arc<Plugin>) -> HttpDoor {
        let Options { public_url, cors, authorization, hosts, limits, readiness, sessions, files, .. } =
            self.options.clone();
        let identifier = plugin.identity().identifier.to_string();
        let may = move |admitted: &Admitted| match admitted.extensions.get::<Grant>() {
            Some(grant) => grant.admits(&identifier).is_ok(),
            None => true,
        };
        let door = HttpDoor::new(Arc::clone(plugin))
            .gateway(GATEWAY_PATH)
            .cors(cors)
            .authorization(authorization.only(may))
            .hosts(hosts)
            .limits(limits)
            .readiness(readiness);
        let door = sessions.into_iter().fold(door, HttpDoor::sessions);
        let door = files.into_iter().fold(door, HttpDoor::files);
        match public_url {
            Some(url) => door.public_url(url),
            None => door,
        }
    }

    /// Makes the routes at the top that a plugin's own door has as well.
    fn beside_plugins<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let Options { authorization, files, readiness, .. } = self.options.clone();
        let router = Router::new()
            .route("/healthz", get(async || "ok"))
            .route("/readyz", get(async move || readiness.answer()))
            .merge(authorization.metadata());
        files.into_iter().fold(router, |router, files| router.route("/files/{id}", serve::files_route(files)))
    }

    async fn serve(&self, request: Request) -> Response {
        if *request.method() == Method::OPTIONS {
            return self.preflight(request.headers());
        }
        let marks = self.marks(request.headers());
        let mut visit = self.visit().of(Who::of(request.extensions()), "gateway", request.headers());
        let span = visit.span();
        let answer = self.decode_and_execute(&mut visit, request).instrument(span).await;
        let permit = visit.answered(&answer);
        let mut response = answer.map_or_else(|error| failure(&error), success);
        response.headers_mut().extend(marks);
        serve::hold_until_sent(response, permit)
    }

    /// Answers what a browser asks before it lets a page call: whoever may not is told so, since 204 reads as a yes.
    fn preflight(&self, asked: &HeaderMap) -> Response {
        let method = asked.get(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !self.options.cors.admits(asked) {
            return failure(&refused(serve::uninvited(asked)));
        }
        // A page that anybody may have is told the truth of CORS; it then reads that there is no such method.
        if !self.options.cors.invites_all() && method.is_some_and(|method| method != "POST") {
            return failure(&refused(PluginError::forbidden("[gateway] only allow POST method")));
        }
        self.options.cors.preflight(asked)
    }

    async fn decode_and_execute(&self, visit: &mut Visit, request: Request) -> Result<Reply, Error> {
        let (body, with) = self.decode(request).await?;
        self.execute_in(visit, &body, with).await
    }

    /// Reads what was posted, unless it comes from where it should not, or is not what it should be.
    async fn decode(&self, request: Request) -> Result<(Bytes, Accompaniment), Error> {
        let (mut parts, body) = request.into_parts();
        if !self.options.cors.admits(&parts.headers) {
            return Err(refused(serve::uninvited(&parts.headers)));
        }
        // Before anything that would tell a stranger how to call.
        self.options.authorization.admit(&mut parts).await?;
        if parts.method != Method::POST {
            let message = "[gateway] only allow POST method";
            return Err(refused(PluginError::new(ErrorType::MethodNotAllowed, message)));
        }
        serve::expect_json(&parts.headers).map_err(unread)?;
        let settings = serve::read_settings(&parts.headers, &self.options.limits).map_err(unread)?;
        let body = serve::read_body(&parts.headers, body, &self.options.limits).await.map_err(unread)?;
        serve::expect_signed_body(&parts.extensions, &body).map_err(unread)?;
        // Left by whoever authenticated the request: we, or a middleware.
        let caller = parts.extensions.get::<CallerIdentity>().cloned().unwrap_or_default();
        let grant = parts.extensions.get::<Grant>().cloned().unwrap_or_default();
        let who = Who::of(&parts.extensions);
        Ok((body, Accompaniment { settings, headers: parts.headers, caller, grant, who, rehearsal: None }))
    }

    /// Returns the CORS headers of an answer.
    fn marks(&self, request: &HeaderMap) -> HeaderMap {
        let mut marks = HeaderMap::new();
        self.options.cors.mark(request, &mut marks);
        marks
    }
}

fn unread(error: PluginError) -> Error {
    Failure::Unread(error).into()
}

fn refused(error: PluginError) -> Error {
    Failure::Refused(error).into()
}

/// Answers as a chat can read it: text, but for bytes, which LobeHub's gateway hands on under their own type, too.
fn success(reply: Reply) -> Response {
    let reply = reply.for_chat();
    let bytes = reply.kind() == ReplyKind::Binary;
    let media_type = if bytes { serve::media_type(&reply) } else { TEXT };
    let mut response = ([(header::CONTENT_TYPE, media_type)], serve::body(reply)).into_response();
    if bytes {
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    response
}

fn failure(error: &Error) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(header::CONTENT_TYPE, JSON)], error.to_text()).into_response();
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST, OPTIONS"));
    }
    if let Some(denied) = error.denied() {
        denied.mark(response.headers_mut());
    }
    if error.is_busy() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
