//! THE SPINE: the steps of LobeHub's plugin protocol, in its order.

use std::sync::Arc;

use lobe_plugin_sdk::serve::Limits;
use lobe_plugin_sdk::{Arguments, Call, Door, Plugin, Reply, Settings, json};
use serde_json::Value;

use crate::error::{Error, Failure, Findings};
use crate::payload::Payload;
use crate::resolve::{Api, REQUEST_BODY, Resolver, Target};

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
    pub(crate) options: crate::server::Options,
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
    pub async fn execute(&self, body: &[u8], settings: Settings) -> Result<Reply, Error> {
        let payload = Payload::read(body)?;
        let target = self.resolve(&payload)?;
        check_settings(target, &settings)?;
        let api = find_api(target, &payload)?;
        let arguments = check_arguments(api, &payload)?;
        let call = Call::new(api.name.clone(), arguments).with_settings(settings);
        Ok(target.plugin.call(self.bounded(call)).await.map_err(Failure::Plugin)?)
    }

    fn resolve(&self, payload: &Payload<'_>) -> Result<&Target, Error> {
        let unknown = |_| Failure::UnknownPlugin { identifier: payload.identifier.to_string() };
        Ok(self.resolver.resolve(&payload.identifier).map_err(unknown)?)
    }

    fn bounded(&self, call: Call) -> Call {
        let Limits { call_time, .. } = self.options.limits;
        call.through(Door::Gateway).within(call_time)
    }
}

fn check_settings(target: &Target, settings: &Settings) -> Result<(), Error> {
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

/// Judges the arguments by the schema that the manifest shows, and returns them as the plugin is to get them.
fn check_arguments(api: &Api, payload: &Payload<'_>) -> Result<Arguments, Error> {
    let text = payload.arguments.as_deref().filter(|text| !text.is_empty()).unwrap_or("{}");
    let refused = |findings: Findings, request| {
        let api = described(api, payload);
        Error::from(Failure::Arguments { api, findings, request })
    };
    // Where LobeHub's gateway answers 500 with a stack, ours says that the arguments are not JSON.
    let Ok(mut value) = json::parse(text.as_bytes()) else {
        return Err(refused(Findings(Vec::new()), text.into()));
    };
    let wrapped = api.wraps(&value);
    if let Err(invalid) = api.validator(wrapped).check(&value) {
        let request = value.clone();
        if !drop_optional_nulls(api, &mut value, wrapped) || api.validator(wrapped).check(&value).is_err() {
            return Err(refused(invalid.into(), request));
        }
    }
    match value.get(REQUEST_BODY) {
        Some(body) if wrapped => Ok(body.clone().into()),
        _ => Ok(Arguments::from_text(text.as_bytes().to_vec())),
    }
}

/// Drops what models write for "nothing": `null` under an optional argument, whose schema shows the plain type only.
/// The plugin itself takes it for absent. Returns whether there was any.
fn drop_optional_nulls(api: &Api, arguments: &mut Value, wrapped: bool) -> bool {
    let arguments = if wrapped { arguments.get_mut(REQUEST_BODY) } else { Some(arguments) };
    let Some(members) = arguments.and_then(Value::as_object_mut) else { return false };
    let before = members.len();
    members.retain(|name, value| !value.is_null() || api.required(name));
    members.len() < before
}

/// Returns the operation as the caller's own manifest describes it: it is the caller who has to understand the error.
fn described(api: &Api, payload: &Payload<'_>) -> Value {
    let manifest = payload.manifest.and_then(|manifest| serde_json::from_str::<Value>(manifest.get()).ok());
    let apis = manifest.as_ref().and_then(|manifest| manifest.get("api")?.as_array());
    let own =
        apis.and_then(|apis| apis.iter().find(|own| own.get("name") == Some(&(*payload.api_name).into())));
    own.cloned().unwrap_or_else(|| api.describe())
}
