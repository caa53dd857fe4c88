//! From the operator's configuration to a gateway: what each word of it means to the rooms that do the work.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{Caller, Config, Error as ConfigError, Limits, PinnedPlugin};
use crate::gateway::Gateway;
use crate::outbound::{EgressPolicy, Origin, Outbound, OutboundLimits, TargetUrl, UrlFault};
use crate::remote::{Admits, CacheLimits, Remote};
use crate::settings::{Lender, Pin};

impl Gateway {
    /// Makes the gateway that a configuration describes. Plugins of this process can be mounted on it besides.
    ///
    /// # Errors
    ///
    /// A host that is none, an address that may never be called, or a machine that cannot resolve names.
    pub fn configured(config: &Config) -> Result<Self, ConfigError> {
        let outbound = Outbound::new(policy(config), bounds(&config.limits));
        let outbound = outbound.map_err(|error| ConfigError::whole(error.to_string()))?;
        let Caller { manifests, indexes, aliases } = config.caller;
        let mut remote = Remote::new(outbound, caches(&config.limits), Admits { manifests, indexes, aliases });
        if let Some(index) = &config.index {
            remote = remote.with_index(index.to_string());
        }
        let mut pins = HashMap::new();
        for (identifier, plugin) in &config.plugins {
            let wrong = |fault: UrlFault| ConfigError::whole(format!("plugins.{identifier}: {fault}"));
            if let Some(manifest) = &plugin.manifest {
                let url = TargetUrl::parse(manifest.as_str()).map_err(wrong)?;
                remote = remote.with_manifest(identifier.clone(), url);
            }
            pins.insert(identifier.clone(), pin(plugin).map_err(wrong)?);
        }
        let gateway = Self::new().cors(config.pages()).limits(config.limits.of_requests())
            .admission(config.limits.of_admission());
        let gateway = gateway.look_elsewhere(remote, Lender::new(pins));
        Ok(match &config.public_url {
            Some(url) => gateway.public_url(url.clone()),
            None => gateway,
        })
    }
}

fn pin(plugin: &PinnedPlugin) -> Result<Pin, UrlFault> {
    let origins: Result<Vec<_>, _> =
        plugin.origins.iter().map(|origin| Origin::parse(&origin.ascii_serialization())).collect();
    let origins = Some(origins?).filter(|origins| !origins.is_empty()).map(Arc::from);
    Ok(Pin { settings: plugin.settings.clone(), overridable: plugin.overridable.clone(), origins })
}

fn policy(config: &Config) -> EgressPolicy {
    let egress = &config.egress;
    let mut policy = EgressPolicy::default();
    policy.dev = config.dev;
    policy.require_https = egress.require_https;
    policy.allow_hosts.clone_from(&egress.allow_hosts);
    policy.allow_cidrs.clone_from(&egress.allow_cidrs);
    policy.allow_ports.clone_from(&egress.allow_ports);
    policy.allow_metadata = egress.allow_metadata;
    policy.nat64_prefixes.clone_from(&egress.nat64_prefixes);
    policy.own_addresses = [Some(config.listen), config.admin.listen].into_iter().flatten().collect();
    policy
}

fn bounds(limits: &Limits) -> OutboundLimits {
    let mut bounds = OutboundLimits::default();
    bounds.connect = limits.connect_time;
    bounds.head = limits.answer_head_time;
    bounds.body_idle = limits.answer_idle_time;
    bounds.total = limits.answer_time;
    bounds.answer = limits.answer;
    bounds.error_answer = limits.error_answer;
    bounds.document = limits.document;
    bounds.per_host = limits.per_host;
    bounds
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
