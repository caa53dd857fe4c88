//! What a fixture does when somebody begins a TLS handshake: the vectors' words, and what they mean.

use std::sync::Arc;

use anyhow::Result;
use rustls::crypto::ring::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier};

use super::certificates::{Authority, OnDemand, Quality};

/// What answers on a port that is spoken TLS to.
#[derive(Clone)]
pub(crate) enum Tls {
    /// A handshake with this configuration.
    Handshake(Arc<ServerConfig>),
    /// Bytes, whatever was said.
    Bytes(&'static [u8]),
}

/// A ServerHello that chooses TLS 1.1, as a server would that knows no better: version 3.2, no session, RSA with AES.
const TLS_1_1_HELLO: &[u8] = &[
    0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0, 0x2f, 0,
];
const PLAIN_HTTP: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";

/// Reads what a vector says of its server's TLS, by its key words.
pub(crate) fn parse(words: &str, authority: &Arc<Authority>) -> Result<Option<Tls>> {
    let lower = words.to_ascii_lowercase();
    let says = |any: &[&str]| any.iter().any(|word| lower.contains(word));
    let quality = if says(&["plain http", "no tls", "not tls"]) {
        return Ok(Some(Tls::Bytes(PLAIN_HTTP)));
    } else if says(&["tls 1.0", "tls 1.1", "ssl 3", "sslv3", "old protocol"]) {
        return Ok(Some(Tls::Bytes(TLS_1_1_HELLO)));
    } else if says(&["client certificate"]) {
        let required = says(&["requires", "required", "must", "insists"]);
        return client_asked(authority, required).map(Some);
    } else if says(&["not yet", "in the future"]) {
        Quality::NotYetValid
    } else if says(&["expired", "in the past"]) {
        Quality::Expired
    } else if says(&["self-signed", "self signed", "selfsigned"]) {
        Quality::SelfSigned
    } else if says(&["for the ip", "ip address", "ip only"]) {
        Quality::ForName("93.184.217.1".to_owned())
    } else if says(&["intermediate", "incomplete chain", "chain is incomplete"]) {
        Quality::WithoutIntermediate
    } else if says(&["unknown", "untrusted", "another authority", "another ca", "private ca", "stranger"]) {
        Quality::FromStranger
    } else if says(&["wrong", "another", "other", "different", "mismatch"])
        && says(&["name", "host", "domain", "san"])
    {
        Quality::ForName("other.vec.test".to_owned())
    } else if let Some(wildcard) = lower.split_whitespace().find(|word| word.starts_with("*.")) {
        Quality::ForName(wildcard.to_owned())
    } else if says(&["parent"]) {
        Quality::ForName("vec.test".to_owned())
    } else if says(&["valid", "sni", "good"]) {
        Quality::Good
    } else {
        return Ok(None);
    };
    Ok(Some(Tls::Handshake(configured(authority, quality, &[]))))
}

/// Makes a configuration with certificates of one quality.
pub(crate) fn configured(
    authority: &Arc<Authority>,
    quality: Quality,
    protocols: &[&[u8]],
) -> Arc<ServerConfig> {
    let resolver = Arc::new(OnDemand::new(Arc::clone(authority), quality));
    let mut config = server().with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Arc::new(config)
}

/// Begins a configuration. The provider is named, because other crates of a build may bring a second one.
fn server() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("cannot fail because the provider has all of them")
}

fn client_asked(authority: &Arc<Authority>, required: bool) -> Result<Tls> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der())?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()));
    let verifier = if required { verifier } else { verifier.allow_unauthenticated() };
    let resolver = Arc::new(OnDemand::new(Arc::clone(authority), Quality::Good));
    let config = server().with_client_cert_verifier(verifier.build()?).with_cert_resolver(resolver);
    Ok(Tls::Handshake(Arc::new(config)))
}
