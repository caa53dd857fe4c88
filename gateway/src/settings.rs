//! The step that decides whose settings a call carries: the caller's own, or those that the operator lends.
//!
//! The rules S1 to S6. The operator's are bound to origins, and go nowhere else: not to a manifest that the caller
//! brought, unless it calls the very servers they are for. They are never mixed with the caller's, but for the names that
//! the operator lets callers set, and never judged by a schema that the caller wrote.

use std::collections::HashMap;
use std::sync::Arc;

use lobe_plugin_sdk::{PluginError, UserSettings};
use serde_json::{Map, Value};

use crate::error::{Error, Failure};
use crate::judging::Judging;
use crate::lent::Lent;
use crate::outbound::{Origin, OutboundError, Refusal};
use crate::remote::Remote;
use crate::search;
use crate::shape::ShapeError;
use crate::target::{Api, Judge, Source, Target};
use crate::validate::CheckError;

/// What the operator lends, by the plugin's identifier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lender {
    pins: Arc<HashMap<String, Pin>>,
    judging: Judging,
}

/// What the operator lends to the callers of one plugin.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    pub(crate) settings: UserSettings,
    /// The names that a caller may set while the others stay.
    pub(crate) overridable: Vec<String>,
    /// Whose servers may see them; absent: those that the operator's own manifest of the plugin calls.
    pub(crate) origins: Option<Arc<[Origin]>>,
}

/// The settings of one call, judged.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) settings: UserSettings,
    pub(crate) lent: Option<Lent>,
}

impl Lender {
    pub(crate) fn new(pins: HashMap<String, Pin>, judging: Judging) -> Self {
        Self { pins: Arc::new(pins), judging }
    }

    /// Decides whose settings the call carries, and judges them.
    pub(crate) async fn settle(
        &self,
        target: &Target,
        api: Option<&Api>,
        callers: UserSettings,
        remote: Option<&Remote>,
    ) -> Result<Settled, Error> {
        // By the manifest's own identifier: whatever name it was called by, it is this plugin that gets them.
        if let Some(pin) = self.pins.get(target.identifier()).filter(|pin| pin.stands_beside(&callers)) {
            let called = api.and_then(|api| api.endpoint.url());
            let origins = pin.origins_for(target, remote).await;
            match (called, origins) {
                (Some(url), Some(origins)) if origins.contains(url.origin()) => {
                    is_left_in(target, api, remote).await?;
                    // The operator's own were judged when they were configured; here only what the caller says is.
                    self.judge_members(target, &callers).await?;
                    return Ok(pin.lend(&callers, origins));
                }
                // The operator's manifest calls a server that its settings are not for: something is wrong with it.
                (Some(_), Some(_)) if callers.is_empty() && matches!(target.source, Source::Operator) => {
                    return Err(Failure::Outbound(OutboundError::Refused(Refusal::Confined)).into());
                }
                _ => {
                    tracing::info!("the operator's settings are not for the servers of the caller's manifest")
                }
            }
        }
        if let Some(judge) = target.settings() {
            self.judge(target, judge, &callers).await?;
        }
        Ok(Settled { settings: callers, lent: None })
    }

    /// Judges each setting by itself: what else there is, the caller cannot know.
    async fn judge_members(&self, target: &Target, settings: &UserSettings) -> Result<(), Error> {
        let properties = target.settings().and_then(|judge| judge.schema().get("properties"));
        let Some(properties) = properties.filter(|_| !settings.is_empty()) else { return Ok(()) };
        let members = Map::from_iter([("properties".to_owned(), properties.clone())]);
        self.judge(target, &Judge::of_stranger(Value::Object(members)), settings).await
    }

    async fn judge(&self, target: &Target, judge: &Judge, settings: &UserSettings) -> Result<(), Error> {
        let settings = Value::Object(settings.expose().clone());
        let verdict = self.judging.judge(judge, &settings).await?;
        verdict.map_err(|objection| unfit(target, objection))
    }
}

/// Blames the settings, or a manifest whose schema is none that anybody could judge by.
fn unfit(target: &Target, objection: CheckError) -> Error {
    match (objection, &target.source) {
        (CheckError::Broken(finding), Source::Operator | Source::Caller | Source::CallersIndex) => {
            search::Error::ManifestInvalid(ShapeError::custom(&["settings"], finding.error)).into()
        }
        (objection, _) => Failure::Settings(objection.into()).into(),
    }
}

/// Refuses to lend settings to an operation that the operator left out, which a caller's own manifest brings back.
async fn is_left_in(target: &Target, api: Option<&Api>, remote: Option<&Remote>) -> Result<(), Error> {
    let filtered = remote.filter(|remote| remote.is_filtered(target.identifier()));
    let (Some(remote), Some(api), Source::Caller) = (filtered, api, &target.source) else { return Ok(()) };
    // Boxed, here and below: no call is to carry the room for a search that hardly any makes.
    let own = Box::pin(remote.find_of_operator(target.identifier())).await?;
    let is_own = |own: &Api| own.endpoint.url() == api.endpoint.url();
    if own.api(&api.name).is_some_and(is_own) {
        return Ok(());
    }
    Err(Failure::Refused(PluginError::forbidden("[gateway] this operation is not open to callers")).into())
}

impl Pin {
    /// Returns whether the operator's settings are not replaced by what the caller sent.
    fn stands_beside(&self, callers: &UserSettings) -> bool {
        !self.settings.is_empty() && callers.expose().keys().all(|name| self.overridable.contains(name))
    }

    /// Returns whose servers may see the settings: nobody's of a plugin that the caller found in an index of his own (S1), who
    /// would choose which of their operations gets them.
    async fn origins_for(&self, target: &Target, remote: Option<&Remote>) -> Option<Arc<[Origin]>> {
        match (&self.origins, &target.source) {
            (_, Source::CallersIndex) => None,
            (Some(origins), _) => Some(Arc::clone(origins)),
            (None, Source::Operator) => Some(Arc::clone(target.origins())),
            (None, Source::Caller) => Box::pin(remote?.origins_of_operator(target.identifier())).await,
            (None, Source::Mounted(_)) => None,
        }
    }

    fn lend(&self, callers: &UserSettings, origins: Arc<[Origin]>) -> Settled {
        let lent = Some(Lent { origins, settings: self.settings.clone() });
        if callers.is_empty() {
            return Settled { settings: self.settings.clone(), lent };
        }
        let mut values = self.settings.expose().clone();
        values.extend(callers.expose().clone());
        Settled { settings: UserSettings::new(values), lent }
    }
}
