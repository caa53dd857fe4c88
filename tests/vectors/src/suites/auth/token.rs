//! An authorization server of the runner's own: it says where its keys are, and signs what vectors say of a token in words.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

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
            Signs::Not => Vec::new(),
        };
        Ok(format!("{text}.{}", encoded(signature)))
    }
}

enum Signs {
    Well,
    AsAnother,
    Not,
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
