//! The known-bad gateway's client: any address, any certificate, any redirect, no limit of any kind.

use std::io::Read;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio_rustls::TlsConnector;
use url::Url;

use crate::wire::{Answer, connect, read_answer};

/// Sends a request and follows wherever the answers lead.
pub(super) async fn send(
    method: &str,
    url: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Answer> {
    let mut url = Url::parse(url)?;
    for _ in 0..20 {
        let request = request(method, &url, headers, body);
        let answer = attempt(&url, &request).await?;
        let Some(location) = answer.header("location") else { return Ok(decoded(answer)) };
        url = url.join(location)?;
    }
    bail!("twenty redirects")
}

fn request(method: &str, url: &Url, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut head =
        format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        if !["host", "content-length", "transfer-encoding"].contains(&name.to_ascii_lowercase().as_str()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

async fn attempt(url: &Url, request: &[u8]) -> Result<Answer> {
    let host = url.host_str().context("no host")?;
    let port = url.port_or_known_default().context("no port")?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Some(proxy) = std::env::var("HTTP_PROXY").ok().filter(|_| url.scheme() == "http") {
        let proxy = Url::parse(&proxy)?;
        let address = (proxy.host_str().context("no host")?, proxy.port().unwrap_or(80));
        return talk(
            connect(tokio::net::lookup_host(address).await?.next().context("no address")?).await?,
            request,
        )
        .await;
    }
    let address = tokio::net::lookup_host((bare, port)).await?.next().context("no address")?;
    let stream = connect(address).await?;
    if url.scheme() != "https" {
        return talk(stream, request).await;
    }
    let name = ServerName::try_from(bare.to_owned())?;
    talk(TlsConnector::from(believing()).connect(name, stream).await?, request).await
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &[u8]) -> Result<Answer> {
    stream.write_all(request).await?;
    Ok(read_answer(&mut BufReader::new(stream)).await?)
}

fn decoded(mut answer: Answer) -> Answer {
    if answer.header("content-encoding") == Some("gzip") {
        let mut plain = Vec::new();
        // What cannot be decoded is handed on as far as it went.
        let _ = flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut plain);
        answer.body = plain;
    }
    answer
}

fn believing() -> Arc<ClientConfig> {
    let builder = ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::new(Believer));
    Arc::new(builder.with_no_client_auth())
}

/// Believes every certificate.
#[derive(Debug)]
struct Believer;

impl ServerCertVerifier for Believer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
