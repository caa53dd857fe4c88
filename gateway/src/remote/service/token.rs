//! Tokens of OAuth 2.0 (RFC 6749): had by the one door out, kept until they are over or are not taken, and asked for once
//! however many calls wait for one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use lobe_plugin_sdk::PluginError;
use lobe_plugin_sdk::protocol::ErrorType;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Door;
use crate::lent::Lent;
use crate::openapi::{Credential, Document, Grant, KeyPlace, WantedToken};
use crate::outbound::{Answer, Outgoing, TargetUrl, call_failed};

/// How many tokens are kept; more than that are asked for anew.
const MAX_TOKENS: usize = 10_000;
/// How long one is kept whose server does not say how long it holds (RFC 6749, section 5.1, only recommends that).
const UNSAID: Duration = Duration::from_secs(300);
/// How long before its end one is no longer used, so that it does not end on its way.
const MARGIN: Duration = Duration::from_secs(30);
/// How old one is at least that is had anew because it was not taken: a service that takes none must not let every call
/// ask for one.
const OLD: Duration = Duration::from_secs(1);
/// The most bytes of an answer with a token.
const MAX_ANSWER: usize = 64 << 10;
/// What a server may say is wrong (RFC 6749, section 5.2; RFC 8707, section 2): anything else it says is not handed on.
const ERRORS: [&str; 7] = [
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "unauthorized_client",
    "unsupported_grant_type",
];

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Keeps tokens, by all that they were had for.
#[derive(Debug, Default)]
pub(super) struct Tokens(Lock<HashMap<Key, Place>>);

/// Where a token is kept. Whoever asks for it holds the place, and the others wait.
type Place = Arc<Mutex<Option<Kept>>>;

/// Where a token was asked for, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    url: String,
    wanted: WantedToken,
}

#[derive(Clone)]
struct Kept {
    header: String,
    since: Instant,
    until: Instant,
    /// What the next token is asked for with, where the server said so.
    refresh: Option<String>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Kept([redacted])")
    }
}

/// A token that a call is made with.
#[derive(Debug)]
pub(super) struct Held {
    kept: Kept,
    place: Place,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<serde_json::Value>,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

/// Whom a token is asked for, and on whose behalf.
#[derive(Clone, Copy)]
struct Errand<'call> {
    door: &'call Door,
    document: &'call Document,
    lent: Option<&'call Lent>,
}

impl Held {
    /// Returns what stands for a token where a request is only shown.
    pub(super) fn stand_in() -> Self {
        let now = Instant::now();
        let kept = Kept { header: "Bearer TOKEN".to_owned(), since: now, until: now, refresh: None };
        Self { kept, place: Place::default() }
    }

    pub(super) fn credential(&self) -> Credential {
        let (place, name) = (KeyPlace::Header, header::AUTHORIZATION.as_str().to_owned());
        Credential { place, name, value: self.kept.header.clone() }
    }

    /// Says that the service did not take it; returns whether another one is to be had.
    pub(super) async fn refused(&self) -> bool {
        let mut place = self.place.lock().await;
        match place.as_mut() {
            Some(kept) if kept.header == self.kept.header => {
                let is_old = kept.since.elapsed() >= OLD;
                if is_old {
                    kept.until = Instant::now();
                }
                is_old
            }
            // Another call was there first.
            Some(_) | None => true,
        }
    }
}

impl Tokens {
    /// Returns a token that is kept, if it still holds.
    pub(super) async fn kept(&self, document: &Document, wanted: &WantedToken) -> Option<Held> {
        let url = document.locate(&wanted.url).ok()?;
        let place = self.place(Key { url: url.as_str().to_owned(), wanted: wanted.clone() });
        let kept = place.lock().await.clone().filter(|kept| kept.until > Instant::now())?;
        Some(Held { kept, place })
    }

    /// Returns a token: one that is kept, or a new one.
    pub(super) async fn get(
        &self,
        door: &Door,
        document: &Document,
        wanted: &WantedToken,
        lent: Option<&Lent>,
    ) -> Result<Held, PluginError> {
        let url = document.locate(&wanted.url).map_err(|fault| call_failed(fault.into()))?;
        let place = self.place(Key { url: url.as_str().to_owned(), wanted: wanted.clone() });
        let mut kept = place.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.until > Instant::now()) {
            return Ok(Held { kept: kept.clone(), place: Arc::clone(&place) });
        }
        let refresh = kept.as_ref().and_then(|kept| kept.refresh.clone());
        let asked = Errand { door, document, lent }.ask(&url, wanted, refresh).await;
        if asked.as_ref().is_err_and(|error| error.error_type() == ErrorType::PluginSettingsInvalid) {
            // What the server itself gave for the next one is no longer good: back to what the settings have.
            *kept = None;
        }
        let new = kept.insert(asked?).clone();
        Ok(Held { kept: new, place: Arc::clone(&place) })
    }

    fn place(&self, key: Key) -> Place {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MAX_TOKENS && !places.contains_key(&key) {
            places.clear();
        }
        Arc::clone(places.entry(key).or_default())
    }
}

impl Errand<'_> {
    /// Asks a server for a token.
    async fn ask(
        self,
        url: &TargetUrl,
        wanted: &WantedToken,
        refresh: Option<String>,
    ) -> Result<Kept, PluginError> {
        let (headers, body) = request(wanted, refresh.as_deref());
        let answer = self.send(url, headers, body).await?;
        let status = answer.status;
        let text = answer.whole(MAX_ANSWER).await.map_err(call_failed)?;
        if status.is_client_error() {
            let refused = serde_json::from_slice(&text).ok().map(|Refused { error }| error);
            let known = refused.and_then(|error| ERRORS.into_iter().find(|known| *known == error));
            let code = known.map(|known| format!(", {known}")).unwrap_or_default();
            let status = status.as_u16();
            return Err(PluginError::settings_invalid(format!(
                "[plugin] no token is given for these settings: the server answered {status}{code}"
            )));
        }
        let granted = serde_json::from_slice(&text).ok().filter(|_| status.is_success());
        let granted = granted
            .ok_or_else(|| PluginError::bad_gateway("[plugin] the server that gives tokens gave none"))?;
        Ok(keep(granted, refresh))
    }

    async fn send(self, url: &TargetUrl, headers: HeaderMap, body: Bytes) -> Result<Answer, PluginError> {
        let outgoing = Outgoing {
            method: Method::POST,
            url: url.clone(),
            headers,
            body,
            trust: self.door.trust,
            deadline: None,
            led: self.document.leads_away(url),
            confined_to: self.lent.map(|lent| Arc::clone(&lent.origins)),
        };
        self.door.outbound.send(outgoing).await.map_err(call_failed)
    }
}

/// Writes the request for a token; its client tells who it is by HTTP Basic, which every server must take (RFC 6749,
/// section 2.3.1).
fn request(wanted: &WantedToken, refresh: Option<&str>) -> (HeaderMap, Bytes) {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut form = match &wanted.grant {
        Grant::ClientCredentials => "grant_type=client_credentials".to_owned(),
        Grant::RefreshToken(token) => {
            format!("grant_type=refresh_token&refresh_token={}", encoded(refresh.unwrap_or(token)))
        }
    };
    if !wanted.scopes.is_empty() {
        form.push_str(&format!("&scope={}", encoded(&wanted.scopes.join(" "))));
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, FORM);
    headers.insert(header::ACCEPT, JSON);
    match (&wanted.client_id, &wanted.client_secret) {
        (Some(id), Some(secret)) => {
            let pair = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
            let mut basic = HeaderValue::try_from(format!("Basic {pair}"))
                .expect("cannot fail because Base64 is visible ASCII");
            basic.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, basic);
        }
        (Some(id), None) => form.push_str(&format!("&client_id={}", encoded(id))),
        (None, _) => {}
    }
    (headers, form.into())
}

fn keep(answer: Granted, refresh: Option<String>) -> Kept {
    let scheme = match answer.token_type {
        Some(other) if !other.eq_ignore_ascii_case("bearer") => other,
        _ => "Bearer".to_owned(),
    };
    let seconds = match answer.expires_in {
        Some(serde_json::Value::Number(seconds)) => seconds.as_u64(),
        Some(serde_json::Value::String(seconds)) => seconds.parse().ok(),
        _ => None,
    };
    let holds = seconds.map_or(UNSAID, |seconds| Duration::from_secs(seconds.min(86_400)));
    let now = Instant::now();
    Kept {
        header: format!("{scheme} {}", answer.access_token),
        since: now,
        until: now + holds.saturating_sub(MARGIN),
        refresh: answer.refresh_token.or(refresh),
    }
}
