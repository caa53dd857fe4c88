//! Signed tokens and the public keys of whoever signed them (RFC 7515, RFC 7517), read and verified.
//!
//! Only signatures of public keys are known here, so that no token can be made with what everybody may read; and it is
//! the key that decides which algorithms go with it, so that no token can talk a key into another one. The cryptography
//! is ring's.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 16 << 10;
/// The most keys of an issuer: two while they change, a few for other uses.
const MOST_KEYS: usize = 64;

/// Holds the public keys of an issuer, as it publishes them: a JSON Web Key Set
/// ([RFC 7517, section 5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<PublicKey>);

/// Says that a text is no set of keys, or has none that tokens can be verified with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoKeys;

impl std::error::Error for NoKeys {}

impl fmt::Display for NoKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("a key set is `{\"keys\": [..]}` with at least one public key of type RSA, EC or OKP")
    }
}

impl KeySet {
    /// Reads a key set. Keys of other kinds and for other uses are left out.
    ///
    /// # Errors
    ///
    /// What is no key set, or one without a key to verify with.
    pub fn from_json(text: &[u8]) -> Result<Self, NoKeys> {
        let mut set: Value = serde_json::from_slice(text).map_err(|_| NoKeys)?;
        let Some(Value::Array(keys)) = set.get_mut("keys").map(Value::take) else { return Err(NoKeys) };
        let keys: Vec<_> = keys.into_iter().take(MOST_KEYS).filter_map(PublicKey::read).collect();
        if keys.is_empty() { Err(NoKeys) } else { Ok(Self(keys)) }
    }

    /// Returns the keys that a token may be signed by.
    fn candidates<'a>(&'a self, header: &'a Header) -> impl Iterator<Item = (&'a PublicKey, Scheme)> {
        let named = move |key: &&PublicKey| header.kid.is_none() || header.kid == key.id;
        self.0.iter().filter(named).filter_map(|key| Some((key, key.scheme(&header.alg)?)))
    }
}

/// A public key.
#[derive(Clone)]
struct PublicKey {
    id: Option<String>,
    /// The one algorithm that it is for, where it says so.
    algorithm: Option<String>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// What a signature is verified by.
enum Scheme {
    Rsa(&'static RsaParameters),
    Other(&'static dyn VerificationAlgorithm),
}

/// A key as it is written (RFC 7517, section 4, and RFC 7518, section 6).
#[derive(Deserialize)]
struct Written {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl PublicKey {
    fn read(value: Value) -> Option<Self> {
        let key: Written = serde_json::from_value(value).ok()?;
        if key.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        // An uncompressed point: SEC 1, section 2.3.3.
        let point = |size: usize| {
            let (x, y) = (bytes(&key.x)?, bytes(&key.y)?);
            (x.len() == size && y.len() == size).then(|| [&[4], &x[..], &y[..]].concat())
        };
        let material = match (&*key.kty, key.crv.as_deref()) {
            ("RSA", _) => Material::Rsa { n: bytes(&key.n)?, e: bytes(&key.e)? },
            ("EC", Some("P-256")) => Material::P256(point(32)?),
            ("EC", Some("P-384")) => Material::P384(point(48)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(bytes(&key.x)?),
            _ => return None,
        };
        Some(Self { id: key.kid, algorithm: key.alg, material })
    }

    /// Returns how this key verifies what was signed by an algorithm (RFC 7518, section 3.1); `None` when that is not one
    /// of its own.
    fn scheme(&self, algorithm: &str) -> Option<Scheme> {
        if self.algorithm.as_deref().is_some_and(|own| own != algorithm) {
            return None;
        }
        Some(match (&self.material, algorithm) {
            (Material::Rsa { .. }, "RS256") => Scheme::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            (Material::Rsa { .. }, "RS384") => Scheme::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            (Material::Rsa { .. }, "RS512") => Scheme::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            (Material::Rsa { .. }, "PS256") => Scheme::Rsa(&signature::RSA_PSS_2048_8192_SHA256),
            (Material::Rsa { .. }, "PS384") => Scheme::Rsa(&signature::RSA_PSS_2048_8192_SHA384),
            (Material::Rsa { .. }, "PS512") => Scheme::Rsa(&signature::RSA_PSS_2048_8192_SHA512),
            (Material::P256(_), "ES256") => Scheme::Other(&signature::ECDSA_P256_SHA256_FIXED),
            (Material::P384(_), "ES384") => Scheme::Other(&signature::ECDSA_P384_SHA384_FIXED),
            (Material::Ed25519(_), "EdDSA" | "Ed25519") => Scheme::Other(&signature::ED25519),
            _ => return None,
        })
    }

    fn verifies(&self, scheme: &Scheme, message: &[u8], signature: &[u8]) -> bool {
        match (&self.material, scheme) {
            (Material::Rsa { n, e }, Scheme::Rsa(parameters)) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }
            (
                Material::P256(key) | Material::P384(key) | Material::Ed25519(key),
                Scheme::Other(algorithm),
            ) => UnparsedPublicKey::new(*algorithm, key).verify(message, signature).is_ok(),
            _ => false,
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PublicKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The head of a token that counts here.
#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    /// What one has to understand to read it (RFC 7515, section 4.1.11): nothing of that is understood.
    crit: Option<Value>,
}

/// A token that has the form of one; nothing of it is believed yet.
pub(super) struct Token<'a> {
    header: Header,
    message: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Says why a token is not believed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unverified {
    /// None of the keys is the one that it names: the issuer may have new ones.
    UnknownKey,
    /// The signature is wrong.
    Wrong,
}

impl<'a> Token<'a> {
    /// Takes a token apart; `None` for what is none.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (message, signature) = text.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let part = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let header: Header = serde_json::from_slice(&part(header)?).ok()?;
        Some(Self { header, message, payload: part(payload)?, signature: part(signature)? })
    }

    /// Returns what it says, after it was verified that the owner of one of the keys says it.
    pub(super) fn verify<T: DeserializeOwned>(&self, keys: &KeySet) -> Result<T, Unverified> {
        // An ID token or a logout token is signed by the same keys, and is for somebody else (RFC 9068, section 2.1).
        let typ = self.header.typ.as_deref().unwrap_or("JWT");
        let typ = typ.strip_prefix("application/").unwrap_or(typ);
        if self.header.crit.is_some()
            || !["at+jwt", "jwt"].iter().any(|known| typ.eq_ignore_ascii_case(known))
        {
            return Err(Unverified::Wrong);
        }
        let mut candidates = keys.candidates(&self.header).peekable();
        candidates.peek().ok_or(Unverified::UnknownKey)?;
        let signed = |(key, scheme): (&PublicKey, Scheme)| {
            key.verifies(&scheme, self.message.as_bytes(), &self.signature)
        };
        if !candidates.any(signed) {
            return Err(Unverified::Wrong);
        }
        serde_json::from_slice(&self.payload).map_err(|_| Unverified::Wrong)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
    use serde_json::json;

    use super::*;

    fn encoded(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn token(header: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        signed(header, &json!({ "sub": "me" }), sign)
    }

    fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = sign(message.as_bytes());
        format!("{message}.{}", encoded(signature))
    }

    fn ed25519() -> (Ed25519KeyPair, KeySet) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "e", "x": encoded(pair.public_key()) });
        (pair, KeySet::from_json(json!({ "keys": [key] }).to_string().as_bytes()).unwrap())
    }

    /// Makes tokens with these claims, by the key of the set.
    pub(in crate::serve::authorize) fn issuer() -> (impl Fn(&Value) -> String, KeySet) {
        let (pair, keys) = ed25519();
        let header = json!({ "alg": "EdDSA", "kid": "e", "typ": "at+jwt" });
        (move |claims: &Value| signed(&header, claims, |message| pair.sign(message).as_ref().to_vec()), keys)
    }

    fn verified(text: &str, keys: &KeySet) -> Result<Value, Unverified> {
        Token::read(text).unwrap().verify(keys)
    }

    #[test]
    fn what_the_keys_owner_signed_is_believed() {
        let (pair, keys) = ed25519();
        let sign = |message: &[u8]| pair.sign(message).as_ref().to_vec();
        for header in [
            json!({ "alg": "EdDSA", "kid": "e" }),
            json!({ "alg": "EdDSA" }),
            json!({ "alg": "EdDSA", "typ": "at+jwt" }),
            json!({ "alg": "EdDSA", "typ": "application/AT+JWT" }),
        ] {
            assert_eq!(verified(&token(&header, sign), &keys), Ok(json!({ "sub": "me" })), "{header}");
        }
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let key = json!({ "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y), "use": "sig", "alg": "ES256" });
        let keys = KeySet::from_json(json!({ "keys": [key] }).to_string().as_bytes()).unwrap();
        let sign = |message: &[u8]| pair.sign(&random, message).unwrap().as_ref().to_vec();
        assert!(verified(&token(&json!({ "alg": "ES256" }), sign), &keys).is_ok());
    }

    #[test]
    fn what_he_did_not_sign_is_not() {
        let (pair, keys) = ed25519();
        let sign = |message: &[u8]| pair.sign(message).as_ref().to_vec();
        let check = |header: Value, expected: Unverified| {
            assert_eq!(verified(&token(&header, sign), &keys), Err(expected), "{header}");
        };
        check(json!({ "alg": "EdDSA", "kid": "other" }), Unverified::UnknownKey);
        check(json!({ "alg": "none" }), Unverified::UnknownKey);
        check(json!({ "alg": "HS256" }), Unverified::UnknownKey);
        check(json!({ "alg": "RS256" }), Unverified::UnknownKey);
        check(json!({ "alg": "EdDSA", "typ": "logout+jwt" }), Unverified::Wrong);
        check(json!({ "alg": "EdDSA", "crit": ["exp"] }), Unverified::Wrong);
        let right = token(&json!({ "alg": "EdDSA" }), sign);
        let (message, signature) = right.rsplit_once('.').unwrap();
        let (header, _) = message.split_once('.').unwrap();
        let forged = format!("{header}.{}.{signature}", encoded(json!({ "sub": "you" }).to_string()));
        assert_eq!(verified(&forged, &keys), Err(Unverified::Wrong));
        assert_eq!(verified(&format!("{message}."), &keys), Err(Unverified::Wrong));
    }

    #[test]
    fn what_is_no_token_and_no_key_set() {
        for text in ["", "a", "a.b", "a.b.c", "e30.e30.e30", "....", &"a".repeat(100_000)] {
            assert!(Token::read(text).is_none(), "{text}");
        }
        for text in ["", "{}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}", "[]"] {
            assert_eq!(KeySet::from_json(text.as_bytes()).unwrap_err(), NoKeys, "{text}");
        }
    }
}
