//! Keys as a kind of credential: `Authorization: Bearer lgw_…`.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use axum::http::Uri;
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use http::Extensions;

use super::digest::Digest;
use super::key::Key;
use super::{Admitted, Credential, Judgement, Judging};
use crate::caller::CallerIdentity;

/// What a server knows of a key.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// The identifier within the key.
    pub id: String,
    /// All that is kept of the key itself.
    pub digest: Digest,
    /// From when on it is no longer good. A call that was let in before goes on.
    pub expires: Option<SystemTime>,
    /// Who has it: the subject of [`CallerIdentity`]. Not the identifier, because one owner may have several keys.
    pub owner: String,
    /// What its owner may do, in the scopes of OAuth.
    pub scopes: Vec<String>,
    /// What travels on with the requests that bring it, as [`Admitted::extensions`].
    pub extensions: Extensions,
}

impl KeyRecord {
    /// Notes a key that never expires, and whose owner is called as its identifier is.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        Self {
            id: key.id().to_owned(),
            digest: key.digest(),
            expires: None,
            owner: key.id().to_owned(),
            scopes: Vec::new(),
            extensions: Extensions::new(),
        }
    }

    fn admitted(&self) -> Admitted {
        let caller = CallerIdentity::new(self.owner.clone()).with_scopes(self.scopes.iter().cloned());
        Admitted { caller, extensions: self.extensions.clone() }
    }
}

/// Knows keys by their identifier.
///
/// It answers from memory, since whoever knocks makes it answer: a store that several machines share keeps a copy, and
/// hears of changes within a second.
pub trait KeyStore: fmt::Debug + Send + Sync {
    /// Finds a key's record. It may be expired.
    fn find(&self, id: &str) -> Option<Arc<KeyRecord>>;
}

impl KeyStore for HashMap<String, Arc<KeyRecord>> {
    fn find(&self, id: &str) -> Option<Arc<KeyRecord>> {
        self.get(id).cloned()
    }
}

/// Judges keys in `Authorization: Bearer`. Several of one owner may be good at a time, so one can be renewed without a
/// gap.
#[derive(Clone, Debug)]
pub struct Keys {
    store: Arc<dyn KeyStore>,
    /// What a key is compared with whose identifier nobody knows, so that it takes as long.
    nobody: Digest,
}

impl Keys {
    /// Judges by what a store knows.
    pub fn new(store: impl KeyStore + 'static) -> Self {
        Self { store: Arc::new(store), nobody: Digest::of("") }
    }

    /// Judges by these alone.
    #[must_use]
    pub fn of(records: impl IntoIterator<Item = KeyRecord>) -> Self {
        let records = records.into_iter().map(|record| (record.id.clone(), Arc::new(record)));
        Self::new(records.collect::<HashMap<_, _>>())
    }

    /// Finds the record of a key that is presented, unless it is wrong or expired.
    ///
    /// # Errors
    ///
    /// [`Judgement::Absent`] for what does not look like a key, and may be a credential of another kind;
    /// [`Judgement::Refused`] for the rest.
    pub fn find(&self, presented: &str) -> Result<Arc<KeyRecord>, Judgement> {
        let key = Key::parse(presented).map_err(|_| Judgement::Absent)?;
        let record = self.store.find(key.id());
        let kept = record.as_ref().map_or(&self.nobody, |record| &record.digest);
        let is_it = key.digest().is(kept);
        let is_good = |record: &Arc<KeyRecord>| record.expires.is_none_or(|end| SystemTime::now() < end);
        record.filter(|_| is_it).filter(is_good).ok_or(Judgement::Refused)
    }

    /// Judges a key that is presented in some other place than the header.
    #[must_use]
    pub fn judge_text(&self, presented: &str) -> Judgement {
        self.find(presented).map_or_else(|other| other, |record| Judgement::Admitted(record.admitted()))
    }
}

impl Credential for Keys {
    fn judge<'a>(&'a self, head: &'a Parts) -> Judging<'a> {
        Box::pin(std::future::ready(bearer(head).map_or(Judgement::Absent, |token| self.judge_text(token))))
    }

    fn challenge(&self, _asked: &Uri) -> Option<HeaderValue> {
        Some(HeaderValue::from_static("Bearer"))
    }
}

/// Returns the token of `Authorization: Bearer`
/// ([RFC 6750, section 2.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1)).
pub(super) fn bearer(head: &Parts) -> Option<&str> {
    let value = head.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_key_is_good_until_it_expires() {
        let (old, new) = (Key::generate("old").unwrap(), Key::generate("new").unwrap());
        let expiring =
            |key: &Key, expires: SystemTime| KeyRecord { expires: Some(expires), ..KeyRecord::new(key) };
        let now = SystemTime::now();
        let hour = Duration::from_secs(3600);
        let keys = Keys::of([expiring(&old, now + hour), expiring(&new, now + 2 * hour)]);
        assert!(keys.find(old.expose()).is_ok() && keys.find(new.expose()).is_ok(), "two at a time");
        let keys = Keys::of([expiring(&old, now - Duration::from_secs(1)), KeyRecord::new(&new)]);
        assert!(matches!(keys.find(old.expose()), Err(Judgement::Refused)));
        assert!(keys.find(new.expose()).is_ok());
    }

    #[test]
    fn a_wrong_secret_and_an_unknown_identifier_are_refused_alike() {
        let key = Key::generate("k1").unwrap();
        let keys = Keys::of([KeyRecord::new(&key)]);
        for wrong in ["lgw_k1_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "lgw_k2_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"] {
            assert!(matches!(keys.find(wrong), Err(Judgement::Refused)), "{wrong}");
        }
        assert!(matches!(keys.find("eyJhbGciOi.eyJzdWIi.c2ln"), Err(Judgement::Absent)));
    }
}
