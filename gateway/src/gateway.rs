//! THE SPINE: the steps of LobeHub's plugin protocol, in its order.

use std::sync::Arc;

use lobe_plugin_sdk::serve::Limits;
use lobe_plugin_sdk::{Call, CallerIdentity, Door, Plugin, Reply, UserSettings};
use serde_json::Value;

use crate::arguments;
use crate::error::{Error, Failure};
use crate::options::Options;
use crate::payload::{Payload, judge_manifest};
use crate::resolve::{Api, Resolver, Target};
use crate::visit::Visit;

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
    resolver: Resolver,
    pub(crate) plugins: Vec<Arc<Plugin>>,
    pub(crate) options: Options,
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
        let plugin = plugin.into();
        let identifier = &plugin.identity().identifier;
        assert!(self.resolver.resolve(identifier).is_err(), "a plugin `{identifier}` is mounted already");
        self.resolver.mount(Arc::clone(&plugin));
        self.plugins.push(plugin);
        self
    }

    /// Answers one request, given as LobeChat's JSON text: finds the plugin, checks what was sent, calls it.
    ///
    /// # Errors
    ///
    /// Whatever step refuses first; [`Error::to_wire`] has what the caller reads.
    pub async fn execute(&self, body: &[u8], settings: UserSettings) -> Result<Reply, Error> {
        let mut visit = self.visit();
        let answer = self.execute_in(&mut visit, None, body, settings).await;
        visit.answered(&answer);
        answer
    }

    /// Begins to account for a request.
    pub(crate) fn visit(&self) -> Visit {
        Visit::begin(self.options.counters.clone(), self.options.admission.clone())
    }

    /// Does what [`execute`](Self::execute) does for a request that is accounted for elsewhere, and whose caller may have
    /// been authenticated.
    pub(crate) async fn execute_in(
        &self,
        visit: &mut Visit,
        caller: Option<CallerIdentity>,
        body: &[u8],
        settings: UserSettings,
    ) -> Result<Reply, Error> {
        visit.enter()?;
        let payload = Payload::read(body)?;
        visit.asks(&payload);
        let target = self.resolve(&payload)?;
        visit.enter_plugin(&payload.identifier)?;
        check_settings(target, &settings)?;
        let api = find_api(target, &payload)?;
        let arguments = arguments::check(api, &payload)?;
        let call =
            Call::new(api.name.clone(), arguments).with_settings(settings).by(caller.unwrap_or_default());
        Ok(target.plugin.call(self.bounded(call)).await.map_err(Failure::Plugin)?)
    }

    fn resolve(&self, payload: &Payload<'_>) -> Result<&Target, Error> {
        let target = self.resolver.resolve(&payload.identifier);
        if let Some(manifest) = payload.manifest {
            target
                .as_ref()
                .map_or_else(|_| judge_manifest(manifest), |target| target.admit_manifest(manifest))?;
        }
        let unknown = |_| Failure::UnknownPlugin { identifier: payload.identifier.to_string() };
        Ok(target.map_err(unknown)?)
    }

    fn bounded(&self, call: Call) -> Call {
        let Limits { call_time, .. } = self.options.limits;
        call.through(Door::Gateway).within(call_time)
    }
}

fn check_settings(target: &Target, settings: &UserSettings) -> Result<(), Error> {
    let Some(validator) = &target.settings else { return Ok(()) };
    let settings = Value::Object(settings.expose().clone());
    Ok(validator.check(&settings).map_err(|invalid| Failure::Settings(invalid.into()))?)
}

fn find_api<'a>(target: &'a Target, payload: &Payload<'_>) -> Result<&'a Api, Error> {
    let unknown = || Failure::UnknownOperation {
        identifier: payload.identifier.to_string(),
        api_name: payload.api_name.to_string(),
    };
    Ok(target.api(&payload.api_name).ok_or_else(unknown)?)
}
