//! Whom the gateway may call: the operator's words, and the decisions that follow from them (E4 to E6, E10).

use std::net::{IpAddr, SocketAddr};

use ipnet::{IpNet, Ipv6Net};

use super::address::{self, Place};
use super::error::Refusal;
use super::url::{Host, Origin, Scheme, TargetUrl};
use super::{name, port};

/// Says whom the gateway may call. The default is for production: public addresses over https, and nothing else.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EgressPolicy {
    /// For development: loopback addresses and names may be called, and plain http is allowed. Nothing else changes.
    pub dev: bool,
    /// Refuses plain http. On; `dev` switches it off.
    pub require_https: bool,
    /// Opens hosts by name or address, whatever they resolve to: `host` on the ports that are open to all, `host:port`
    /// on that port too. Metadata addresses stay closed.
    pub allow_hosts: Vec<String>,
    /// Opens ranges of addresses. Metadata addresses in them stay closed.
    pub allow_cidrs: Vec<IpNet>,
    /// Opens ports beside 80, 443 and most from 1024 up.
    pub allow_ports: Vec<u16>,
    /// Lets `allow_hosts` and `allow_cidrs` open addresses at which clouds hand out the machine's credentials.
    pub allow_metadata: bool,
    /// The prefixes behind which this network's NAT64 keeps all of IPv4. They are refused.
    pub nat64_prefixes: Vec<Ipv6Net>,
    /// Certificates, as PEM, of authorities that are trusted beside those whom this machine trusts.
    pub extra_roots: Vec<u8>,
    /// Where this gateway itself listens: refused even in dev. A wildcard address stands for every loopback one.
    pub own_addresses: Vec<SocketAddr>,
}

impl Default for EgressPolicy {
    fn default() -> Self {
        Self {
            dev: false,
            require_https: true,
            allow_hosts: Vec::new(),
            allow_cidrs: Vec::new(),
            allow_ports: Vec::new(),
            allow_metadata: false,
            nat64_prefixes: Vec::new(),
            extra_roots: Vec::new(),
            own_addresses: Vec::new(),
        }
    }
}

/// Says how a target was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    /// Somebody named it, or the host that somebody named led to itself.
    Named,
    /// Another host led here. What `dev` opens is closed to it.
    Redirected,
}

/// Says that a policy cannot be held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PolicyError {
    #[error("`{0}` in `allow_hosts` names no host: write `host` or `host:port`, without a scheme or a path")]
    Host(String),
    #[error("`extra_roots` has no certificate in it, or one that cannot be read: PEM is expected")]
    Roots,
}

impl EgressPolicy {
    /// Tells whether every entry can be held.
    pub(super) fn check(&self) -> Result<(), PolicyError> {
        let names_no_host = |entry: &&String| Origin::parse(&format!("http://{entry}")).is_err();
        match self.allow_hosts.iter().find(names_no_host) {
            Some(entry) => Err(PolicyError::Host(entry.clone())),
            None => Ok(()),
        }
    }

    /// Judges what can be judged before a lookup: scheme, port, name or literal address.
    pub(super) fn judge_url(&self, url: &TargetUrl, hop: Hop) -> Result<(), Refusal> {
        let origin = url.origin();
        if origin.scheme() == Scheme::Http && self.require_https && !self.dev {
            return Err(Refusal::PlainHttp);
        }
        self.judge_port(origin)?;
        match origin.host() {
            Host::V4(address) => self.judge_address((*address).into(), origin, hop),
            Host::V6(address) => self.judge_address((*address).into(), origin, hop),
            Host::Name(name) => self.judge_name(name, origin, hop),
        }
    }

    /// Tells whether a target is not public by what is written: by its address, or by a name that is never looked up.
    pub(crate) fn is_inner(&self, origin: &Origin) -> bool {
        match origin.host() {
            Host::Name(name) => name::is_refused(name),
            Host::V4(address) => !self.is_public((*address).into()),
            Host::V6(address) => !self.is_public((*address).into()),
        }
    }

    /// Tells whether a list opens a target by what is written: by its host, or by its address.
    pub(crate) fn lists(&self, origin: &Origin) -> bool {
        match origin.host() {
            Host::Name(_) => self.names_host(origin),
            Host::V4(address) => self.lists_address((*address).into(), origin),
            Host::V6(address) => self.lists_address((*address).into(), origin),
        }
    }

    /// Judges all addresses of a name: one that is refused refuses the name, and loopback beside other addresses is a
    /// name that flips between the two.
    pub(super) fn judge_answer(&self, answer: &[IpAddr], origin: &Origin, hop: Hop) -> Result<(), Refusal> {
        if answer.is_empty() {
            return Err(Refusal::Unresolved);
        }
        answer.iter().try_for_each(|address| self.judge_address(*address, origin, hop))?;
        let loopback = answer.iter().filter(|address| address.is_loopback()).count();
        let is_mixed = loopback != 0 && loopback != answer.len();
        if is_mixed && !self.names_host(origin) { Err(Refusal::Address) } else { Ok(()) }
    }

    /// Judges a name that another name is an alias of. What `dev` opens by name is not opened by an alias.
    pub(super) fn judge_alias(&self, alias: &str, origin: &Origin) -> Result<(), Refusal> {
        if name::is_refused(alias) && !self.names_host(origin) { Err(Refusal::Name) } else { Ok(()) }
    }

    fn judge_port(&self, origin: &Origin) -> Result<(), Refusal> {
        let is_open = port::is_open(origin.port())
            || self.allow_ports.contains(&origin.port())
            || self.allow_hosts.iter().any(|allowed| names_host_and_port(allowed, origin));
        if is_open { Ok(()) } else { Err(Refusal::Port) }
    }

    fn judge_name(&self, name: &str, origin: &Origin, hop: Hop) -> Result<(), Refusal> {
        let is_open = self.names_host(origin) || (name::is_loopback(name) && self.opens_loopback(hop));
        if name::is_refused(name) && !is_open { Err(Refusal::Name) } else { Ok(()) }
    }

    fn judge_address(&self, address: IpAddr, origin: &Origin, hop: Hop) -> Result<(), Refusal> {
        if self.is_own(SocketAddr::new(address, origin.port())) {
            return Err(Refusal::OwnAddress);
        }
        let is_listed = || self.lists_address(address, origin);
        match address::place(address, &self.nat64_prefixes) {
            Place::Metadata if !(self.allow_metadata && is_listed()) => Err(Refusal::Metadata),
            Place::Special if !is_listed() => Err(Refusal::Address),
            Place::Loopback if !self.opens_loopback(hop) && !is_listed() => Err(Refusal::Address),
            Place::Public | Place::Loopback | Place::Metadata | Place::Special => Ok(()),
        }
    }

    fn opens_loopback(&self, hop: Hop) -> bool {
        self.dev && hop == Hop::Named
    }

    fn is_own(&self, target: SocketAddr) -> bool {
        let is_wildcard_of = |own: &SocketAddr| {
            own.ip().is_unspecified() && own.port() == target.port() && target.ip().is_loopback()
        };
        self.own_addresses.iter().any(|own| *own == target || is_wildcard_of(own))
    }

    fn is_public(&self, address: IpAddr) -> bool {
        address::place(address, &self.nat64_prefixes) == Place::Public
    }

    fn lists_address(&self, address: IpAddr, origin: &Origin) -> bool {
        self.names_host(origin) || self.allow_cidrs.iter().any(|net| net.contains(&address))
    }

    fn names_host(&self, origin: &Origin) -> bool {
        self.allow_hosts.iter().any(|allowed| names_host(allowed, origin))
    }
}

/// Tells whether an entry of `allow_hosts` is the origin's host, on any port or on that origin's.
fn names_host(allowed: &str, origin: &Origin) -> bool {
    origin.host().is_written(allowed) || names_host_and_port(allowed, origin)
}

fn names_host_and_port(allowed: &str, origin: &Origin) -> bool {
    let written = allowed.rsplit_once(':');
    written.is_some_and(|(host, port)| port.parse() == Ok(origin.port()) && origin.host().is_written(host))
}
