//! From the operator's configuration to a gateway: what each word of it means to the rooms that do the work.

use std::collections::HashMap;
use std::sync::Arc;

use lobe_plugin_sdk::BaseUrl;
use lobe_plugin_sdk::serve::{Authorization, Keys, Proxies};

use crate::access_code::AccessCode;
use crate::config::{Caller, Config, Document, Error as ConfigError, Limits, PinnedPlugin, PluginLimits};
use crate::counters::Name;
use crate::gateway::Gateway;
use crate::key_store::FileKeys;
use crate::outbound::{EgressPolicy, Origin, Outbound, OutboundLimits, PolicyError, TargetUrl, UrlFault};
use crate::query_key::QueryKey;
use crate::remote::{Admits, CacheLimits, Configured, IndexUrl, Place, Remote};
use crate::settings::{Lender, Pin};
use crate::target::Bounds;

impl Gateway {
    /// Makes the gateway that a configuration describes. Plugins of this process can be mounted on it besides.
    ///
    /// # Errors
    ///
    /// A host that is none, an address that may never be called, or a machine that cannot resolve names.
    pub fn configured(config: &Config) -> Result<Self, ConfigError> {
        let outbound = Outbound::new(policy(config)?, bounds(&config.limits));
        let outbound = outbound.map_err(|error| ConfigError::whole(format!("egress: {error}")))?;
        let Caller { manifests, indexes, aliases } = config.caller;
        let admits = Admits { manifests, indexes, aliases };
        let mut remote = Remote::new(outbound.clone(), caches(&config.limits), admits);
        if let Some(index) = &config.index {
            let url = callable(&outbound, "index", index.as_str())?;
            remote = remote.with_index(IndexUrl::new(index.to_string(), url));
        }
        let mut pins = HashMap::new();
        for (identifier, plugin) in &config.plugins {
            remote = remote.with_plugin(configured(config, &outbound, identifier, plugin)?);
            let wrong = |fault| ConfigError::whole(format!("plugins.{identifier}.origins: {fault}"));
            pins.insert(identifier.clone(), pin(plugin).map_err(wrong)?);
        }
        let gateway = Self::new()
            .cors(config.pages())
            .authorization(authorization(config)?)
            .limits(config.limits.of_requests())
            .batch(config.limits.of_batches())
            .admission(config.limits.of_admission());
        let refusals = Name("egress_refused", "Targets that were refused, by the rule that refused them");
        gateway.counters().totals(refusals, "reason", move || outbound.refusals().collect());
        let gateway = gateway.look_elsewhere(remote, Lender::new(pins));
        Ok(match &config.public_url {
            Some(url) => gateway.public_url(url.clone()),
            None => gateway,
        })
    }
}

/// Makes what decides who may call.
fn authorization(config: &Config) -> Result<Authorization, ConfigError> {
    let auth = &config.auth;
    if !auth.is_required() {
        return Ok(Authorization::default());
    }
    let proxies = Proxies::of(auth.trusted_proxies.iter().copied());
    let mut authorization = Authorization::required().behind(proxies);
    if let Some(file) = &auth.keys {
        let keys = Keys::new(FileKeys::open(file, auth.readable_keys)?);
        authorization = authorization.by(keys.clone()).by(QueryKey(keys));
    }
    Ok(match &auth.access_code {
        Some(codes) => authorization.by(AccessCode::new(codes.expose())),
        None => authorization,
    })
}

/// Reads a URL of the operator's. What the policy refuses is refused now, with the reason, and not at the first call.
fn callable(outbound: &Outbound, key: &str, url: &str) -> Result<TargetUrl, ConfigError> {
    let url = TargetUrl::parse(url).map_err(|fault| ConfigError::whole(format!("{key}: {fault}")))?;
    outbound.judge(&url).map_err(|refusal| {
        let reason = refusal.reason();
        ConfigError::whole(format!("{key}: `egress` does not let this URL be called ({reason})"))
    })?;
    Ok(url)
}

/// Makes a plugin of what the operator says of it.
fn configured(
    config: &Config,
    outbound: &Outbound,
    identifier: &str,
    plugin: &PinnedPlugin,
) -> Result<Configured, ConfigError> {
    let key = |key: &str| format!("plugins.{identifier}.{key}");
    let outbound = own_door(config, outbound, plugin)
        .map_err(|error| ConfigError::whole(format!("{}: {error}", key("allow_hosts"))))?;
    let place = match &plugin.manifest {
        Some(Document::Web(url)) => Place::Web(callable(&outbound, &key("manifest"), url.as_str())?),
        Some(Document::File(path)) => Place::File(path.clone()),
        None => Place::Index,
    };
    let base_url = plugin.base_url.as_ref().map(|url| callable(&outbound, &key("base_url"), url.as_str()));
    let PluginLimits { call_time, in_flight, .. } = plugin.limits;
    Ok(Configured {
        identifier: identifier.to_owned(),
        place,
        base_url: base_url.transpose()?,
        tools: plugin.tools.clone(),
        bounds: Bounds { call_time, in_flight },
        outbound,
    })
}

/// Opens what the operator opens to one plugin: the hosts and ranges that are listed for it, and the places that its own
/// URLs name without a lookup. `manifest = "http://127.0.0.1:8000/manifest.json"` can mean nothing else; whereto a public
/// name leads is its owner's word and not the operator's, so such a one opens nothing.
fn own_door(config: &Config, outbound: &Outbound, plugin: &PinnedPlugin) -> Result<Outbound, PolicyError> {
    let written = match &plugin.manifest {
        Some(Document::Web(url)) => Some(url.as_str()),
        Some(Document::File(_)) | None => None,
    };
    let urls = written.into_iter().chain(plugin.base_url.as_ref().map(BaseUrl::as_str));
    let urls = urls.filter_map(|url| TargetUrl::parse(url).ok());
    let opened: Vec<_> = urls.filter(|url| outbound.is_inner(url) && outbound.judge(url).is_err()).collect();
    let says_nothing = plugin.allow_hosts.is_empty() && plugin.allow_cidrs.is_empty() && opened.is_empty();
    if says_nothing && plugin.limits == PluginLimits::default() {
        return Ok(outbound.clone());
    }
    let mut policy = outbound.policy().clone();
    policy.require_https &= opened.is_empty();
    policy.allow_hosts.extend(plugin.allow_hosts.iter().cloned());
    policy.allow_hosts.extend(opened.iter().map(|url| url.origin().authority()));
    policy.allow_cidrs.extend(&plugin.allow_cidrs);
    let mut limits = bounds(&config.limits);
    limits.answer = plugin.limits.answer.unwrap_or(limits.answer);
    limits.total = plugin.limits.call_time.unwrap_or(limits.total);
    limits.head = plugin.limits.call_time.unwrap_or(limits.head);
    outbound.beside(policy, limits)
}

fn pin(plugin: &PinnedPlugin) -> Result<Pin, UrlFault> {
    let origins: Result<Vec<_>, _> =
        plugin.origins.iter().map(|origin| Origin::parse(&origin.ascii_serialization())).collect();
    let origins = Some(origins?).filter(|origins| !origins.is_empty()).map(Arc::from);
    Ok(Pin { settings: plugin.settings.clone(), overridable: plugin.overridable.clone(), origins })
}

fn policy(config: &Config) -> Result<EgressPolicy, ConfigError> {
    let egress = &config.egress;
    let extra_roots = match &egress.extra_roots {
        None => Vec::new(),
        Some(file) => std::fs::read(file).map_err(|error| {
            ConfigError::whole(format!("egress.extra_roots: {}: {error}", file.display()))
        })?,
    };
    Ok(EgressPolicy {
        dev: config.dev,
        require_https: egress.require_https,
        allow_hosts: egress.allow_hosts.clone(),
        allow_cidrs: egress.allow_cidrs.clone(),
        allow_ports: egress.allow_ports.clone(),
        allow_metadata: egress.allow_metadata,
        nat64_prefixes: egress.nat64_prefixes.clone(),
        extra_roots,
        own_addresses: [Some(config.listen), config.admin.listen].into_iter().flatten().collect(),
    })
}

fn bounds(limits: &Limits) -> OutboundLimits {
    OutboundLimits {
        connect: limits.connect_time,
        head: limits.answer_head_time,
        body_idle: limits.answer_idle_time,
        total: limits.answer_time,
        answer: limits.answer,
        error_answer: limits.error_answer,
        document: limits.document,
        per_host: limits.per_host,
        // A connection that was needed once is kept for the next call; it ends by itself when there is none.
        idle_per_host: limits.per_host,
        ..OutboundLimits::default()
    }
}

fn caches(limits: &Limits) -> CacheLimits {
    CacheLimits {
        bytes: limits.cache_bytes as u64,
        documents: limits.cache_entries,
        fresh: limits.cache_fresh,
        stale: limits.cache_stale,
        ..CacheLimits::default()
    }
}
