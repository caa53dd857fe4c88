//! Tokens of OAuth 2.0 (RFC 6749): had by the one door out, kept until they are over, and asked for once however many
//! calls wait for one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use lobe_plugin_sdk::PluginError;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Door;
use crate::lent::Lent;
use crate::openapi::{Credential, Document, Grant, KeyPlace, WantedToken};
use crate::outbound::{Outgoing, TargetUrl, call_failed};

/// How many tokens are kept; more than that are asked for anew.
const MAX_TOKENS: usize = 10_000;
/// How long one is kept whose server does not say how long it holds (RFC 6749, section 5.1, only recommends that).
const UNSAID: Duration = Duration::from_secs(300);
/// How long before its end one is no longer used, so that it does not end on its way.
const MARGIN: Duration = Duration::from_secs(30);
/// The most bytes of an answer with a token.
const MAX_ANSWER: usize = 64 << 10;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Keeps tokens, by all that they were had for.
#[derive(Debug, Default)]
pub(super) struct Tokens(Lock<HashMap<Key, Arc<Mutex<Option<Kept>>>>>);

/// Where a token was asked for, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    url: String,
    wanted: WantedToken,
}

struct Kept {
    header: String,
    until: Instant,
    /// What the next token is asked for with, where the server said so.
    refresh: Option<String>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Kept([redacted])")
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<serde_json::Value>,
    refresh_token: Option<String>,
}

impl Tokens {
    /// Returns a token as a credential: one that is kept, or a new one.
    pub(super) async fn get(
        &self,
        door: &Door,
        document: &Document,
        wanted: &WantedToken,
        lent: Option<&Lent>,
    ) -> Result<Credential, PluginError> {
        let url = document.locate(&wanted.url).map_err(|fault| call_failed(fault.into()))?;
        let place = self.place(Key { url: url.as_str().to_owned(), wanted: wanted.clone() });
        let mut place = place.lock().await;
        let kept = match place.take() {
            Some(kept) if kept.until > Instant::now() => kept,
            over => ask(door, (document, &url), wanted, over.and_then(|kept| kept.refresh), lent).await?,
        };
        let value = place.insert(kept).header.clone();
        Ok(Credential { place: KeyPlace::Header, name: header::AUTHORIZATION.as_str().to_owned(), value })
    }

    fn place(&self, key: Key) -> Arc<Mutex<Option<Kept>>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MAX_TOKENS && !places.contains_key(&key) {
            places.clear();
        }
        Arc::clone(places.entry(key).or_default())
    }
}

async fn ask(
    door: &Door,
    (document, url): (&Document, &TargetUrl),
    wanted: &WantedToken,
    refresh: Option<String>,
    lent: Option<&Lent>,
) -> Result<Kept, PluginError> {
    let (headers, body) = request(wanted, refresh.as_deref());
    let outgoing = Outgoing {
        method: Method::POST,
        url: url.clone(),
        headers,
        body,
        trust: door.trust,
        deadline: None,
        led: document.leads_away(url),
        confined_to: lent.map(|lent| Arc::clone(&lent.origins)),
    };
    let answer = door.outbound.send(outgoing).await.map_err(call_failed)?;
    let status = answer.status;
    if status.is_client_error() {
        return Err(PluginError::settings_invalid(format!(
            "[plugin] no token is given for these settings: the server answered {}",
            status.as_u16()
        )));
    }
    let text = answer.whole(MAX_ANSWER).await.map_err(call_failed)?;
    let answer = serde_json::from_slice(&text).ok().filter(|_| status.is_success());
    let answer =
        answer.ok_or_else(|| PluginError::bad_gateway("[plugin] the server that gives tokens gave none"))?;
    Ok(keep(answer, refresh))
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

fn keep(answer: Answer, refresh: Option<String>) -> Kept {
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
    Kept {
        header: format!("{scheme} {}", answer.access_token),
        until: Instant::now() + holds.saturating_sub(MARGIN),
        refresh: answer.refresh_token.or(refresh),
    }
}
