//! Who may call: every kind of credential that a server takes, asked in turn, and one answer to everybody who has none.
//!
//! The layer knows no kind by itself. [`Keys`] is one; whoever wants another (a token of an authorization server, a
//! session) writes a [`Credential`]: it finds its own kind in the head of a request and judges it. Everything else stays
//! here: that a request is judged before its method and its body, that all refusals read alike, how often an address may
//! be wrong, and what the functions and the gateway read afterwards.

mod attempts;
mod client;
mod digest;
#[cfg(feature = "oauth")]
mod jws;
mod key;
mod keys;
mod resource;
mod signature;
#[cfg(feature = "oauth")]
mod tokens;

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Uri;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use http::Extensions;

use self::attempts::Attempts;
pub use self::client::Proxies;
pub use self::digest::{Digest, NoDigest};
#[cfg(feature = "oauth")]
pub use self::jws::{KeySet, NoKeys};
pub use self::key::{Key, KeyFault};
pub use self::keys::{KeyRecord, KeyStore, Keys};
pub use self::resource::{NoIssuer, ProtectedResource};
pub use self::signature::{ShortKey, SignedRequests, SigningKey, expect_signed_body};
#[cfg(feature = "oauth")]
pub use self::tokens::{KeySource, KeysFuture, Tokens};
use crate::caller::CallerIdentity;
use crate::error::PluginError;

/// Judges one kind of credential.
///
/// ```
/// use lobe_plugin_sdk::CallerIdentity;
/// use lobe_plugin_sdk::serve::{Admitted, Authorization, Credential, Judgement, Judging};
///
/// /// Believes a proxy that has asked for a certificate. Right only where nobody else can reach the server.
/// #[derive(Debug)]
/// struct ClientCertificate;
///
/// impl Credential for ClientCertificate {
///     fn judge<'a>(&'a self, head: &'a axum::http::request::Parts) -> Judging<'a> {
///         let subject = head.headers.get("x-client-subject").and_then(|subject| subject.to_str().ok());
///         Box::pin(async move {
///             match subject {
///                 Some(subject) => Judgement::Admitted(Admitted::new(CallerIdentity::new(subject))),
///                 None => Judgement::Absent,
///             }
///         })
///     }
/// }
///
/// let authorization = Authorization::required().by(ClientCertificate);
/// ```
pub trait Credential: fmt::Debug + Send + Sync {
    /// Looks for a credential of this kind in the head of a request, and judges it.
    ///
    /// What it takes for a secret must be compared as [`Digest`]s, so that the time it takes says nothing.
    fn judge<'a>(&'a self, head: &'a Parts) -> Judging<'a>;

    /// Returns what an answer without one names in `WWW-Authenticate`
    /// ([RFC 9110, section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1)): always the same for the same
    /// URL, whatever was wrong. None where a client cannot be told.
    fn challenge(&self, _asked: &Uri) -> Option<HeaderValue> {
        None
    }

    /// Returns what this server says of itself to clients that want a credential of this kind, if anything.
    fn resource(&self) -> Option<&ProtectedResource> {
        None
    }
}

/// Is a judgement that may have to wait, such as for the keys of an issuer.
pub type Judging<'a> = Pin<Box<dyn Future<Output = Judgement> + Send + 'a>>;

/// Says what became of a request's credential.
#[derive(Debug)]
pub enum Judgement {
    /// The request has none of this kind: other kinds are asked.
    Absent,
    /// It has one, and that is wrong, expired or revoked. Other kinds are asked, and it counts as an attempt.
    Refused,
    /// It has one that is genuine, and not good for this, or no longer. Other kinds are asked; it is nobody's guess, so it
    /// does not count.
    Unfit,
    /// It has a right one.
    Admitted(Admitted),
}

/// Says who was admitted.
#[derive(Clone, Debug, Default)]
pub struct Admitted {
    /// Who calls: what [`Caller`](crate::Caller) hands to functions.
    pub caller: CallerIdentity,
    /// What travels on with the request beside that, by its type: what a gateway lets this caller do.
    pub extensions: Extensions,
}

impl Admitted {
    /// Admits a caller who brings nothing but a name.
    #[must_use]
    pub fn new(caller: CallerIdentity) -> Self {
        Self { caller, extensions: Extensions::new() }
    }
}

/// Decides who may call. The default lets everybody in, unnamed. Clones decide, and count, together.
///
/// ```
/// # use lobe_plugin_sdk::serve::{Authorization, Key, KeyRecord, Keys};
/// let key = Key::generate("alice")?;
/// let authorization = Authorization::required().by(Keys::of([KeyRecord::new(&key)]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Authorization(Option<Arc<Rule>>);

#[derive(Clone, Debug, Default)]
struct Rule {
    credentials: Vec<Arc<dyn Credential>>,
    proxies: Proxies,
    attempts: Arc<Attempts>,
    only: Option<Only>,
}

/// Decides who of those who have a right credential may come in here.
#[derive(Clone)]
struct Only(Arc<dyn Fn(&Admitted) -> bool + Send + Sync>);

impl fmt::Debug for Only {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Only").finish_non_exhaustive()
    }
}

impl Authorization {
    /// Lets nobody in who has no credential of a kind that is named by [`by`](Self::by).
    #[must_use]
    pub fn required() -> Self {
        Self(Some(Arc::default()))
    }

    /// Takes one more kind of credential.
    #[must_use]
    pub fn by(self, credential: impl Credential + 'static) -> Self {
        self.changed(|rule| rule.credentials.push(Arc::new(credential)))
    }

    /// Lets only some of those in who have a right credential: the others get 403. Everybody still comes in where no
    /// credential is needed.
    #[must_use]
    pub fn only(self, may: impl Fn(&Admitted) -> bool + Send + Sync + 'static) -> Self {
        if self.is_open() { self } else { self.changed(|rule| rule.only = Some(Only(Arc::new(may)))) }
    }

    /// Names the proxies whose word about a client's address is believed. None are by default.
    #[must_use]
    pub fn behind(self, proxies: Proxies) -> Self {
        self.changed(|rule| rule.proxies = proxies)
    }

    /// Counts wrong credentials together with another one, such as the one it takes the place of.
    #[must_use]
    pub fn counting_with(self, other: &Self) -> Self {
        let Some(other) = &other.0 else { return self };
        self.changed(|rule| rule.attempts = Arc::clone(&other.attempts))
    }

    fn changed(self, change: impl FnOnce(&mut Rule)) -> Self {
        let mut rule = self.0.unwrap_or_default();
        change(Arc::make_mut(&mut rule));
        Self(Some(rule))
    }

    /// Returns whether everybody may call.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.is_none()
    }

    /// Returns what clients read before they have a token: the metadata of this server as a resource of OAuth, if tokens are
    /// taken, as routes at `/.well-known/oauth-protected-resource`.
    pub fn metadata<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        self.resource().map_or_else(Router::new, ProtectedResource::router)
    }

    fn resource(&self) -> Option<&ProtectedResource> {
        self.0.iter().flat_map(|rule| &rule.credentials).find_map(|credential| credential.resource())
    }

    /// Lets in who was admitted and has these scopes.
    pub(crate) fn admit_to(&self, scopes: &[Cow<'static, str>], head: &Parts) -> Result<(), Denied> {
        let caller = head.extensions.get::<CallerIdentity>();
        self.permit(caller, scopes, resource::asked(head))
    }

    /// Lets a caller who was admitted do what takes these scopes, whoever that is where it takes none.
    ///
    /// # Errors
    ///
    /// The scopes, when one of them is lacking; with the challenge for who came by the URL `asked`, where tokens are taken.
    pub fn permit(
        &self,
        caller: Option<&CallerIdentity>,
        scopes: &[Cow<'static, str>],
        asked: &Uri,
    ) -> Result<(), Denied> {
        if scopes.is_empty() || caller.is_some_and(|caller| caller.has_scopes(scopes)) {
            return Ok(());
        }
        let challenge = self.challenge_for(asked, scopes);
        Err(Denied::InsufficientScope { scopes: scopes.to_vec(), challenge })
    }

    /// Returns by what a client that lacks scopes for what is at this URL gets them, where tokens are taken.
    pub(crate) fn challenge_for(&self, asked: &Uri, scopes: &[Cow<'static, str>]) -> Option<HeaderValue> {
        self.resource().map(|resource| resource.challenge_for(asked, scopes))
    }

    /// Judges a request by its head, before anything else of it counts. Who is let in stands in the head's extensions
    /// afterwards, as a [`CallerIdentity`], beside what else the credential gives.
    ///
    /// # Errors
    ///
    /// No right credential, one that is not good for this, two of them, or too many wrong ones from the same address.
    pub async fn admit(&self, head: &mut Parts) -> Result<(), Denied> {
        let Some(rule) = &self.0 else { return Ok(()) };
        let Admitted { caller, extensions } = rule.judge(head).await?;
        head.extensions.insert(caller);
        head.extensions.extend(extensions);
        Ok(())
    }
}

impl Rule {
    async fn judge(&self, head: &Parts) -> Result<Admitted, Denied> {
        // Which of two is meant, nobody can know.
        if head.headers.get_all(header::AUTHORIZATION).iter().nth(1).is_some() {
            return Err(Denied::Malformed);
        }
        let client = self.proxies.client(head);
        if let Some(wait) = client.and_then(|client| self.attempts.exhausted(client)) {
            return Err(Denied::TooManyAttempts { wait });
        }
        let mut wrong = head.headers.contains_key(header::AUTHORIZATION);
        let mut is_genuine = false;
        for credential in &self.credentials {
            match credential.judge(head).await {
                Judgement::Admitted(admitted) => return self.narrowed(admitted),
                Judgement::Refused => wrong = true,
                Judgement::Unfit => is_genuine = true,
                Judgement::Absent => {}
            }
        }
        if let Some(client) = client.filter(|_| wrong && !is_genuine) {
            self.attempts.failed(client);
        }
        Err(Denied::Unauthenticated { challenges: self.challenges(resource::asked(head)) })
    }

    /// Collects the challenges. A bare `Bearer` goes where another one says more: clients read the first that they meet.
    fn challenges(&self, asked: &Uri) -> Vec<HeaderValue> {
        let all = self.credentials.iter().filter_map(|credential| credential.challenge(asked));
        let mut challenges: Vec<_> = all.collect();
        if challenges.iter().any(|challenge| challenge.as_bytes().starts_with(b"Bearer ")) {
            challenges.retain(|challenge| challenge != "Bearer");
        }
        challenges
    }

    fn narrowed(&self, admitted: Admitted) -> Result<Admitted, Denied> {
        match &self.only {
            Some(Only(may)) if !may(&admitted) => Err(Denied::Forbidden),
            _ => Ok(admitted),
        }
    }
}

/// Says why a request was not let in, in words that are the same for every wrong credential.
#[derive(Debug)]
#[non_exhaustive]
pub enum Denied {
    /// The request has two credentials of which only one can count. 400.
    Malformed,
    /// It has no right one. 401, with the challenges of all kinds that would do.
    Unauthenticated {
        /// The values of `WWW-Authenticate`.
        challenges: Vec<HeaderValue>,
    },
    /// It has a right one, which is not good for what is asked. 403.
    Forbidden,
    /// It has a right one, whose owner lacks scopes. 403, with the challenge by which a client gets them.
    InsufficientScope {
        /// The scopes that it takes.
        scopes: Vec<Cow<'static, str>>,
        /// The value of `WWW-Authenticate`, where tokens are taken.
        challenge: Option<HeaderValue>,
    },
    /// Its address had too many wrong ones. 429.
    TooManyAttempts {
        /// How long to wait.
        wait: Duration,
    },
}

impl Denied {
    /// Words it for the caller.
    #[must_use]
    pub fn to_error(&self) -> PluginError {
        match self {
            Self::Malformed => PluginError::bad_request("a request has one `Authorization` header"),
            Self::Unauthenticated { .. } => PluginError::unauthorized("this server asks for a key"),
            Self::Forbidden => PluginError::forbidden("this key is not for this plugin"),
            Self::InsufficientScope { scopes, .. } => PluginError::insufficient_scope(scopes),
            Self::TooManyAttempts { .. } => {
                PluginError::too_many_requests("too many wrong keys came from this address: wait a minute")
            }
        }
    }

    /// Puts on its answer what a client acts on: `WWW-Authenticate` and `Retry-After`.
    pub fn mark(&self, answer: &mut HeaderMap) {
        match self {
            Self::Malformed | Self::Forbidden => {}
            Self::Unauthenticated { challenges } => {
                for challenge in challenges {
                    answer.append(header::WWW_AUTHENTICATE, challenge.clone());
                }
            }
            Self::InsufficientScope { challenge, .. } => {
                answer.extend(challenge.clone().map(|challenge| (header::WWW_AUTHENTICATE, challenge)));
            }
            Self::TooManyAttempts { wait } => {
                answer.insert(header::RETRY_AFTER, wait.as_secs().saturating_add(1).into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use axum::http::Request;

    use super::*;
    use crate::serve::listener::Peer;

    fn head(credentials: &[&str], peer: &str) -> Parts {
        let mut request = Request::new(());
        for credential in credentials {
            request.headers_mut().append(header::AUTHORIZATION, credential.parse().unwrap());
        }
        request.extensions_mut().insert(Peer(peer.parse::<IpAddr>().unwrap()));
        request.into_parts().0
    }

    fn status(denied: &Denied) -> u16 {
        denied.to_error().status()
    }

    #[tokio::test]
    async fn who_has_a_key_is_let_in_by_name() {
        let key = Key::generate("alice").unwrap();
        let authorization = Authorization::required().by(Keys::of([KeyRecord::new(&key)]));
        let mut admitted = head(&[&format!("Bearer {}", key.expose())], "192.0.2.1");
        authorization.admit(&mut admitted).await.unwrap();
        assert_eq!(admitted.extensions.get::<CallerIdentity>().unwrap().subject(), Some("alice"));

        let check = async |credentials: &[&str], expected: u16| {
            let denied = authorization.admit(&mut head(credentials, "192.0.2.1")).await.unwrap_err();
            assert_eq!(status(&denied), expected, "{credentials:?}");
        };
        check(&[], 401).await;
        check(&["Bearer"], 401).await;
        check(&[&format!("Basic {}", key.expose())], 401).await;
        check(&[&format!("Bearer  {}", key.expose())], 401).await;
        check(&[&format!("Bearer {}x", key.expose())], 401).await;
        check(&["Bearer x", &format!("Bearer {}", key.expose())], 400).await;
    }

    #[tokio::test]
    async fn the_one_and_twentieth_attempt_of_an_address_is_not_judged() {
        let key = Key::generate("k1").unwrap();
        let authorization = Authorization::required().by(Keys::of([KeyRecord::new(&key)]));
        let attempt = async |credential: &str, peer: &str| {
            authorization.admit(&mut head(&[credential], peer)).await.map_err(|denied| status(&denied))
        };
        for _ in 0..20 {
            assert_eq!(attempt("Bearer lgw_k1_wrong", "192.0.2.1").await, Err(401));
        }
        assert_eq!(attempt("Bearer lgw_k1_wrong", "192.0.2.1").await, Err(429));
        let right = format!("Bearer {}", key.expose());
        assert_eq!(attempt(&right, "192.0.2.1").await, Err(429), "else guessing would go on");
        assert_eq!(attempt(&right, "192.0.2.2").await, Ok(()));
    }

    #[tokio::test]
    async fn some_of_those_with_a_key_may_be_kept_out() {
        let (one, two) = (Key::generate("one").unwrap(), Key::generate("two").unwrap());
        let keys = Keys::of([KeyRecord::new(&one), KeyRecord::new(&two)]);
        let only = |admitted: &Admitted| admitted.caller.subject() == Some("one");
        let authorization = Authorization::required().by(keys).only(only);
        let knock = async |key: &Key| {
            let mut head = head(&[&format!("Bearer {}", key.expose())], "192.0.2.1");
            authorization.admit(&mut head).await.map_err(|denied| status(&denied))
        };
        assert_eq!((knock(&one).await, knock(&two).await), (Ok(()), Err(403)));
        assert!(Authorization::default().only(only).admit(&mut head(&[], "192.0.2.1")).await.is_ok());
    }

    #[tokio::test]
    async fn to_bring_nothing_is_no_attempt() {
        let authorization = Authorization::required().by(Keys::of([]));
        for _ in 0..30 {
            let denied = authorization.admit(&mut head(&[], "192.0.2.1")).await.unwrap_err();
            let mut answer = HeaderMap::new();
            denied.mark(&mut answer);
            assert_eq!(
                (status(&denied), &answer[header::WWW_AUTHENTICATE]),
                (401, &HeaderValue::from_static("Bearer"))
            );
        }
    }
}
