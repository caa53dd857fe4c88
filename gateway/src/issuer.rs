//! The public keys of the authorization server whose tokens are taken, as it publishes them.
//!
//! They are fetched when the first token comes, and again when they are old, or when a token names a key that is not among
//! them: an issuer changes its keys without a word. Anybody can write a name into a token, so it is not asked at every one.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

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
    url: TargetUrl,
    last: RwLock<Option<Last>>,
    /// One asks, the others wait.
    asking: Mutex<()>,
}

/// What came of asking: the keys, unless there never were any.
#[derive(Clone, Debug)]
struct Last {
    keys: Option<Arc<KeySet>>,
    asked: Instant,
}

impl IssuerKeys {
    /// Names the key set. Nothing is fetched until a token comes.
    pub(crate) fn new(url: TargetUrl, outbound: Outbound) -> Self {
        Self { outbound, url, last: RwLock::default(), asking: Mutex::default() }
    }

    async fn current(&self, is_unknown: bool) -> Option<Arc<KeySet>> {
        if let Some(last) = self.known(is_unknown) {
            return last.keys;
        }
        let _one_at_a_time = self.asking.lock().await;
        if let Some(last) = self.known(is_unknown) {
            return last.keys;
        }
        let fetched = self.fetch().await;
        let mut last = self.last.write().unwrap_or_else(PoisonError::into_inner);
        // Those that cannot be had anew stay good: nobody can sign with a server that is down.
        let keys = fetched.or_else(|| last.take()?.keys);
        *last = Some(Last { keys: keys.clone(), asked: Instant::now() });
        keys
    }

    fn known(&self, is_unknown: bool) -> Option<Last> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let lasts = if is_unknown || last.keys.is_none() { PAUSE } else { FRESH };
        Some(last).filter(|last| last.asked.elapsed() < lasts)
    }

    async fn fetch(&self) -> Option<Arc<KeySet>> {
        let fault = match self.outbound.fetch(&self.url, Trust::Operator, &JSON, None).await {
            Ok(Fetched::New { status, body, .. }) if status.is_success() => match KeySet::from_json(&body) {
                Ok(keys) => return Some(Arc::new(keys)),
                Err(fault) => fault.to_string(),
            },
            Ok(Fetched::New { status, .. }) => format!("its server answered {status}"),
            Ok(Fetched::NotModified) => "its server answered what it was not asked".to_owned(),
            Err(error) => error.to_string(),
        };
        tracing::error!(from = %self.url.origin(), fault, "the keys that tokens are verified by cannot be had");
        None
    }
}

impl KeySource for IssuerKeys {
    fn keys(&self, is_unknown: bool) -> KeysFuture<'_> {
        Box::pin(self.current(is_unknown))
    }
}
