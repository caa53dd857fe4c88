//! Opens connections: the one place where an address is judged, and where a socket is opened to that very address.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tower_service::Service;

use super::error::{OutboundError, Phase, Refusal, UpstreamFault};
use super::line::Line;
use super::name;
use super::policy::{EgressPolicy, Hop};
use super::resolve::Resolver;
use super::tls::Tls;
use super::url::{Host, Origin, Scheme, TargetUrl};

/// Opens connections to targets that were come by in one way.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub(super) means: Arc<Means>,
    pub(super) hop: Hop,
}

/// Holds what all connectors share.
#[derive(Debug)]
pub(super) struct Means {
    pub(super) policy: Arc<EgressPolicy>,
    pub(super) resolver: Arc<Resolver>,
    pub(super) tls: Arc<Tls>,
    /// The time for resolving, and again for connecting with TLS.
    pub(super) timeout: Duration,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Line>;
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, OutboundError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OutboundError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { means, hop } = self.clone();
        Box::pin(async move {
            let url = TargetUrl::parse(&uri.to_string())?;
            means.connect(&url, hop).await.map(TokioIo::new)
        })
    }
}

impl Means {
    async fn connect(&self, url: &TargetUrl, hop: Hop) -> Result<Line, OutboundError> {
        self.policy.judge_url(url, hop)?;
        let addresses = self.addresses(url.origin(), hop).await?;
        let deadline = Instant::now() + self.timeout;
        let stream = open_any(&addresses, url.origin().port(), deadline).await?;
        match url.origin().scheme() {
            Scheme::Http => Ok(Line::plain(stream)),
            Scheme::Https => {
                let handshake = self.tls.handshake(url.origin().host(), stream);
                let stream = timeout_at(deadline, handshake).await.map_err(|_| late())??;
                Ok(Line::encrypted(stream))
            }
        }
    }

    /// Returns the addresses of a host, each of them judged.
    async fn addresses(&self, origin: &Origin, hop: Hop) -> Result<Vec<IpAddr>, Refusal> {
        let addresses = match origin.host() {
            Host::V4(address) => vec![(*address).into()],
            Host::V6(address) => vec![(*address).into()],
            // RFC 6761, 6.3: whoever resolves names answers this one itself. The policy has let it in.
            Host::Name(name) if name::is_loopback(name) => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            Host::Name(name) => self.resolve(name, origin).await?,
        };
        self.policy.judge_answer(&addresses, origin, hop)?;
        Ok(addresses)
    }

    async fn resolve(&self, name: &str, origin: &Origin) -> Result<Vec<IpAddr>, Refusal> {
        let resolved = timeout(self.timeout, self.resolver.resolve(name)).await;
        let resolved = resolved.ok().flatten().ok_or(Refusal::Unresolved)?;
        resolved.aliases.iter().try_for_each(|alias| self.policy.judge_alias(alias, origin))?;
        Ok(resolved.addresses)
    }
}

/// Opens a socket to the first address that answers. Each has its share of the time that is left.
async fn open_any(addresses: &[IpAddr], port: u16, deadline: Instant) -> Result<TcpStream, OutboundError> {
    let mut failure = UpstreamFault::Connect.into();
    for (tried, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        match timeout(share, open(SocketAddr::new(*address, port))).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(_)) => failure = UpstreamFault::Connect.into(),
            Err(_) => failure = late(),
        }
    }
    Err(failure)
}

#[expect(clippy::disallowed_methods, reason = "the one door out: the address was judged just before")]
async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // A call is one small write: waiting for more to send with it would only cost time.
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn late() -> OutboundError {
    OutboundError::TimedOut(Phase::Connect)
}
