//! The certificates of the fixtures: an authority that the gateway is told to trust, and leaves of every quality.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ED25519, PublicKeyData as _, SigningKey as _,
};
use rustls::crypto::ring::sign::any_ecdsa_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use time::{Duration, OffsetDateTime};

/// An authority of the runner's own.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// What is wrong with a leaf, if anything.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Quality {
    Good,
    SelfSigned,
    Expired,
    NotYetValid,
    ForName(String),
    /// From an authority between, whose certificate is not sent.
    WithoutIntermediate,
    /// From an authority that nobody trusts.
    FromStranger,
}

/// A key that signs tokens: Ed25519.
pub(crate) struct Signer(KeyPair);

impl Signer {
    /// Makes one at random.
    pub(crate) fn generate() -> Result<Self> {
        Ok(Self(KeyPair::generate_for(&PKCS_ED25519)?))
    }

    /// Returns the public half, as its 32 bytes.
    pub(crate) fn public(&self) -> Vec<u8> {
        self.0.der_bytes().to_vec()
    }

    pub(crate) fn sign(&self, text: &str) -> Result<Vec<u8>> {
        Ok(self.0.sign(text.as_bytes())?)
    }
}

impl Authority {
    /// Makes an authority.
    pub(crate) fn new(name: &str) -> Result<Self> {
        let mut parameters = parameters(name)?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        parameters.subject_alt_names.clear();
        Ok(Self { issuer: CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)? })
    }

    /// Returns the authority's certificate, as the gateway's configuration wants it.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Returns the authority's certificate.
    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// Issues a certificate for a name.
    pub(crate) fn issue(&self, name: &str, quality: &Quality) -> Result<CertifiedKey> {
        let now = OffsetDateTime::now_utc();
        let mut leaf = match quality {
            Quality::ForName(other) => parameters(other)?,
            _ => parameters(name)?,
        };
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        match quality {
            Quality::Expired => {
                leaf.not_before = now - Duration::days(30);
                leaf.not_after = now - Duration::days(1);
            }
            Quality::NotYetValid => leaf.not_before = now + Duration::days(1),
            _ => {}
        }
        let key = KeyPair::generate()?;
        let certificate = match quality {
            Quality::SelfSigned => leaf.self_signed(&key)?,
            Quality::WithoutIntermediate => leaf.signed_by(&key, &*self.intermediate()?)?,
            Quality::FromStranger => leaf.signed_by(&key, &Self::new("stranger.vec.test")?.issuer)?,
            _ => leaf.signed_by(&key, &self.issuer)?,
        };
        certified(certificate.der().clone(), &key)
    }

    /// Issues a certificate for a name as files have it: the certificate, its key, and the certificate once more as it is
    /// sent.
    pub(crate) fn issue_pem(&self, name: &str) -> Result<(String, String, Vec<u8>)> {
        let mut leaf = parameters(name)?;
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = leaf.signed_by(&key, &self.issuer)?;
        Ok((certificate.pem(), key.serialize_pem(), certificate.der().to_vec()))
    }

    fn intermediate(&self) -> Result<CertifiedIssuer<'static, KeyPair>> {
        let mut parameters = parameters("intermediate.vec.test")?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(CertifiedIssuer::signed_by(parameters, KeyPair::generate()?, &self.issuer)?)
    }
}

fn parameters(name: &str) -> Result<CertificateParams> {
    let mut parameters = CertificateParams::new(vec![name.to_owned()])?;
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    Ok(parameters)
}

fn certified(certificate: CertificateDer<'static>, key: &KeyPair) -> Result<CertifiedKey> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = any_ecdsa_type(&key).context("rcgen makes ECDSA keys")?;
    Ok(CertifiedKey::new(vec![certificate], key))
}

/// Issues a certificate for whatever name the handshake asks for, once.
pub(crate) struct OnDemand {
    authority: Arc<Authority>,
    quality: Quality,
    issued: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl OnDemand {
    /// Makes certificates of one quality.
    pub(crate) fn new(authority: Arc<Authority>, quality: Quality) -> Self {
        Self { authority, quality, issued: Mutex::default() }
    }
}

impl fmt::Debug for OnDemand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OnDemand({:?})", self.quality)
    }
}

impl ResolvesServerCert for OnDemand {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // Without a name it is an address that is called: the one that public.vec.test has.
        let name = hello.server_name().unwrap_or("93.184.215.14").to_owned();
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = issued.get(&name) {
            return Some(Arc::clone(key));
        }
        let key = Arc::new(self.authority.issue(&name, &self.quality).ok()?);
        issued.insert(name, Arc::clone(&key));
        Some(key)
    }
}
