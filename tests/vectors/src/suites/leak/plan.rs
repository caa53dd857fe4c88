//! A leak vector's words, read into a gateway's needs, a scene and calls.

use std::sync::Arc;

use regex_lite::Regex;
use serde_json::{Map, Value, json};

use super::case::Case;
use super::{ARGUMENT, KEY, OPERATOR, PATIENCE, USER, fixture, oracle};
use crate::documents;
use crate::gateway::config::{Needs, Pin};
use crate::gateway::{Gateway, SETTINGS};
use crate::payload;
use crate::vector::Vector;
use crate::verdict::Unrun;
use crate::world::Scene;

/// What is done.
pub(super) struct Plan {
    pub(super) needs: Needs,
    pub(super) scene: Scene,
    pub(super) calls: Vec<Call>,
    /// How many calls of plugins that nobody knows come beside.
    pub(super) strangers: usize,
}

/// One request.
#[derive(Clone, Debug, Default)]
pub(super) struct Call {
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

/// The members of a setup that are read here or in `fixture`.
const KNOWN: [&str; 17] = [
    "openapi",
    "default_settings",
    "pinned",
    "fixture",
    "order",
    "case",
    "level",
    "url",
    "identifier",
    "apiName",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "calls",
    "headers_in",
    "settings",
    "env",
    "plugin",
];

impl Plan {
    /// Reads a vector.
    pub(super) fn of(vector: &Vector) -> Result<Self, Unrun> {
        let setup = vector.member("setup");
        if let Some(unknown) = setup
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
            .find(|name| !KNOWN.contains(&name.as_str()) && !oracle::names_values(name))
        {
            return Err(Unrun::words("setup", unknown));
        }
        let (calls, strangers) = calls(setup, vector.member("call"))?;
        Ok(Self { needs: needs(setup), scene: fixture::scene(setup, &Case::of(setup)?)?, calls, strangers })
    }
}

fn needs(setup: &Value) -> Needs {
    let mut needs = Needs::default();
    for (identifier, settings) in setup["default_settings"].as_object().into_iter().flatten() {
        let pinned = &setup["pinned"][identifier];
        let origins = pinned["origins"].as_array().into_iter().flatten().filter_map(Value::as_str);
        needs.pins.push(Pin {
            identifier: identifier.clone(),
            manifest: pinned["manifest"].as_str().unwrap_or_default().to_owned(),
            origins: origins.map(str::to_owned).collect(),
            settings: settings.clone(),
            signing_key: None,
        });
    }
    if setup["level"] == "trace" {
        needs.environment.push(("RUST_LOG".to_owned(), "trace".to_owned()));
        needs.pins.push(good_plugin(json!({ "API_KEY": OPERATOR })));
    }
    for name in ["RUST_BACKTRACE", "RUST_LOG"] {
        needs.environment.extend(setup[name].as_str().map(|value| (name.to_owned(), value.to_owned())));
    }
    if setup.get("env").is_some() {
        needs.environment.push(("VECTOR_SETTING".to_owned(), OPERATOR.to_owned()));
        needs.pins.push(good_plugin(json!({ "API_KEY": { "env": "VECTOR_SETTING" } })));
    }
    needs
}

pub(super) fn good_plugin(settings: Value) -> Pin {
    Pin {
        identifier: "known".to_owned(),
        manifest: "https://good.vec.test/manifest.json".to_owned(),
        origins: vec!["https://good.vec.test".to_owned()],
        settings,
        signing_key: None,
    }
}

/// The table from a vector's call to requests, and to how many strangers' calls there are.
fn calls(setup: &Value, call: &Value) -> Result<(Vec<Call>, usize), Unrun> {
    if call.is_object() {
        return Ok((vec![written(call, setup)?], 0));
    }
    let words = call.as_str().ok_or_else(|| Unrun::words("call", call))?;
    Ok(match words {
        "call" | "call with settings and arguments" | "response" => (vec![ordinary(setup)?], 0),
        "second" | "third" if setup["order"].is_array() => (in_order(&setup["order"])?, 0),
        "second" => (vec![ordinary(setup)?, ordinary(setup)?], 0),
        "start" => (Vec::new(), 0),
        "scrape" => {
            let count = setup["calls"].as_str().and_then(|words| words.split(' ').next()?.parse().ok());
            (Vec::new(), count.ok_or_else(|| Unrun::words("calls", &setup["calls"]))?)
        }
        "all kinds of calls, good and bad" => (all_kinds()?, 0),
        _ => return Err(Unrun::words("call", words)),
    })
}

/// A call as a vector writes it: the members of a payload, `headers`, `settings` and `body`, over those of its case.
fn written(call: &Value, setup: &Value) -> Result<Call, Unrun> {
    let mut payload: Map<String, Value> = call.as_object().cloned().unwrap_or_default();
    let mut headers = Vec::new();
    for (name, value) in payload.remove("headers").as_ref().and_then(Value::as_object).into_iter().flatten() {
        headers.push((name.clone(), value.as_str().unwrap_or_default().as_bytes().to_vec()));
    }
    let case = Case::of(setup)?;
    let sent = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(SETTINGS));
    let given = match payload.remove("settings") {
        Some(Value::String(text)) => Some(text),
        Some(settings) => Some(settings.to_string()),
        None => setup["case"].is_string().then_some(case.settings),
    };
    headers.extend(given.filter(|_| !sent).map(|text| (SETTINGS.to_owned(), text.into_bytes())));
    let body = payload.remove("body").map(|body| payload::bytes(&body).map_err(Unrun::NotUnderstood));
    if let Some(body) = body.or_else(|| case.body.filter(|_| payload.is_empty()).map(Ok)) {
        return Ok(Call { headers, body: body? });
    }
    let is_whole = payload.contains_key("identifier") || payload.contains_key("indexUrl");
    let known = || json!({ "identifier": "known", "apiName": "a", "arguments": "{}" });
    let mut whole = if is_whole { known() } else { case.payload };
    for (name, value) in payload {
        whole[name] = value;
    }
    Ok(Call { headers, body: whole.to_string().into_bytes() })
}

/// A call with a secret in everything that may have one.
fn ordinary(setup: &Value) -> Result<Call, Unrun> {
    let url = setup["url"].as_str().unwrap_or("https://public.vec.test/x");
    let made = |name: &str, usual: &str| -> Result<String, Unrun> {
        let value = setup.get(name).cloned().unwrap_or_else(|| usual.into());
        Ok(String::from_utf8_lossy(&payload::bytes(&value).map_err(Unrun::NotUnderstood)?).into_owned())
    };
    let (identifier, operation) = (made("identifier", "x")?, made("apiName", "a")?);
    let mut body =
        documents::call(&documents::manifest(&identifier, url), &json!({ "q": ARGUMENT }).to_string());
    body["apiName"] = operation.into();
    if setup.get("openapi").is_some() {
        body["manifest"]["openapi"] = "https://public.vec.test/openapi.json".into();
    }
    let usual = if setup.get("openapi").is_some() { "apiKey" } else { "k" };
    let settings = setup.get("settings").cloned().unwrap_or_else(|| json!({ usual: USER }));
    let mut headers = vec![
        (SETTINGS.to_owned(), settings.to_string().into_bytes()),
        ("Accept-Encoding".to_owned(), b"gzip, br".to_vec()),
    ];
    for name in setup["headers_in"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        headers.push((name.to_owned(), incoming(name).into_bytes()));
    }
    Ok(Call { headers, body: body.to_string().into_bytes() })
}

/// What a caller's own headers hold.
fn incoming(name: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "authorization" => format!("Bearer {KEY}"),
        "cookie" => "cookie value".to_owned(),
        "x-lobe-chat-auth" => "auth value".to_owned(),
        _ => format!("{name} value"),
    }
}

/// The calls of a vector about what one caller leaves behind for another.
fn in_order(order: &Value) -> Result<Vec<Call>, Unrun> {
    let url = Regex::new(r"https://[^\s,]+").expect("cannot fail because it is a constant");
    let mut calls = Vec::new();
    let mut before: Option<String> = None;
    for words in order.as_array().into_iter().flatten().filter_map(Value::as_str) {
        let without_query = || before.as_deref().and_then(|url| url.split('?').next()).map(str::to_owned);
        let index = match url.find(words) {
            Some(found) => Some(found.as_str().to_owned()),
            None if words.contains("indexUrl of evil") => Some("https://evil.vec.test/index.json".to_owned()),
            None if words.contains("without query") => without_query(),
            None if words.contains("no indexUrl") => None,
            None => return Err(Unrun::words("order", words)),
        };
        let mut payload = json!({ "identifier": "known", "apiName": "a", "arguments": "{}" });
        if let Some(index) = &index {
            payload["indexUrl"] = index.clone().into();
        }
        before = index;
        calls.push(Call { body: payload.to_string().into_bytes(), ..Call::default() });
    }
    Ok(calls)
}

/// Good calls and bad ones, each with a secret in everything that may have one.
fn all_kinds() -> Result<Vec<Call>, Unrun> {
    let good = ordinary(&json!({ "headers_in": ["Authorization", "Cookie", "X-lobe-chat-auth"] }))?;
    let with = |body: Value| Call { headers: good.headers.clone(), body: body.to_string().into_bytes() };
    let arguments = json!({ "k": ARGUMENT }).to_string();
    let invalid = |words: &str| Case::parse(words).map(|case| with(case.payload));
    let broken = Call { headers: good.headers.clone(), body: format!("{{\"{ARGUMENT}").into_bytes() };
    let stranger = json!({ "identifier": "unknown", "apiName": "a", "arguments": arguments });
    let to = |url: &str| with(documents::call(&documents::manifest("x", url), &arguments));
    let mut header_alone = good.clone();
    header_alone.headers[0].1 = format!("{{{USER}").into_bytes();
    let known = Call {
        headers: Vec::new(),
        body: json!({ "identifier": "known", "apiName": "a", "arguments": "{}" }).to_string().into_bytes(),
    };
    Ok(vec![
        broken,
        with(stranger),
        invalid("settings invalid")?,
        invalid("arguments invalid")?,
        to("https://10.0.0.1/x"),
        to("https://nowhere.vec.test:18081/x"),
        header_alone,
        known,
        good,
    ])
}

/// Calls plugins that nobody knows, each once.
pub(super) async fn many_strangers(gateway: &Gateway, count: usize) {
    let address = Arc::new(gateway.address);
    let calls = (0..64).map(|lane| {
        let address = Arc::clone(&address);
        async move {
            for number in (lane..count).step_by(64) {
                let payload =
                    json!({ "identifier": format!("stranger-{number}"), "apiName": "a", "arguments": "{}" });
                let request = crate::wire::request("POST /api/gateway", &[], payload.to_string().as_bytes());
                crate::wire::exchange(*address, &request, PATIENCE).await;
            }
        }
    });
    let tasks: Vec<_> = calls.map(tokio::spawn).collect();
    for task in tasks {
        // A call that failed is not counted on; the counters are looked at, not the calls.
        let _ = task.await;
    }
}
