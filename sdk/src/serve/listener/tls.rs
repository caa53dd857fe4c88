//! TLS in front of a listener: at least 1.2, HTTP/2 where both sides speak it, and a certificate that can be renewed while
//! the server runs.

use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::patience::Patient;

/// What is spoken, by its names in a handshake (RFC 7301; RFC 9113, section 3.2), what is liked best first.
const SPOKEN: &[&[u8]] = if cfg!(feature = "http2") { &[H2, b"http/1.1"] } else { &[b"http/1.1"] };
const H2: &[u8] = b"h2";

/// Holds a certificate and its key. Clones hold the same, so what is [put in its place](Self::replace) by one serves the
/// next connection of the others; those that are open go on.
#[derive(Clone)]
pub struct Tls(Arc<RwLock<Arc<ServerConfig>>>);

/// Says what is wrong with a certificate or its key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFault {
    /// There is no certificate in the first text.
    NoCertificate,
    /// There is no private key in the second one.
    NoKey,
    /// They do not fit together, or are of a kind that is not known; in rustls' words.
    Unfit(String),
}

impl std::error::Error for TlsFault {}

impl fmt::Display for TlsFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate => formatter
                .write_str("there is no certificate in it: it begins with `-----BEGIN CERTIFICATE-----`"),
            Self::NoKey => formatter
                .write_str("there is no private key in it: it begins with `-----BEGIN PRIVATE KEY-----`"),
            Self::Unfit(words) => {
                write!(formatter, "the certificate and the key do not serve together: {words}")
            }
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads a chain of certificates, the server's own first, and its private key, both as PEM.
    ///
    /// # Errors
    ///
    /// What is missing in them, or does not fit.
    pub fn of_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsFault> {
        Ok(Self(Arc::new(RwLock::new(configured(certificates, key)?))))
    }

    /// Puts a renewed certificate in the place of the old one.
    ///
    /// # Errors
    ///
    /// As [`of_pem`](Self::of_pem); the old one then stays.
    pub fn replace(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsFault> {
        let renewed = configured(certificates, key)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(())
    }

    /// Shakes hands. How long that may take, the stream knows.
    pub(super) async fn accept(&self, stream: Patient) -> io::Result<TlsStream<Patient>> {
        let config = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        TlsAcceptor::from(config).accept(stream).await
    }
}

/// Returns whether client and server agreed on HTTP/2.
#[cfg(feature = "http2")]
pub(super) fn is_http2(stream: &TlsStream<Patient>) -> bool {
    let (_, session) = stream.get_ref();
    session.alpn_protocol() == Some(H2)
}

fn configured(certificates: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsFault> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsFault::NoCertificate)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsFault::NoKey)?;
    let unfit = |error: rustls::Error| TlsFault::Unfit(error.to_string());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unfit)?;
    config.alpn_protocols = SPOKEN.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(Tls::of_pem(b"", b"").unwrap_err(), TlsFault::NoCertificate);
        assert_eq!(Tls::of_pem(certificate, b"").unwrap_err(), TlsFault::NoKey);
    }
}
