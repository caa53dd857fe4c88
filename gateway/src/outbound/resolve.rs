//! Asks DNS for the addresses of a name (E7): the name as it stands, both families, nothing remembered.
//!
//! Nothing is remembered so that the addresses that are judged are those that are connected to, and no older ones. A
//! connection that is kept open spares the question to most calls anyway.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

/// How many aliases a name may lead through.
const MAX_ALIASES: usize = 8;

/// Asks DNS.
#[derive(Debug)]
pub(super) struct Resolver {
    /// Which servers to ask, instead of those that this machine asks.
    servers: Option<Vec<SocketAddr>>,
    timeout: Duration,
    /// Read from the machine at the first name: a gateway that calls nobody needs no resolver.
    built: OnceLock<Option<TokioResolver>>,
}

/// Holds what DNS says of a name.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// IPv4 first: where IPv6 leads nowhere, trying it costs time.
    pub(super) addresses: Vec<IpAddr>,
    /// The names that it is an alias of, in lower case, without their last dot.
    pub(super) aliases: Vec<String>,
}

impl Resolver {
    pub(super) fn new(servers: Option<Vec<SocketAddr>>, timeout: Duration) -> Self {
        Self { servers, timeout, built: OnceLock::new() }
    }

    /// Resolves a name. Nothing comes back when it does not exist, cannot be asked for or leads through too many aliases.
    pub(super) async fn resolve(&self, name: &str) -> Option<Resolved> {
        let resolver = self.built.get_or_init(|| self.build()).as_ref()?;
        // The last dot keeps this machine's search list out of it.
        let name = Name::from_ascii(format!("{name}.")).ok()?;
        let (v4, v6) = tokio::join!(
            resolver.lookup(name.clone(), RecordType::A),
            resolver.lookup(name, RecordType::AAAA),
        );
        let mut resolved = Resolved::default();
        for lookup in [v4, v6].into_iter().flatten() {
            resolved.take(&lookup)?;
        }
        Some(resolved)
    }

    fn build(&self) -> Option<TokioResolver> {
        let built = match &self.servers {
            Some(servers) => {
                Ok(TokioResolver::builder_with_config(asking(servers), TokioRuntimeProvider::default()))
            }
            None => TokioResolver::builder_tokio(),
        };
        let built = built.and_then(|mut builder| {
            self.configure(builder.options_mut());
            builder.build()
        });
        built
            .inspect_err(
                |error: &NetError| tracing::error!(%error, "cannot read how this machine resolves names"),
            )
            .ok()
    }

    fn configure(&self, options: &mut ResolverOpts) {
        options.cache_size = 0;
        // Whoever asks waits for the whole time; a lost packet leaves half of it for a second question.
        options.attempts = 1;
        options.timeout = self.timeout / 2;
        options.preserve_intermediates = true;
    }
}

impl Resolved {
    fn take(&mut self, lookup: &Lookup) -> Option<()> {
        let known = self.aliases.len();
        for record in lookup.answers() {
            match &record.data {
                RData::A(address) => self.addresses.push(address.0.into()),
                RData::AAAA(address) => self.addresses.push(address.0.into()),
                RData::CNAME(alias) => {
                    self.aliases.push(alias.0.to_ascii().trim_end_matches('.').to_ascii_lowercase());
                }
                _ => {}
            }
        }
        (self.aliases.len() - known <= MAX_ALIASES).then_some(())
    }
}

fn asking(servers: &[SocketAddr]) -> ResolverConfig {
    let server = |address: &SocketAddr| {
        let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
        connections.iter_mut().for_each(|connection| connection.port = address.port());
        NameServerConfig::new(address.ip(), true, connections)
    };
    ResolverConfig::from_parts(None, Vec::new(), servers.iter().map(server).collect())
}
