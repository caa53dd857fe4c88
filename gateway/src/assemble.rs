//! From the operator's configuration to a gateway: what each word of it means to the rooms that do the work.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::{Caller, Config, Error as ConfigError, Limits, PinnedPlugin};
use crate::counters::Name;
use crate::gateway::Gateway;
use crate::outbound::{EgressPolicy, Origin, Outbound, OutboundLimits, TargetUrl, UrlFault};
use crate::remote::{Admits, CacheLimits, IndexUrl, Remote};
use crate::settings::{Lender, Pin};

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
            if let Some(manifest) = &plugin.manifest {
                let key = format!("plugins.{identifier}.manifest");
                remote =
                    remote.with_manifest(identifier.clone(), callable(&outbound, &key, manifest.as_str())?);
            }
            let wrong = |fault| ConfigError::whole(format!("plugins.{identifier}.origins: {fault}"));
            pins.insert(identifier.clone(), pin(plugin).map_err(wrong)?);
        }
        let gateway = Self::new()
            .cors(config.pages())
            .limits(config.limits.of_requests())
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

/// Reads a URL of the operator's. What the policy refuses is refused now, with the reason, and not at the first call.
fn callable(outbound: &Outbound, key: &str, url: &str) -> Result<TargetUrl, ConfigError> {
    let url = TargetUrl::parse(url).map_err(|fault| ConfigError::whole(format!("{key}: {fault}")))?;
    outbound.judge(&url).map_err(|refusal| {
        let reason = refusal.reason();
        ConfigError::whole(format!("{key}: `egress` does not let this URL be called ({reason})"))
    })?;
    Ok(url)
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
