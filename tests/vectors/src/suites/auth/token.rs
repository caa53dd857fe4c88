//! An authorization server of the runner's own: it says where its keys are, and signs what vectors say of a token in words.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::gateway::config::PUBLIC_URL;
use crate::verdict::Unrun;
use crate::wire::response;
use crate::world::journal::Received;
use crate::world::{Responder, Signer};

/// Who makes the tokens.
pub(super) const ISSUER: &str = "https://login.vec.test";

/// An authorization server.
pub(super) struct Issuer {
    signer: Signer,
}

impl Issuer {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { signer: Signer::generate()? })
    }

    /// Serves its metadata and its keys.
    pub(super) fn responder(&self) -> Responder {
        let key = encoded(self.signer.public());
        Arc::new(move |received: &Received| {
            let document = if received.target().starts_with("/.well-known/oauth-authorization-server") {
                json!({ "issuer": ISSUER, "jwks_uri": format!("{ISSUER}/jwks") })
            } else {
                json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "1", "x": key }] })
            };
            response(200, &[("Content-Type", "application/json")], document.to_string().as_bytes())
        })
    }

    /// Makes a token, wrong in the way that the words say: in none where there are none.
    pub(super) fn token(&self, words: &str) -> Result<String, Unrun> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut head = json!({ "alg": "EdDSA", "kid": "1", "typ": "at+jwt" });
        let mut claims = json!({ "iss": ISSUER, "aud": PUBLIC_URL, "exp": now + 600, "sub": "alice" });
        let mut signs = Signs::Well;
        let says = |all: &[&str]| all.iter().any(|part| words.contains(part));
        if says(&["another audience", "other audience", "another service", "another resource"]) {
            claims["aud"] = "https://another.vec.test".into();
        } else if says(&["jku", "jwk", "x5u"]) {
            let name = ["jku", "jwk", "x5u"].iter().find(|name| words.contains(**name)).unwrap_or(&"jku");
            (head[*name], signs) = ("https://evil.vec.test/jwks".into(), Signs::AsAnother);
        } else if says(&["kid"]) {
            (head["kid"], signs) = ("https://evil.vec.test/key".into(), Signs::AsAnother);
        } else if says(&["crit"]) {
            head["crit"] = json!(["b64"]);
            head["b64"] = false.into();
        } else if says(&["HS256", "HMAC", "symmetric"]) {
            (head["alg"], signs) = ("HS256".into(), Signs::ByThePublicKey);
        } else if says(&["opaque"]) {
            return Ok("0b5c8f2e7d1a4c9688e0".to_owned());
        } else if says(&["1 MB", "large", "huge"]) {
            claims["padding"] = "p".repeat(1 << 20).into();
        } else if says(&["ID token", "id token", "id_token"]) {
            (head["typ"], claims["nonce"], claims["aud"]) = ("JWT".into(), "n".into(), "a-client".into());
        } else if says(&["two audiences", "several audiences", "list of audiences"]) {
            claims["aud"] = json!([PUBLIC_URL, "https://another.vec.test"]);
        } else if says(&["without exp", "no exp", "never expires"]) {
            claims.as_object_mut().map(|claims| claims.remove("exp"));
        } else if says(&["exp as a string", "exp is a string", "exp of another type"]) {
            claims["exp"] = (now + 600).to_string().into();
        } else if says(&["cut", "truncated", "two parts", "malformed"]) {
            let token = self.signed(&head, &claims, &signs)?;
            return Ok(token[..token.rfind('.').unwrap_or(token.len())].to_owned());
        } else if says(&["without audience", "no audience", "without aud"]) {
            claims.as_object_mut().map(|claims| claims.remove("aud"));
        } else if says(&["expired"]) {
            claims["exp"] = (now - 600).into();
        } else if says(&["not yet"]) {
            claims["nbf"] = (now + 600).into();
        } else if says(&["issuer"]) {
            claims["iss"] = "https://another.vec.test".into();
        } else if says(&["alg none", "none"]) {
            (head["alg"], signs) = ("none".into(), Signs::Not);
        } else if says(&["signed", "signature", "key"]) {
            signs = Signs::AsAnother;
        } else if !words.is_empty() {
            return Err(Unrun::words("token", words));
        }
        Ok(self.signed(&head, &claims, &signs)?)
    }

    /// Writes a header whose value names a token in words: `Bearer <token issued for another audience>`.
    pub(super) fn written(&self, value: &str) -> Result<String, Unrun> {
        let Some((before, words)) = value.split_once('<') else { return Ok(value.to_owned()) };
        let words = words.strip_suffix('>').ok_or_else(|| Unrun::words("headers", value))?;
        Ok(format!("{before}{}", self.token(words)?))
    }

    fn signed(&self, head: &Value, claims: &Value, signs: &Signs) -> Result<String> {
        let text = format!("{}.{}", encoded(head.to_string()), encoded(claims.to_string()));
        let signature = match signs {
            Signs::Well => self.signer.sign(&text)?,
            Signs::AsAnother => Signer::generate()?.sign(&text)?,
            Signs::ByThePublicKey => {
                let mac = Hmac::<Sha256>::new_from_slice(self.signer.public().as_ref())?;
                mac.chain_update(&text).finalize().into_bytes().to_vec()
            }
            Signs::Not => Vec::new(),
        };
        Ok(format!("{text}.{}", encoded(signature)))
    }
}

enum Signs {
    Well,
    AsAnother,
    /// As if everybody's key were a secret.
    ByThePublicKey,
    Not,
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
