//! Signed requests: a plugin's server knows by them that its own gateway calls, and that nobody changed what it says.
//!
//! They are HTTP Message Signatures ([RFC 9421](https://www.rfc-editor.org/rfc/rfc9421.html)) by a key that both have
//! (`hmac-sha256`), over the method, the path, the query, the settings, and the body by its digest
//! ([RFC 9530](https://www.rfc-editor.org/rfc/rfc9530.html)), with the time and a word that is used once. So other languages
//! have libraries for them.
//!
//! The head is judged here as that of any credential. The body comes later: what was admitted carries the digest that it
//! must have, and [`expect_signed_body`] holds it to that.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::header::{HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::Extensions;
use sha2::{Digest as _, Sha256};

use super::{Admitted, Credential, Judgement, Judging, key, resource};
use crate::caller::CallerIdentity;
use crate::error::PluginError;
use crate::protocol::SETTINGS_HEADER;
use crate::secret::Secret;

/// How old a signature may be, and how far ahead of this machine's clock, in seconds.
const WINDOW: u64 = 60;
/// How many words that were used are remembered; of more, the oldest are forgotten.
const MOST_USED: usize = 100_000;
/// The fewest bytes of a key, as many as SHA-256 has, and of a word that is used once.
const SHORTEST_KEY: usize = 32;
const SHORTEST_NONCE: usize = 16;
const LONGEST_NONCE: usize = 128;

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
const SETTINGS: HeaderName = HeaderName::from_static(SETTINGS_HEADER);

/// What a request is signed over: with settings, and without.
const COVERED: [&str; 2] = [
    r#"("@method" "@path" "@query" "content-digest" "x-lobe-plugin-settings")"#,
    r#"("@method" "@path" "@query" "content-digest")"#,
];

/// Signs requests, or tells whether one was signed by it: a text that a gateway and a plugin's server both have, and nobody
/// else.
#[derive(Clone, Debug)]
pub struct SigningKey(Secret<String>);

/// Says that a text is too short to sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortKey;

impl std::error::Error for ShortKey {}

impl fmt::Display for ShortKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "a key that signs has {SHORTEST_KEY} bytes at least: `openssl rand -hex 32` makes one"
        )
    }
}

impl SigningKey {
    /// Takes a text for a key.
    ///
    /// # Errors
    ///
    /// When it has fewer than 32 bytes.
    pub fn new(text: impl Into<String>) -> Result<Self, ShortKey> {
        let text = Secret::new(text.into());
        if text.expose().len() < SHORTEST_KEY { Err(ShortKey) } else { Ok(Self(text)) }
    }

    /// Signs a request that is sent now: `Content-Digest`, `Signature-Input` and `Signature` are added to its headers.
    ///
    /// # Errors
    ///
    /// When the machine has no random numbers.
    pub fn sign(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &mut HeaderMap,
        body: &[u8],
    ) -> Result<(), super::KeyFault> {
        let covered = COVERED[usize::from(!headers.contains_key(&SETTINGS))];
        let nonce = key::random_text(SHORTEST_NONCE * 2)?;
        let params = format!("{covered};created={};nonce=\"{nonce}\";alg=\"hmac-sha256\"", now());
        let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)));
        let mac = self.mac(&base(method, uri, &digest, headers.get(&SETTINGS), &params));
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        for (name, text) in [
            (CONTENT_DIGEST, digest),
            (SIGNATURE_INPUT, format!("lobe={params}")),
            (SIGNATURE, format!("lobe=:{signature}:")),
        ] {
            let value = HeaderValue::try_from(text);
            headers.insert(name, value.expect("cannot fail because it is Base64 and visible ASCII"));
        }
        Ok(())
    }

    fn mac(&self, base: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes());
        let mut mac = mac.expect("cannot fail because HMAC takes a key of any length");
        mac.update(base);
        mac
    }
}

/// Writes what is signed ([RFC 9421, section 2.5](https://www.rfc-editor.org/rfc/rfc9421.html#section-2.5)).
fn base(method: &Method, uri: &Uri, digest: &str, settings: Option<&HeaderValue>, params: &str) -> Vec<u8> {
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    let mut base = format!(
        "\"@method\": {method}\n\"@path\": {path}\n\"@query\": ?{query}\n\"content-digest\": {digest}\n"
    )
    .into_bytes();
    if let Some(settings) = settings {
        base.extend_from_slice(b"\"x-lobe-plugin-settings\": ");
        base.extend_from_slice(settings.as_bytes().trim_ascii());
        base.push(b'\n');
    }
    base.extend_from_slice(format!("\"@signature-params\": {params}").as_bytes());
    base
}

/// Lets in who signs each request with a key that this server knows, and who does so now: a request that was kept and sent
/// again is refused, and so is one that is older than a minute, or that says something else than was signed.
///
/// Words that were used once are remembered by this process: of several replicas, each would take a repeated request once.
///
/// ```
/// use lobe_plugin_sdk::Plugin;
/// use lobe_plugin_sdk::serve::{Authorization, HttpDoor, SignedRequests, SigningKey};
///
/// // What `plugins.clothes.signing_key` says in the configuration of the gateway.
/// let key = SigningKey::new("8d5c1fb4e0a9467d93b2f7a6510ec3d4")?;
/// let authorization = Authorization::required().by(SignedRequests::by(key));
/// let app: axum::Router = HttpDoor::new(Plugin::new("clothes")).authorization(authorization).router();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SignedRequests {
    keys: Vec<SigningKey>,
    used: Arc<Mutex<Used>>,
}

impl SignedRequests {
    /// Knows one key.
    #[must_use]
    pub fn by(key: SigningKey) -> Self {
        Self { keys: vec![key], used: Arc::default() }
    }

    /// Knows one more: while a key is changed, both are good.
    #[must_use]
    pub fn or(mut self, key: SigningKey) -> Self {
        self.keys.push(key);
        self
    }

    fn judge_at(&self, head: &Parts, now: u64) -> Judgement {
        if !head.headers.contains_key(&SIGNATURE) && !head.headers.contains_key(&SIGNATURE_INPUT) {
            return Judgement::Absent;
        }
        let Some(claim) = Claim::of(&head.headers) else { return Judgement::Refused };
        let base = base(
            &head.method,
            resource::asked(head),
            claim.digest_text,
            head.headers.get(&SETTINGS),
            claim.params,
        );
        let is_genuine = |key: &SigningKey| key.mac(&base).verify_slice(&claim.signature).is_ok();
        if !self.keys.iter().any(is_genuine) || claim.created.abs_diff(now) > WINDOW {
            return Judgement::Refused;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if !used.is_first(claim.nonce, claim.created, now) {
            return Judgement::Refused;
        }
        let mut extensions = Extensions::new();
        extensions.insert(SignedBody(claim.digest));
        Judgement::Admitted(Admitted { caller: CallerIdentity::new("gateway"), extensions })
    }
}

impl Credential for SignedRequests {
    fn judge<'a>(&'a self, head: &'a Parts) -> Judging<'a> {
        Box::pin(std::future::ready(self.judge_at(head, now())))
    }

    fn challenge(&self, _asked: &Uri) -> Option<HeaderValue> {
        Some(HeaderValue::from_static("Signature"))
    }
}

/// What the headers of a request claim, taken apart and not yet believed.
struct Claim<'a> {
    params: &'a str,
    created: u64,
    nonce: &'a str,
    digest_text: &'a str,
    digest: [u8; 32],
    signature: Vec<u8>,
}

impl<'a> Claim<'a> {
    fn of(headers: &'a HeaderMap) -> Option<Self> {
        let params = only(headers, &SIGNATURE_INPUT)?.strip_prefix("lobe=")?;
        let covered = COVERED[usize::from(!headers.contains_key(&SETTINGS))];
        let (mut created, mut nonce) = (None, None);
        for parameter in params.strip_prefix(covered)?.strip_prefix(';')?.split(';') {
            match parameter.split_once('=')? {
                ("created", number) => created = Some(number.parse().ok()?),
                ("nonce", text) => nonce = Some(text.strip_prefix('"')?.strip_suffix('"')?),
                ("alg", algorithm) if algorithm != "\"hmac-sha256\"" => return None,
                _ => {}
            }
        }
        let digest_text = only(headers, &CONTENT_DIGEST)?;
        let digest = bytes(digest_text, "sha-256=")?.try_into().ok()?;
        let signature = bytes(only(headers, &SIGNATURE)?, "lobe=")?;
        let nonce = nonce.filter(|nonce: &&str| (SHORTEST_NONCE..=LONGEST_NONCE).contains(&nonce.len()))?;
        Some(Self { params, created: created?, nonce, digest_text, digest, signature })
    }
}

/// Returns the value of a header that stands there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

/// Reads the bytes of `NAME=:Base64:`.
fn bytes(text: &str, name: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix(name)?.strip_prefix(':')?.strip_suffix(':')?;
    STANDARD.decode(text).ok()
}

/// The words that were used, oldest first.
#[derive(Default)]
struct Used {
    order: VecDeque<(u64, Arc<str>)>,
    known: HashSet<Arc<str>>,
}

impl Used {
    /// Uses a word; tells whether nobody did before.
    fn is_first(&mut self, nonce: &str, created: u64, now: u64) -> bool {
        // One from ahead of this clock stays good for as long as it is ahead, and then for the window.
        let is_over = |(until, _): &(u64, Arc<str>)| *until < now;
        while self.order.front().is_some_and(is_over) || self.order.len() > MOST_USED {
            let Some((_, oldest)) = self.order.pop_front() else { break };
            self.known.remove(&oldest);
        }
        let nonce: Arc<str> = nonce.into();
        let is_first = self.known.insert(Arc::clone(&nonce));
        if is_first {
            self.order.push_back((created.max(now) + WINDOW, nonce));
        }
        is_first
    }
}

impl fmt::Debug for Used {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} words", self.known.len())
    }
}

/// Travels with a request whose body has to have this SHA-256.
#[derive(Clone, Copy, Debug)]
struct SignedBody([u8; 32]);

/// Holds a body to the digest that was signed with the head of its request, if the request was signed at all.
///
/// # Errors
///
/// 401: it is another one.
pub fn expect_signed_body(extensions: &Extensions, body: &[u8]) -> Result<(), PluginError> {
    match extensions.get::<SignedBody>() {
        Some(SignedBody(digest)) if Sha256::digest(body)[..] != digest[..] => {
            Err(PluginError::unauthorized("the body is not the one that was signed"))
        }
        _ => Ok(()),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    const KEY: &str = "8d5c1fb4e0a9467d93b2f7a6510ec3d4";
    const BODY: &[u8] = br#"{"mood":"happy"}"#;

    fn signing(key: &str) -> SigningKey {
        SigningKey::new(key).unwrap()
    }

    /// Signs a call with settings.
    fn signed(key: &str) -> Parts {
        let request = Request::post("/api/dress?a=b").header(SETTINGS, r#"{"KEY":"k"}"#).body(()).unwrap();
        let (mut head, ()) = request.into_parts();
        let (method, uri) = (head.method.clone(), head.uri.clone());
        signing(key).sign(&method, &uri, &mut head.headers, BODY).unwrap();
        head
    }

    fn is_let_in(requests: &SignedRequests, head: &Parts, now: u64) -> bool {
        matches!(requests.judge_at(head, now), Judgement::Admitted(_))
    }

    #[test]
    fn what_was_signed_is_let_in_once_and_for_a_minute() {
        let requests = SignedRequests::by(signing(KEY));
        let (head, now) = (signed(KEY), now());
        assert!(is_let_in(&requests, &head, now));
        assert!(!is_let_in(&requests, &head, now), "again");
        assert!(!is_let_in(&requests, &head, now + WINDOW), "again, at the last moment");
        let check = |now: u64, good| {
            assert_eq!(is_let_in(&SignedRequests::by(signing(KEY)), &head, now), good, "{now}");
        };
        check(now + WINDOW - 1, true);
        check(now + WINDOW + 2, false);
        check(now - WINDOW + 1, true);
        check(now - WINDOW - 2, false);
    }

    #[test]
    fn what_was_changed_is_refused() {
        let check = |what: &str, change: fn(&mut Parts)| {
            let mut head = signed(KEY);
            change(&mut head);
            let judged = SignedRequests::by(signing(KEY)).judge_at(&head, now());
            assert!(matches!(judged, Judgement::Refused), "{what}: {judged:?}");
        };
        check("the method", |head| head.method = Method::PUT);
        check("the path", |head| head.uri = "/api/undress?a=b".parse().unwrap());
        check("the query", |head| head.uri = "/api/dress".parse().unwrap());
        check("the settings", |head| drop(head.headers.insert(SETTINGS, HeaderValue::from_static("{}"))));
        check("no settings", |head| drop(head.headers.remove(SETTINGS)));
        check("no digest", |head| drop(head.headers.remove(CONTENT_DIGEST)));
        check("no signature", |head| drop(head.headers.remove(SIGNATURE)));
        check("two signatures", |head| {
            let one = head.headers[&SIGNATURE].clone();
            head.headers.append(SIGNATURE, one);
        });
        check("the time", |head| {
            let input = head.headers[&SIGNATURE_INPUT].to_str().unwrap().replace("created=1", "created=2");
            head.headers.insert(SIGNATURE_INPUT, input.parse().unwrap());
        });
    }

    #[test]
    fn keys_are_told_apart_and_may_overlap() {
        const NEXT: &str = "another key that has thirty-two bytes";
        let old = SignedRequests::by(signing(KEY));
        assert!(!is_let_in(&old, &signed(NEXT), now()));
        let both = old.or(signing(NEXT));
        assert!(is_let_in(&both, &signed(NEXT), now()) && is_let_in(&both, &signed(KEY), now()));
        assert_eq!(SigningKey::new("short").unwrap_err(), ShortKey);
    }

    #[test]
    fn a_body_is_held_to_its_digest() {
        let Judgement::Admitted(admitted) = SignedRequests::by(signing(KEY)).judge_at(&signed(KEY), now())
        else {
            panic!("it was signed");
        };
        assert!(expect_signed_body(&admitted.extensions, BODY).is_ok());
        assert_eq!(expect_signed_body(&admitted.extensions, b"{}").unwrap_err().status(), 401);
        assert!(expect_signed_body(&Extensions::new(), b"{}").is_ok());
        let unsigned = Request::new(()).into_parts().0;
        assert!(matches!(SignedRequests::by(signing(KEY)).judge_at(&unsigned, now()), Judgement::Absent));
    }

    #[test]
    fn words_are_forgotten_when_they_are_over() {
        let mut used = Used::default();
        assert!(used.is_first("a", 100, 100) && !used.is_first("a", 100, 100));
        assert!(used.is_first("b", 130, 100));
        assert!(!used.is_first("b", 130, 100 + WINDOW + 1), "it was ahead, and is still good");
        assert_eq!(used.known.len(), 1, "the other one is over");
    }
}
