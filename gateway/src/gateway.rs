//! THE SPINE: the steps of LobeHub's plugin protocol, in its order.

use std::sync::Arc;
use std::time::Instant;

use http::{Extensions, HeaderMap, Uri, header};
use lobe_plugin_sdk::{
    Arguments, Call, CallerIdentity, Door, Operation, Plugin, PluginError, Reply, UserSettings,
};

use crate::arguments;
use crate::error::{Error, Failure};
use crate::grant::Grant;
use crate::judging::Judging;
use crate::options::Options;
use crate::payload::Payload;
use crate::remote::{Rehearsal, Remote};
use crate::resolve::Resolver;
use crate::search;
use crate::settings::{Lender, Settled};
use crate::shape::ShapeError;
use crate::target::{Api, Endpoint, Source, Target};
use crate::visit::{Visit, Who};

/// Answers LobeChat's calls for the plugins it knows.
///
/// ```
/// use lobe_plugin_gateway::Gateway;
/// use lobe_plugin_sdk::Plugin;
///
/// let gateway = Gateway::new().mount(Plugin::new("clothes")).mount(Plugin::new("weather"));
/// let app: axum::Router = gateway.router();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gateway {
    pub(crate) resolver: Resolver,
    lender: Lender,
    /// Those that stand in front: of one that is the only one the routes are at the top, too.
    pub(crate) front: Vec<Arc<Target>>,
    pub(crate) options: Options,
}

/// What comes with a payload.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accompaniment {
    pub(crate) settings: UserSettings,
    /// The request's headers, of which the trace context travels on.
    pub(crate) headers: HeaderMap,
    /// Who calls, as a middleware found out.
    pub(crate) caller: CallerIdentity,
    /// What that caller may do.
    pub(crate) grant: Grant,
    /// Which request it is, and from where.
    pub(crate) who: Who,
    /// Whether the call is only to be written down.
    pub(crate) rehearsal: Option<Rehearsal>,
}

impl Gateway {
    /// Starts a gateway that knows no plugin.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Mounts a plugin in this process. It wins over whatever a caller's manifest says under its identifier.
    ///
    /// # Panics
    ///
    /// When a plugin of that identifier is mounted already.
    #[must_use]
    #[track_caller]
    pub fn mount(mut self, plugin: impl Into<Arc<Plugin>>) -> Self {
        let target = Arc::new(Target::mounted(plugin.into()));
        let is_new = self.resolver.know(Arc::clone(&target));
        assert!(is_new, "a plugin `{}` is mounted already", target.identifier());
        self.front.push(target);
        self
    }

    /// Lets it find plugins that are not in this process, and lend them what the operator says.
    pub(crate) fn look_elsewhere(mut self, remote: Remote, lender: Lender) -> Self {
        self.resolver.look_elsewhere(Arc::new(remote));
        self.lender = lender;
        self
    }

    /// Sets by what bounds, and how many at a time, values are held against schemas.
    pub(crate) fn judge_by(mut self, judging: Judging) -> Self {
        self.options.judging = judging;
        self
    }

    /// Answers one request, given as LobeChat's JSON text: finds the plugin, checks what was sent, calls it.
    ///
    /// # Errors
    ///
    /// Whatever step refuses first; [`Error::to_wire`] has what the caller reads.
    pub async fn execute(&self, body: &[u8], settings: UserSettings) -> Result<Reply, Error> {
        self.execute_with(body, Accompaniment { settings, ..Accompaniment::default() }).await
    }

    /// Takes all steps of [`execute`](Self::execute) but the last: a plugin elsewhere is not called, and the answer is the
    /// request that it would have got, as JSON with `method`, `url`, `headers` and `body`.
    #[cfg(feature = "cli")]
    pub(crate) async fn rehearse(&self, body: &[u8], settings: UserSettings) -> Result<Reply, Error> {
        let rehearsal = Some(Rehearsal);
        self.execute_with(body, Accompaniment { settings, rehearsal, ..Accompaniment::default() }).await
    }

    async fn execute_with(&self, body: &[u8], with: Accompaniment) -> Result<Reply, Error> {
        let mut visit = self.visit();
        let answer = self.execute_in(&mut visit, body, with).await;
        visit.answered(&answer);
        answer
    }

    /// Begins to account for a request.
    pub(crate) fn visit(&self) -> Visit {
        let Options { counters, admission, audit, .. } = &self.options;
        Visit::begin(counters.clone(), admission.clone(), audit.clone())
    }

    /// Does what [`execute`](Self::execute) does for a request that is accounted for elsewhere.
    pub(crate) async fn execute_in(
        &self,
        visit: &mut Visit,
        body: &[u8],
        with: Accompaniment,
    ) -> Result<Reply, Error> {
        visit.admitted(&with.caller, body.len());
        visit.enter()?;
        let payload = Payload::read(body)?;
        visit.asks(&payload.identifier, &payload.api_name, payload.arguments.as_deref());
        with.grant.admits(&payload.identifier)?;
        let target = self.resolver.resolve(&payload, self.server(&with.headers), &with.grant).await?;
        // An alias is not to open another plugin.
        with.grant.admits(target.identifier())?;
        self.call_target(visit, &payload, &target, with).await
    }

    /// Takes the steps that follow once the plugin is found.
    pub(crate) async fn call_target(
        &self,
        visit: &mut Visit,
        payload: &Payload<'_>,
        target: &Target,
        with: Accompaniment,
    ) -> Result<Reply, Error> {
        visit.found(target.source.origin());
        visit.enter_plugin(&payload.identifier, target.bounds.in_flight)?;
        let api = target.api(&payload.api_name);
        let settled = self.lender.settle(target, api, with.settings, self.resolver.remote()).await?;
        let api = api.ok_or_else(|| unknown_operation(payload))?;
        self.permit(target, api, &with.caller)?;
        let arguments = arguments::check(&self.options.judging, api, payload).await?;
        callable(target, api, payload)?;
        let time = target.bounds.call_time.unwrap_or(self.options.limits.call_time);
        let call = call(api, arguments, settled, with.rehearsal);
        let call = call.within(time).with_headers(with.headers).by(with.caller);
        let begun = Instant::now();
        let answer = target.plugin.call(call).await.map_err(|error| failed(target, error));
        visit.called(begun);
        answer
    }

    /// Keeps an operation for callers who have its scopes, and tells the others by which challenge they get them.
    fn permit(&self, target: &Target, api: &Api, caller: &CallerIdentity) -> Result<(), Error> {
        let scopes = target.plugin.find(&api.name).map_or(&[][..], Operation::get_scopes);
        // What a token is for is this server as a whole.
        let asked = Uri::from_static("/");
        Ok(self.options.authorization.permit(Some(caller), scopes, &asked)?)
    }

    /// Returns where this server is, as a client knows it: an authority and perhaps a path.
    fn server<'a>(&'a self, headers: &'a HeaderMap) -> Option<&'a str> {
        let Some(url) = &self.options.public_url else { return headers.get(header::HOST)?.to_str().ok() };
        url.as_str().split_once("://").map(|(_, server)| server)
    }
}

fn call(
    api: &Api,
    arguments: Arguments,
    Settled { settings, lent }: Settled,
    rehearsal: Option<Rehearsal>,
) -> Call {
    let mut extensions = Extensions::new();
    if let Some(rehearsal) = rehearsal {
        extensions.insert(rehearsal);
    }
    if let Some(lent) = lent {
        extensions.insert(lent);
    }
    Call::new(api.name.clone(), arguments)
        .with_settings(settings)
        .with_extensions(extensions)
        .through(Door::Gateway)
}

/// Refuses an operation that has no address, or none that may be called.
fn callable(target: &Target, api: &Api, payload: &Payload<'_>) -> Result<(), Error> {
    let failure = match (&api.endpoint, &target.source) {
        (Endpoint::Here { .. } | Endpoint::At(_) | Endpoint::Tool, _) => return Ok(()),
        (Endpoint::Unsaid, _) => Failure::MissingUrl { api: api.describe() },
        (Endpoint::Undescribed, _) => unknown_operation(payload),
        (Endpoint::Faulty { document, fault }, _) => Failure::Search(search::Error::OpenApiInvalid {
            openapi: document.to_string(),
            reason: fault.to_string(),
        }),
        (Endpoint::Nowhere(fault), Source::Operator) => Failure::Search(search::Error::ManifestInvalid(
            ShapeError::custom(&["api", "url"], fault.to_string()),
        )),
        (Endpoint::Nowhere(fault), Source::Mounted(_) | Source::Caller | Source::CallersIndex) => {
            Failure::Outbound((*fault).into())
        }
    };
    Err(failure.into())
}

/// Words a plugin's failure: one in this process as LobeHub's gateway would hand on what its server answered, one
/// elsewhere as it was answered, or as calling it failed.
fn failed(target: &Target, error: PluginError) -> Error {
    match target.source {
        Source::Mounted(_) => Failure::Plugin(error).into(),
        Source::Operator | Source::Caller | Source::CallersIndex => Failure::Refused(error).into(),
    }
}

fn unknown_operation(payload: &Payload<'_>) -> Failure {
    Failure::UnknownOperation {
        identifier: payload.identifier.to_string(),
        api_name: payload.api_name.to_string(),
        manifest: payload.manifest.map(ToOwned::to_owned),
    }
}
