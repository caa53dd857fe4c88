//! From security requirements and settings to credentials.
//!
//! Settings have the names that LobeHub's `OpenAPIConvertor` gives them: the scheme's own, and for OAuth 2.0 the scheme's
//! with `_clientId`, `_clientSecret` and `_accessToken` behind it; here there is `_refreshToken` besides. A setting is a text,
//! or the object that swagger-client takes. An operation gets what its own requirements name, and nothing else (rule O4).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::model::{Document, Flows, KeyPlace, Operation, Requirement, Scheme};

/// What is sent with a request so that it is let in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) place: KeyPlace,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// What the settings give an operation.
#[derive(Debug, Default)]
pub(crate) struct Granted {
    pub(crate) credentials: Vec<Credential>,
    /// Tokens that have to be asked for first.
    pub(crate) wanted: Vec<WantedToken>,
    /// Tokens that can be had instead of those of the settings, once they are no longer taken.
    pub(crate) instead: Vec<WantedToken>,
}

/// A token of OAuth 2.0 that is had for other credentials.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct WantedToken {
    /// Where, as the document writes it.
    pub(crate) url: String,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<String>,
    pub(crate) grant: Grant,
    pub(crate) scopes: Vec<String>,
}

/// What a token is given for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Grant {
    ClientCredentials,
    RefreshToken(String),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Credential({:?} {}: [redacted])", self.place, self.name)
    }
}

impl std::fmt::Debug for WantedToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WantedToken([redacted])")
    }
}

/// Returns what the settings give an operation. Of alternatives every one that there is a setting for is taken, as
/// swagger-client does; where there is none the call is made without.
pub(crate) fn grant(document: &Document, operation: &Operation, settings: &Map<String, Value>) -> Granted {
    let mut all: Vec<Option<&Requirement>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for requirement in operation.security.iter().flatten() {
        let is_in_query =
            matches!(document.scheme(&requirement.scheme), Some(Scheme::Key { place: KeyPlace::Query, .. }));
        match places.entry(&requirement.scheme) {
            // A key in the query stays where it was named first, as swagger-client has it.
            Entry::Occupied(_) if is_in_query => continue,
            // Of two that are sent in one place the one that is named last counts.
            Entry::Occupied(mut known) => {
                let before = known.insert(all.len());
                all[before] = None;
            }
            Entry::Vacant(place) => {
                place.insert(all.len());
            }
        }
        all.push(Some(requirement));
    }
    let mut granted = Granted::default();
    for requirement in all.into_iter().flatten() {
        if let Some(scheme) = document.scheme(&requirement.scheme) {
            apply(requirement, scheme, settings, &mut granted);
        }
    }
    granted
}

fn apply(requirement: &Requirement, scheme: &Scheme, settings: &Map<String, Value>, granted: &mut Granted) {
    let name = &*requirement.scheme;
    let own = setting(settings, name);
    let mut authorize = |value: String| {
        let credential = Credential { place: KeyPlace::Header, name: "authorization".to_owned(), value };
        granted.credentials.push(credential);
    };
    match scheme {
        Scheme::Key { place, name } => {
            let credential = |value| Credential { place: *place, name: name.clone(), value };
            granted.credentials.extend(own.map(credential));
        }
        Scheme::Basic => {
            if let Some(pair) = own.or_else(|| name_and_password(settings.get(name)?)) {
                authorize(format!("Basic {}", STANDARD.encode(pair)));
            }
        }
        Scheme::Bearer => {
            if let Some(token) = own {
                authorize(format!("Bearer {token}"));
            }
        }
        Scheme::OpenIdConnect => {
            if let Some(authorization) = authorization(settings, name) {
                authorize(authorization);
            }
        }
        Scheme::OAuth(flows) => {
            let given = || setting(settings, &format!("{name}_accessToken"));
            match authorization(settings, name).or_else(|| Some(format!("Bearer {}", given()?))) {
                Some(authorization) => {
                    authorize(authorization);
                    granted.instead.extend(refreshed(requirement, flows, settings));
                }
                None => granted.wanted.extend(wanted(requirement, flows, settings)),
            }
        }
        Scheme::Unknown => {}
    }
}

/// Says which token is to be had: for a refresh token, else for the client's own name and secret.
fn wanted(requirement: &Requirement, flows: &Flows, settings: &Map<String, Value>) -> Option<WantedToken> {
    if let Some(token) = refreshed(requirement, flows, settings) {
        return Some(token);
    }
    let (client_id, client_secret) = client(requirement, settings);
    let url = flows.client_credentials.clone().filter(|_| client_id.is_some() && client_secret.is_some())?;
    let scopes = requirement.scopes.clone();
    Some(WantedToken { url, client_id, client_secret, grant: Grant::ClientCredentials, scopes })
}

/// Says which token is to be had for a refresh token.
fn refreshed(requirement: &Requirement, flows: &Flows, settings: &Map<String, Value>) -> Option<WantedToken> {
    let token = setting(settings, &format!("{}_refreshToken", requirement.scheme))?;
    let (client_id, client_secret) = client(requirement, settings);
    let (url, grant) = (flows.refresh.clone()?, Grant::RefreshToken(token));
    Some(WantedToken { url, client_id, client_secret, grant, scopes: Vec::new() })
}

fn client(requirement: &Requirement, settings: &Map<String, Value>) -> (Option<String>, Option<String>) {
    let named = |what: &str| setting(settings, &format!("{}_{what}", requirement.scheme));
    (named("clientId"), named("clientSecret"))
}

/// Returns a setting as text: it, or its `value`.
fn setting(settings: &Map<String, Value>, name: &str) -> Option<String> {
    let setting = settings.get(name)?;
    text(setting).or_else(|| text(setting.get("value")?))
}

/// Writes a text, a number or a truth. What swagger-client takes for nothing is none.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => (number.as_f64() != Some(0.0)).then(|| number.to_string()),
        Value::Bool(truth) => truth.then(|| truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Writes the header for a token that is a setting: `tok`, or `{"token": {"access_token": "tok", "token_type": "bearer"}}`.
fn authorization(settings: &Map<String, Value>, name: &str) -> Option<String> {
    if let Some(token) = setting(settings, name) {
        return Some(format!("Bearer {token}"));
    }
    let token = settings.get(name)?.get("token")?;
    let kind = token.get("token_type").and_then(text);
    let kind =
        kind.filter(|kind| !kind.eq_ignore_ascii_case("bearer")).unwrap_or_else(|| "Bearer".to_owned());
    Some(format!("{kind} {}", text(token.get("access_token")?)?))
}

/// Reads the name and the password that swagger-client takes in an object.
fn name_and_password(value: &Value) -> Option<String> {
    let member = |name: &str| value.get(name).and_then(text).unwrap_or_default();
    value.is_object().then(|| format!("{}:{}", member("username"), member("password")))
}
