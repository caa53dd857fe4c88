//! Access tokens of an authorization server as a kind of credential: this server as a *resource server* of OAuth 2.
//!
//! A token is believed that the issuer signed (RFC 9068), that is not over, and that was issued for this very server
//! (RFC 8707): one for another server is refused, whoever brings it. Nothing is asked of the authorization server but its
//! public keys.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::Uri;
use axum::http::header::HeaderValue;
use axum::http::request::Parts;
use serde::Deserialize;

use super::jws::{KeySet, Token, Unverified};
use super::keys::bearer;
use super::resource::{ProtectedResource, asked};
use super::{Admitted, Credential, Judgement, Judging};
use crate::caller::CallerIdentity;

/// How far clocks may differ.
const LEEWAY: Duration = Duration::from_secs(30);

/// Has the keys of an issuer.
///
/// A [`KeySet`] is one that never changes. A server that may call out fetches the set, keeps it for a while, and asks anew
/// when a token names a key that it does not know.
pub trait KeySource: fmt::Debug + Send + Sync {
    /// Returns the keys. `is_unknown` says that those which were returned before do not have the one that is wanted; a
    /// source should ask for new ones then, though not with every token: anybody can write a name into one.
    fn keys(&self, is_unknown: bool) -> KeysFuture<'_>;
}

/// Is the answer of a [`KeySource`]: `None` when the keys cannot be had, which refuses all tokens.
pub type KeysFuture<'a> = Pin<Box<dyn Future<Output = Option<Arc<KeySet>>> + Send + 'a>>;

impl KeySource for Arc<KeySet> {
    fn keys(&self, is_unknown: bool) -> KeysFuture<'_> {
        let keys = (!is_unknown).then(|| Self::clone(self));
        Box::pin(std::future::ready(keys))
    }
}

/// Judges access tokens in `Authorization: Bearer`.
///
/// ```
/// use std::sync::Arc;
/// use lobe_plugin_sdk::serve::{Authorization, KeySet, ProtectedResource, Tokens};
///
/// # let jwks = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let keys = Arc::new(KeySet::from_json(jwks)?);
/// let resource = ProtectedResource::new("https://plugins.example.org".parse()?, "https://login.example.org")?;
/// let authorization = Authorization::required().by(Tokens::new(resource, keys));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tokens {
    resource: Arc<ProtectedResource>,
    keys: Arc<dyn KeySource>,
}

/// What a token says, as far as it counts (RFC 9068, section 2.2).
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: OneOrMany,
    exp: u64,
    nbf: Option<u64>,
    sub: Option<String>,
    client_id: Option<String>,
    scope: Option<String>,
    /// What some servers write in the place of `scope`.
    scp: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn iter(&self) -> impl Iterator<Item = &str> {
        let all = match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        };
        all.iter().map(String::as_str)
    }
}

impl Tokens {
    /// Judges tokens for a resource by the keys of its authorization server.
    pub fn new(resource: ProtectedResource, keys: impl KeySource + 'static) -> Self {
        Self { resource: Arc::new(resource), keys: Arc::new(keys) }
    }

    async fn judge_token(&self, text: &str, head: &Parts) -> Judgement {
        let Some(token) = Token::read(text) else { return Judgement::Absent };
        // It is we who cannot tell, so it counts as nobody's guess.
        let Some(keys) = self.keys.keys(false).await else { return Judgement::Unfit };
        let claims = match token.verify::<Claims>(&keys) {
            Err(Unverified::UnknownKey) => match self.keys.keys(true).await {
                Some(keys) => token.verify(&keys),
                None => return Judgement::Refused,
            },
            verified => verified,
        };
        let Ok(claims) = claims else { return Judgement::Refused };
        match claims.caller().filter(|_| self.admits(&claims, asked(head))) {
            Some(caller) => Judgement::Admitted(Admitted::new(caller)),
            None => Judgement::Unfit,
        }
    }

    fn admits(&self, claims: &Claims, asked: &Uri) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let begun = claims.nbf.is_none_or(|nbf| Duration::from_secs(nbf) <= now + LEEWAY);
        let lasts = now < Duration::from_secs(claims.exp).saturating_add(LEEWAY);
        let is_ours = claims.iss == self.resource.issuer();
        begun
            && lasts
            && is_ours
            && claims.aud.iter().any(|audience| self.resource.is_meant_by(audience, asked))
    }
}

impl Claims {
    /// Returns who has the token: somebody, or at least some client.
    fn caller(&self) -> Option<CallerIdentity> {
        let subject = self.sub.as_ref().or(self.client_id.as_ref())?;
        let scopes = self.scope.iter().map(String::as_str).chain(self.scp.iter().flat_map(OneOrMany::iter));
        let scopes = scopes.flat_map(|scopes| scopes.split(' ')).filter(|scope| !scope.is_empty());
        Some(CallerIdentity::new(subject).with_scopes(scopes))
    }
}

impl Credential for Tokens {
    fn judge<'a>(&'a self, head: &'a Parts) -> Judging<'a> {
        Box::pin(async move {
            match bearer(head) {
                Some(token) => self.judge_token(token, head).await,
                None => Judgement::Absent,
            }
        })
    }

    fn challenge(&self, asked: &Uri) -> Option<HeaderValue> {
        Some(self.resource.challenge(asked))
    }

    fn resource(&self) -> Option<&ProtectedResource> {
        Some(&self.resource)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use serde_json::{Value, json};

    use super::super::jws::tests::issuer;
    use super::*;

    const ISSUER: &str = "https://login.example";

    fn claims(change: impl FnOnce(&mut Value)) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims = json!({
            "iss": ISSUER, "aud": "https://a.example/mcp", "sub": "ann", "exp": now + 60, "scope": "read write",
        });
        change(&mut claims);
        claims
    }

    fn tokens(keys: KeySet) -> Tokens {
        let resource = ProtectedResource::new("https://a.example".parse().unwrap(), ISSUER).unwrap();
        Tokens::new(resource, Arc::new(keys))
    }

    async fn judged(tokens: &Tokens, token: &str) -> Judgement {
        let request =
            Request::post("/mcp").header("authorization", format!("Bearer {token}")).body(()).unwrap();
        tokens.judge(&request.into_parts().0).await
    }

    #[tokio::test]
    async fn a_token_is_good_from_its_issuer_for_this_server_and_for_a_while() {
        let (make, keys) = issuer();
        let tokens = tokens(keys);
        let check = async |change: fn(&mut Value), expected: &str| {
            let claims = claims(change);
            let judgement = format!("{:?}", judged(&tokens, &make(&claims)).await);
            assert!(judgement.starts_with(expected), "{claims}: {judgement}");
        };
        check(|_| (), "Admitted").await;
        check(|claims| claims["aud"] = json!(["https://other.example", "https://a.example/"]), "Admitted")
            .await;
        check(|claims| claims["aud"] = json!("https://other.example/mcp"), "Unfit").await;
        check(|claims| claims["aud"] = json!([]), "Unfit").await;
        check(|claims| claims["iss"] = json!("https://login.example/"), "Unfit").await;
        check(|claims| claims["exp"] = json!(1_000_000_000), "Unfit").await;
        check(|claims| claims["exp"] = json!(u64::MAX), "Admitted").await;
        check(|claims| claims["nbf"] = json!(u64::MAX), "Unfit").await;
        check(|claims| claims["sub"] = Value::Null, "Unfit").await;
        for needed in ["aud", "exp", "iss"] {
            let claims = claims(|claims| drop(claims.as_object_mut().unwrap().remove(needed)));
            assert!(matches!(judged(&tokens, &make(&claims)).await, Judgement::Refused), "{needed}");
        }
    }

    #[tokio::test]
    async fn a_token_says_who_calls_and_what_he_may_do() {
        let (make, keys) = issuer();
        let tokens = tokens(keys);
        let admitted = async |change: fn(&mut Value)| match judged(&tokens, &make(&claims(change))).await {
            Judgement::Admitted(admitted) => admitted.caller,
            other => panic!("{other:?}"),
        };
        let caller = admitted(|_| ()).await;
        assert_eq!(
            (caller.subject(), caller.scopes()),
            (Some("ann"), &["read".to_owned(), "write".to_owned()][..])
        );
        let caller = admitted(|claims| {
            claims["sub"] = Value::Null;
            claims["client_id"] = json!("robot");
            claims["scope"] = Value::Null;
            claims["scp"] = json!(["read"]);
        });
        let caller = caller.await;
        assert_eq!((caller.subject(), caller.scopes()), (Some("robot"), &["read".to_owned()][..]));
    }

    #[tokio::test]
    async fn what_is_no_token_may_be_a_key() {
        let (_, keys) = issuer();
        assert!(matches!(judged(&tokens(keys), "lgw_k1_secret").await, Judgement::Absent));
    }
}
