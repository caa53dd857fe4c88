//! TLS: whose certificate is believed, that nothing is said before it is, and HTTP/2 behind it.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::super::tls::certificates;
use super::super::{OutboundError, OutboundLimits, Refusal, UpstreamFault};
use super::name_server::{NameServer, addresses};
use super::script::{Script, Then, ok, redirect};
use super::{call, dev_door, get, hasty, outcome, trusting};

/// Signs certificates, and is trusted by whoever is told to.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    pub(super) fn roots(&self) -> Vec<CertificateDer<'static>> {
        let base64 = STANDARD.encode(self.0.der());
        let pem = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
        certificates(pem.as_bytes()).unwrap()
    }

    /// Sets up a server whose certificate is for one name.
    pub(super) fn server(&self, name: &str, protocols: &[&str]) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        config
    }
}

/// Serves connections over TLS, and returns the port.
pub(super) async fn listen<Served: Future<Output = Option<()>> + Send>(
    config: ServerConfig,
    serve: impl Fn(TlsStream<TcpStream>) -> Served + Clone + Send + Sync + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, serve) = (acceptor.clone(), serve.clone());
            tokio::spawn(async move { serve(acceptor.accept(stream).await.ok()?).await });
        }
    });
    port
}

/// Serves one answer over TLS, and returns its port and what was read.
async fn serve(config: ServerConfig, answer: Vec<u8>) -> (u16, Arc<Mutex<Vec<u8>>>) {
    let read: Arc<Mutex<Vec<u8>>> = Arc::default();
    let reads = Arc::clone(&read);
    let port = listen(config, move |mut stream| {
        let (reads, answer) = (Arc::clone(&reads), answer.clone());
        async move {
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).await.ok()?;
            reads.lock().unwrap().extend_from_slice(&bytes[..length]);
            stream.write_all(&answer).await.ok()?;
            // Without the farewell that TLS asks for: where the length is known, it is not missed.
            stream.flush().await.ok()
        }
    })
    .await;
    (port, read)
}

pub(super) async fn here() -> NameServer {
    NameServer::knows(|_, _| addresses(&["127.0.0.1"])).await
}

#[tokio::test]
async fn a_trusted_certificate_for_that_name_is_believed() {
    let (authority, names) = (Authority::new(), here().await);
    let (port, read) = serve(authority.server("plugin.vec.test", &[]), ok("{}")).await;
    let door = trusting(authority.roots(), OutboundLimits::default(), &[names.address]);
    let found = outcome(&door, call(&format!("https://plugin.vec.test:{port}/"))).await;
    assert_eq!(found, Ok((200, "{}".into())));
    assert!(read.lock().unwrap().starts_with(b"POST / HTTP/1.1\r\n"));
}

#[tokio::test]
async fn no_other_certificate_is_and_no_byte_of_the_request_is_sent() {
    let (authority, stranger, names) = (Authority::new(), Authority::new(), here().await);
    for (signer, name) in
        [(&stranger, "plugin.vec.test"), (&authority, "other.vec.test"), (&authority, "127.0.0.1")]
    {
        let (port, read) = serve(signer.server(name, &[]), ok("{}")).await;
        let door = trusting(authority.roots(), OutboundLimits::default(), &[names.address]);
        let found = outcome(&door, call(&format!("https://plugin.vec.test:{port}/"))).await;
        assert_eq!(found, Err(OutboundError::Upstream(UpstreamFault::Tls)), "{name}");
        assert!(read.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn http_where_tls_is_expected_is_a_fault_of_the_server() {
    let plain = Script::says(ok("{}"), Then::Close).await;
    let url = plain.url("/").replace("http:", "https:");
    // What the server makes of our greeting differs: it may answer it, or wait for its end.
    let found = outcome(&trusting(Authority::new().roots(), hasty(), &[]), call(&url)).await;
    assert!(found.is_err());
    assert_eq!(plain.requests().len(), 0);
    let tls = serve(Authority::new().server("plugin.vec.test", &[]), ok("{}")).await.0;
    assert!(outcome(&dev_door(), call(&format!("http://127.0.0.1:{tls}/"))).await.is_err());
}

#[tokio::test]
async fn https_never_leads_to_http() {
    let (authority, names) = (Authority::new(), here().await);
    let plain = Script::says(ok("plain"), Then::Close).await;
    let answer = redirect(307, &format!("http://plugin.vec.test:{}/", plain.address.port()));
    let (port, _) = serve(authority.server("plugin.vec.test", &[]), answer).await;
    let door = trusting(authority.roots(), OutboundLimits::default(), &[names.address]);
    let url = format!("https://plugin.vec.test:{port}/");
    for request in [call(&url), get(&url)] {
        assert_eq!(outcome(&door, request).await, Err(OutboundError::Refused(Refusal::Downgrade)));
    }
    assert_eq!(plain.connections(), 0);
}
