//! The public keys of the authorization server whose tokens are taken, as it publishes them.
//!
//! They are fetched when the first token comes, and again when they are old, or when a token names a key that is not among
//! them: an issuer changes its keys without a word. Anybody can write a name into a token, so it is not asked at every one.
//! Where they stand the operator says, or else the issuer's own metadata, which are read again when the keys cannot be had.

mod metadata;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use lobe_plugin_sdk::serve::{KeySet, KeySource, KeysFuture};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::outbound::{Fetched, Outbound, TargetUrl, Trust};

/// How long keys are taken for true without asking.
const FRESH: Duration = Duration::from_secs(600);
/// How long it is not asked again, whatever tokens name.
const PAUSE: Duration = Duration::from_secs(10);

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Fetches an issuer's keys, and keeps them.
#[derive(Debug)]
pub(crate) struct IssuerKeys {
    outbound: Outbound,
    issuer: Issuer,
    last: RwLock<Option<Last>>,
    /// One asks, the others wait. Where the keys stand, as soon as that is known.
    asking: Mutex<Option<TargetUrl>>,
}

/// Says who has the keys.
#[derive(Debug)]
pub(crate) enum Issuer {
    /// Whoever answers here.
    KeysAt(TargetUrl),
    /// The one of this name, whose metadata say where they are.
    Named(String),
}

/// What came of asking: the keys, unless there never were any.
#[derive(Clone, Debug)]
struct Last {
    keys: Option<Arc<KeySet>>,
    asked: Instant,
}

impl IssuerKeys {
    /// Names who has the keys. Nothing is fetched until a token comes.
    pub(crate) fn new(issuer: Issuer, outbound: Outbound) -> Self {
        Self { outbound, issuer, last: RwLock::default(), asking: Mutex::default() }
    }

    async fn current(&self, is_unknown: bool) -> Option<Arc<KeySet>> {
        if let Some(last) = self.known(is_unknown) {
            return last.keys;
        }
        let mut place = self.asking.lock().await;
        if let Some(last) = self.known(is_unknown) {
            return last.keys;
        }
        let fetched = self.fetch(&mut place).await;
        if let Err(fault) = &fetched {
            tracing::error!(from = %self.issuer, fault, "the keys that tokens are verified by cannot be had");
            // They may have moved.
            *place = None;
        }
        let mut last = self.last.write().unwrap_or_else(PoisonError::into_inner);
        // Those that cannot be had anew stay good: nobody can sign with a server that is down.
        let keys = fetched.ok().or_else(|| last.take()?.keys);
        *last = Some(Last { keys: keys.clone(), asked: Instant::now() });
        keys
    }

    fn known(&self, is_unknown: bool) -> Option<Last> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let lasts = if is_unknown || last.keys.is_none() { PAUSE } else { FRESH };
        Some(last).filter(|last| last.asked.elapsed() < lasts)
    }

    async fn fetch(&self, place: &mut Option<TargetUrl>) -> Result<Arc<KeySet>, String> {
        let url = match (&*place, &self.issuer) {
            (Some(url), _) | (None, Issuer::KeysAt(url)) => url.clone(),
            (None, Issuer::Named(issuer)) => self.discover(issuer).await?,
        };
        let keys = KeySet::from_json(&self.document(&url).await?).map_err(|fault| fault.to_string())?;
        *place = Some(url);
        Ok(Arc::new(keys))
    }

    /// Reads in the issuer's metadata where its keys stand: the first that are its own are believed.
    async fn discover(&self, issuer: &str) -> Result<TargetUrl, String> {
        let mut fault = String::new();
        for place in metadata::places(issuer).map_err(|fault| fault.to_string())? {
            let found = match self.document(&place).await {
                Ok(text) => metadata::keys(&text, issuer).map_err(|fault| fault.to_string()),
                Err(fault) => Err(fault),
            };
            match found {
                Ok(keys) => return Ok(keys),
                Err(why) => fault = why,
            }
        }
        Err(format!("it does not say where they are ({fault}): name them with `keys`"))
    }

    async fn document(&self, url: &TargetUrl) -> Result<Bytes, String> {
        match self.outbound.fetch(url, Trust::Operator, &JSON, None).await {
            Ok(Fetched::New { status, body, .. }) if status.is_success() => Ok(body),
            Ok(Fetched::New { status, .. }) => Err(format!("its server answered {status}")),
            Ok(Fetched::NotModified) => Err("its server answered what it was not asked".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeysAt(url) => write!(formatter, "{}", url.origin()),
            Self::Named(issuer) => formatter.write_str(issuer),
        }
    }
}

impl KeySource for IssuerKeys {
    fn keys(&self, is_unknown: bool) -> KeysFuture<'_> {
        Box::pin(self.current(is_unknown))
    }
}
