//! TLS to the outside: at least 1.2, the certificates that this machine trusts, HTTP/2 where the server speaks it.

use std::sync::{Arc, OnceLock};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, IpAddr, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::UpstreamFault;
use super::url::Host;

/// Speaks TLS.
#[derive(Debug)]
pub(super) struct Tls {
    /// Whom to trust besides those whom this machine trusts.
    extra: Vec<CertificateDer<'static>>,
    /// Made at the first https call: reading the machine's certificates takes tens of milliseconds.
    config: OnceLock<Option<Arc<ClientConfig>>>,
}

impl Tls {
    pub(super) fn new(extra: Vec<CertificateDer<'static>>) -> Self {
        Self { extra, config: OnceLock::new() }
    }

    /// Shakes hands with a host, whose certificate must be for that very name or address.
    pub(super) async fn handshake(
        &self,
        host: &Host,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, UpstreamFault> {
        let config = self.config.get_or_init(|| self.build()).clone().ok_or(UpstreamFault::Tls)?;
        let name = match host {
            Host::V4(address) => ServerName::IpAddress(IpAddr::from(*address)),
            Host::V6(address) => ServerName::IpAddress(IpAddr::from(*address)),
            Host::Name(name) => ServerName::try_from(name.to_string()).map_err(|_| UpstreamFault::Tls)?,
        };
        TlsConnector::from(config).connect(name, stream).await.map_err(|_| UpstreamFault::Tls)
    }

    fn build(&self) -> Option<Arc<ClientConfig>> {
        let mut roots = system_roots();
        roots.add_parsable_certificates(self.extra.iter().cloned());
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .inspect_err(|error| tracing::error!(%error, "cannot speak TLS"))
            .ok()?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Some(Arc::new(config))
    }
}

/// Reads the certificates of a PEM text; `None` when there is none, or one that cannot be read.
pub(super) fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.ok().filter(|certificates| !certificates.is_empty())
}

/// Reads whom this machine trusts. What cannot be read is logged and left out; then nothing it signed is trusted.
fn system_roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::error!(%error, "cannot read a certificate that this machine trusts");
    }
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::error!("this machine trusts no certificate: install ca-certificates, or set SSL_CERT_FILE");
    }
    roots
}
