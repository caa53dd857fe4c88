//! From the operator's configuration to a gateway: what each word of it means to the rooms that do the work.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use lobe_plugin_sdk::mcp::SignedFiles;
use lobe_plugin_sdk::serve::{
    Authorization, Hosts, Keys, ProtectedResource, Proxies, Sessions, SigningKey, Tokens,
};
use lobe_plugin_sdk::{BaseUrl, Secret};

use crate::access_code::AccessCode;
use crate::audit::Audit;
use crate::beside::Beside;
use crate::config::{
    Caller, Config, Document, Error as ConfigError, Limits, McpPlace, McpSource, PinnedPlugin, PluginLimits,
    TokenSource, try_to_read,
};
use crate::counters::Name;
use crate::gateway::Gateway;
use crate::issuer::{Issuer, IssuerKeys};
use crate::judging::Judging;
use crate::key_store::FileKeys;
use crate::outbound::{EgressPolicy, Origin, Outbound, OutboundLimits, Refusal, Scheme, TargetUrl, UrlFault};
use crate::query_key::QueryKey;
use crate::remote::mcp::{Address, Entrance, McpLimits, McpServer, Program};
use crate::remote::{Admits, CacheLimits, Configured, IndexUrl, Kind, Place, Remote};
use crate::settings::{Lender, Pin};
use crate::target::Bounds;

impl Gateway {
    /// Makes the gateway that a configuration describes. Plugins of this process can be mounted on it besides.
    ///
    /// # Errors
    ///
    /// A host that is none, an address that may never be called, or a machine that cannot resolve names.
    pub fn configured(config: &Config) -> Result<Self, ConfigError> {
        Self::calling_by(config, &door_out(config)?)
    }

    /// Makes it with a door out that others use as well.
    pub(crate) fn calling_by(config: &Config, outbound: &Outbound) -> Result<Self, ConfigError> {
        let Caller { manifests, indexes, aliases } = config.caller;
        let admits = Admits { manifests, indexes, aliases };
        let beside = Beside::default();
        let mut remote = Remote::new(outbound.clone(), caches(&config.limits), admits, beside.clone());
        if let Some(index) = &config.index {
            let url = callable(outbound, &["index"], index.as_str())?;
            remote = remote.with_index(IndexUrl::new(index.to_string(), url));
        }
        let mut pins = HashMap::new();
        for (identifier, plugin) in &config.plugins {
            remote = match &plugin.mcp {
                Some(mcp) => remote.with_server(server(config, outbound, (identifier, plugin), mcp)?),
                None => remote.with_plugin(configured(config, outbound, identifier, plugin)?),
            };
            let wrong =
                |fault: UrlFault| ConfigError::at(&["plugins", identifier, "origins"], fault.to_string());
            pins.insert(identifier.clone(), pin(plugin).map_err(wrong)?);
        }
        let judging = Judging::new(config.limits.of_schemas(), beside);
        let gateway = Self::new()
            .cors(config.pages())
            .authorization(authorization(config, outbound)?)
            .hosts(mcp_hosts(config))
            .limits(config.limits.of_requests())
            .batch(config.limits.of_batches())
            .toolsets(config.toolsets.clone())
            .admission(config.limits.of_admission())
            .judge_by(judging.clone());
        let refusals = Name("egress_refused", "Targets that were refused, by the rule that refused them");
        let outbound = outbound.clone();
        gateway.counters().totals(refusals, "reason", move || outbound.refusals().collect());
        let gateway = gateway.look_elsewhere(remote, Lender::new(pins, judging));
        let gateway = beside_tools(config, gateway)?;
        let gateway = match &config.audit {
            None => gateway,
            Some(path) => gateway.audit(Audit::to_file(path).map_err(|error| {
                ConfigError::at(&["audit"], format!("cannot write {}: {error}", path.display()))
            })?),
        };
        Ok(match &config.public_url {
            Some(url) => gateway.public_url(url.clone()),
            None => gateway,
        })
    }
}

/// Gives MCP clients what they are to find beside tools.
fn beside_tools(config: &Config, gateway: Gateway) -> Result<Gateway, ConfigError> {
    let gateway = match config.mcp.sessions {
        Some(idle) => gateway.sessions(Sessions::in_memory().idle(idle)),
        None => gateway,
    };
    match (config.mcp.files, &config.public_url) {
        (false, _) => Ok(gateway),
        (true, Some(url)) => Ok(gateway.files(SignedFiles::at(url.clone()))),
        (true, None) => {
            let message = "say in `public_url` where clients reach this server: links to files begin with it";
            Err(ConfigError::at(&["mcp", "files"], message))
        }
    }
}

/// Makes what decides who may call.
fn authorization(config: &Config, outbound: &Outbound) -> Result<Authorization, ConfigError> {
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
    if let Some(tokens) = &auth.tokens {
        authorization = authorization.by(self::tokens(config, outbound, tokens)?);
    }
    Ok(match &auth.access_code {
        Some(codes) => authorization.by(AccessCode::new(codes.expose())),
        None => authorization,
    })
}

/// Makes what judges the tokens of an authorization server.
fn tokens(config: &Config, outbound: &Outbound, said: &TokenSource) -> Result<Tokens, ConfigError> {
    let (key, place) = match &said.keys {
        Some(keys) => (["auth", "tokens", "keys"], keys.as_str()),
        None => (["auth", "tokens", "issuer"], &*said.issuer),
    };
    let Some(base) = config.public_url.clone() else {
        let message = "say in `public_url` where clients reach this server: tokens are made for it";
        return Err(ConfigError::at(&["auth", "tokens"], message));
    };
    let resource = ProtectedResource::new(base, said.issuer.clone())
        .map_err(|fault| ConfigError::at(&["auth", "tokens", "issuer"], fault.to_string()))?
        .with_scopes(said.scopes.iter().cloned());
    let url = TargetUrl::parse(place).map_err(|fault| ConfigError::at(&key, fault.to_string()))?;
    let url = callable(outbound, &key, url.as_str())?;
    let issuer = match said.keys {
        Some(_) => Issuer::KeysAt(url),
        None => Issuer::Named(said.issuer.clone()),
    };
    Ok(Tokens::new(resource, IssuerKeys::new(issuer, outbound.clone())))
}

/// Says which hosts MCP clients may ask for. A page that makes its own name mean this machine has no key.
fn mcp_hosts(config: &Config) -> Hosts {
    if config.auth.is_required() {
        return Hosts::any();
    }
    config.hosts.iter().fold(Hosts::local(), |hosts, host| hosts.and(host))
}

/// Opens the one door out, as the operator lets it.
pub(crate) fn door_out(config: &Config) -> Result<Outbound, ConfigError> {
    let outbound = Outbound::new(policy(config)?, bounds(&config.limits));
    outbound.map_err(|error| ConfigError::at(&["egress"], error.to_string()))
}

/// Reads a URL of the operator's. What the policy refuses is refused now, with the reason, and not at the first call.
fn callable(outbound: &Outbound, key: &[&str], url: &str) -> Result<TargetUrl, ConfigError> {
    let url = TargetUrl::parse(url).map_err(|fault| ConfigError::at(key, fault.to_string()))?;
    outbound.judge(&url).map_err(|refusal| {
        let (reason, remedy) = (refusal.reason(), remedy(outbound, key, &url, refusal));
        ConfigError::at(key, format!("`egress` does not let this URL be called ({reason}){remedy}"))
    })?;
    Ok(url)
}

/// Says which line would open what was refused.
fn remedy(outbound: &Outbound, key: &[&str], url: &TargetUrl, refusal: Refusal) -> String {
    let origin = url.origin();
    match (refusal, key) {
        (Refusal::Metadata, _) => String::new(),
        (Refusal::OwnAddress, _) => ": this gateway itself listens there".to_owned(),
        (Refusal::Port, _) => format!(": say `egress.allow_ports = [{}]` to open that port", origin.port()),
        (_, ["plugins", identifier, _]) if outbound.is_inner(url) => format!(
            ": it is in a network of your own, which is closed. Say `plugins.{identifier}.allow_hosts = [\"{}\"]` to open it \
             to this plugin",
            origin.authority()
        ),
        (_, _) if outbound.is_inner(url) => format!(
            ": it is in a network of your own, which is closed. Say `egress.allow_hosts = [\"{}\"]` to open it{}",
            origin.authority(),
            if origin.scheme() == Scheme::Http { ", and `egress.require_https = false`" } else { "" }
        ),
        (Refusal::PlainHttp, _) => {
            ": say `egress.require_https = false` to call plugins over plain HTTP".to_owned()
        }
        (_, _) => String::new(),
    }
}

/// Makes a plugin of what the operator says of it.
fn configured(
    config: &Config,
    outbound: &Outbound,
    identifier: &str,
    plugin: &PinnedPlugin,
) -> Result<Configured, ConfigError> {
    let outbound = own_door(config, outbound, (identifier, plugin))?;
    let callable = |key: &str, url: &str| callable(&outbound, &["plugins", identifier, key], url);
    let (kind, place) = match document(identifier, plugin)? {
        Some((kind, word, Document::Web(url))) => (kind, Place::Web(callable(word, url.as_str())?)),
        Some((kind, word, Document::File(path))) => {
            try_to_read(path).map_err(|unread| ConfigError::at(&["plugins", identifier, word], unread))?;
            (kind, Place::File(path.clone()))
        }
        None => (Kind::Manifest, Place::Index),
    };
    let base_url = plugin.base_url.as_ref().map(|url| callable("base_url", url.as_str()));
    let PluginLimits { call_time, in_flight, .. } = plugin.limits;
    Ok(Configured {
        identifier: identifier.to_owned(),
        kind,
        place,
        siblings: plugin.siblings.clone(),
        base_url: base_url.transpose()?,
        tools: plugin.tools.clone(),
        bounds: Bounds { call_time, in_flight, scopes: plugin.scopes.clone() },
        outbound,
    })
}

/// Returns the one document that describes a plugin, under its key.
fn document<'a>(
    identifier: &str,
    plugin: &'a PinnedPlugin,
) -> Result<Option<(Kind, &'static str, &'a Document)>, ConfigError> {
    let words = [
        (Kind::Manifest, "manifest", &plugin.manifest),
        (Kind::OpenApi, "openapi", &plugin.openapi),
        (Kind::AiPlugin, "ai_plugin", &plugin.ai_plugin),
    ];
    let mut said =
        words.into_iter().filter_map(|(kind, word, document)| Some((kind, word, document.as_ref()?)));
    match (said.next(), said.next()) {
        (Some((_, one, _)), Some((_, other, _))) => Err(ConfigError::at(
            &["plugins", identifier, other],
            format!("say `{one}` or `{other}`, since one document describes a plugin"),
        )),
        (one, _) => Ok(one),
    }
}

/// Opens what the operator opens to one plugin: the hosts and ranges that are listed for it. Places in one's own network that
/// its lines name as well are called over plain HTTP, too, since nobody is between. With `open_named` naming them is enough;
/// whereto a public name leads is its owner's word and not the operator's, so such a one opens nothing.
fn own_door(
    config: &Config,
    outbound: &Outbound,
    (identifier, plugin): (&str, &PinnedPlugin),
) -> Result<Outbound, ConfigError> {
    let documents = [&plugin.manifest, &plugin.openapi, &plugin.ai_plugin];
    let written = documents.into_iter().flatten().filter_map(|document| match document {
        Document::Web(url) => Some(url.as_str()),
        Document::File(_) => None,
    });
    let mcp = plugin.mcp.as_ref().and_then(McpSource::url);
    let urls = written.chain(mcp).chain(plugin.base_url.as_ref().map(BaseUrl::as_str));
    let urls = urls.filter_map(|url| TargetUrl::parse(url).ok());
    let own = EgressPolicy {
        allow_hosts: plugin.allow_hosts.clone(),
        allow_cidrs: plugin.allow_cidrs.clone(),
        ..EgressPolicy::default()
    };
    let is_opened = |url: &TargetUrl| {
        let is_said = config.egress.open_named || own.lists(url.origin());
        is_said && outbound.is_inner(url) && outbound.judge(url).is_err()
    };
    let opened: Vec<_> = urls.filter(is_opened).collect();
    let says_nothing = own.allow_hosts.is_empty() && own.allow_cidrs.is_empty() && opened.is_empty();
    let is_plain = plugin.signing_key.is_none() && plugin.limits == PluginLimits::default();
    if says_nothing && is_plain && mcp.is_none() {
        return Ok(outbound.clone());
    }
    let mut policy = outbound.policy().clone();
    policy.require_https &= opened.is_empty();
    policy.allow_hosts.extend(opened.iter().map(|url| url.origin().authority()));
    policy.allow_hosts.extend(own.allow_hosts);
    policy.allow_cidrs.extend(own.allow_cidrs);
    let mut limits = bounds(&config.limits);
    limits.answer = plugin.limits.answer.unwrap_or(limits.answer);
    limits.total = plugin.limits.call_time.unwrap_or(limits.total);
    limits.head = plugin.limits.call_time.unwrap_or(limits.head);
    if mcp.is_some() {
        // Servers of MCP begin to answer at once and are silent while a tool works, or the other way round.
        (limits.head, limits.body_idle) = (limits.total, limits.total);
    }
    let wrong = |key: &str, fault: String| ConfigError::at(&["plugins", identifier, key], fault);
    let signing = plugin.signing_key.as_ref().map(|key| SigningKey::new(key.expose().clone())).transpose();
    let signing = signing.map_err(|fault| wrong("signing_key", fault.to_string()))?;
    let outbound = outbound.beside(policy, limits, signing);
    outbound.map_err(|fault| wrong("allow_hosts", fault.to_string()))
}

/// Makes the plugin that an MCP server is. Nothing is called or started yet.
fn server(
    config: &Config,
    outbound: &Outbound,
    (identifier, plugin): (&str, &PinnedPlugin),
    mcp: &McpSource,
) -> Result<McpServer, ConfigError> {
    let wrong =
        |key: &[&str], fault: &str| ConfigError::at(&[&["plugins", identifier][..], key].concat(), fault);
    let is_other = plugin.manifest.is_some() || plugin.base_url.is_some() || !plugin.settings.is_empty();
    if is_other {
        return Err(wrong(
            &["mcp"],
            "an MCP server has no `manifest`, `base_url` or `settings`: say it in `headers` or `env`",
        ));
    }
    let Limits { answer, start_time, cache_fresh, cache_stale, .. } = config.limits;
    let entrance = match &mcp.place {
        McpPlace::Http(url) => {
            let outbound = own_door(config, outbound, (identifier, plugin))?;
            let url = callable(&outbound, &["plugins", identifier, "mcp"], url.as_str())?;
            let headers = headers(&mcp.secrets).map_err(|name| wrong(&["mcp", "headers", name], HEADER))?;
            Entrance::Http(Address { url, headers, outbound })
        }
        McpPlace::Program { command, arguments, folder } => Entrance::Program(Program {
            name: identifier.into(),
            command: command.clone(),
            arguments: arguments.clone(),
            folder: folder.clone(),
            environment: mcp.secrets.clone(),
            max_message: plugin.limits.answer.unwrap_or(answer),
        }),
    };
    let limits = McpLimits { patience: start_time, fresh: cache_fresh, stale: cache_stale };
    let PluginLimits { call_time, in_flight, .. } = plugin.limits;
    let bounds = Bounds { call_time, in_flight, scopes: plugin.scopes.clone() };
    Ok(McpServer::new(identifier.to_owned(), entrance, limits).only(plugin.tools.clone()).within(bounds))
}

const HEADER: &str = "this header cannot be set: its name or its value is none, or the protocol sets it";

/// Reads the headers that go along with every request; on failure the name of one that cannot.
fn headers(texts: &BTreeMap<String, Secret<String>>) -> Result<HeaderMap, &str> {
    let ours = |name: &HeaderName| {
        let framing = [header::HOST, header::CONTENT_LENGTH, header::CONTENT_TYPE, header::TRANSFER_ENCODING];
        let protocol = ["accept", "accept-encoding", "connection", "last-event-id", "upgrade"];
        framing.contains(name) || protocol.contains(&name.as_str()) || name.as_str().starts_with("mcp-")
    };
    let mut headers = HeaderMap::with_capacity(texts.len());
    for (name, text) in texts {
        let parsed = (HeaderName::try_from(name), HeaderValue::try_from(text.expose()));
        let (Ok(parsed), Ok(value)) = parsed else { return Err(name) };
        if ours(&parsed) {
            return Err(name);
        }
        headers.insert(parsed, value);
    }
    Ok(headers)
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
            ConfigError::at(&["egress", "extra_roots"], format!("cannot read {}: {error}", file.display()))
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
