//! The servers of the leak vectors: every host has an index, a manifest and a plugin, less what the vector's words say
//! of them.

use std::sync::Arc;

use regex_lite::Regex;
use serde_json::{Value, json};

use super::case::Case;
use crate::documents;
use crate::verdict::Unrun;
use crate::wire::response;
use crate::world::journal::Received;
use crate::world::tls::Tls;
use crate::world::zone::Zone;
use crate::world::{Responder, Scene};

/// Where a redirect within the origin leads.
pub(super) const MOVED: &str = "/moved";
/// Whose plugin the vectors' words call `good`.
const GOOD: &str = "good.vec.test";
/// Where a plugin is that the words do not name.
const PLUGIN: &str = "public.vec.test";

/// What one host does that the others do not.
#[derive(Clone, Debug)]
pub(super) enum Peculiarity {
    /// Requests for a target are redirected.
    Redirect { at: Place, status: u16, location: String },
    /// A document is another one.
    Document { at: Place, document: Value },
    /// Requests for a target get an error.
    Status { at: Place, status: u16 },
    /// The plugin answers by printing what it was sent.
    Echo(u16),
    /// The plugin answers with these bytes; with none, never.
    Bytes(Vec<u8>),
    /// Handshakes are answered by what is none.
    NoHandshake,
    /// The plugin gives its callers a cookie.
    Cookie,
    /// A document is no index and no manifest.
    Secrets,
    /// The index leads elsewhere when it is asked for with a query.
    Variant,
    /// Names have other addresses.
    Names(Value),
}

/// Whose what: a target of one host, or of any.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    host: Option<String>,
    path: String,
}

impl Peculiarity {
    /// The plugin redirects its calls.
    pub(super) fn redirect(status: u16, location: &str) -> Self {
        let at = Place { host: None, path: "/x".to_owned() };
        Self::Redirect { at, status, location: location.to_owned() }
    }

    /// A document is not there.
    pub(super) fn missing(path: &str) -> Self {
        Self::Status { at: Place { host: None, path: path.to_owned() }, status: 404 }
    }
}

impl Place {
    fn of(host: &str, path: &str) -> Self {
        Self { host: Some(host.to_owned()), path: path.to_owned() }
    }

    fn is(&self, received: &Received) -> bool {
        received.target().split('?').next() == Some(&self.path)
            && self.host.as_ref().is_none_or(|host| host == received.host())
    }

    fn host(&self) -> &str {
        self.host.as_deref().unwrap_or(PLUGIN)
    }
}

/// Sets the scene that a vector's setup describes.
pub(super) fn scene(setup: &Value, case: &Case) -> Result<Scene, Unrun> {
    let mut peculiarities = case.peculiarities.clone();
    if let Some(words) = setup.get("fixture") {
        peculiarities.extend(read(words.as_str().unwrap_or_default())?);
    }
    if setup.get("order").is_some_and(|order| order.to_string().contains("makes different")) {
        peculiarities.push(Peculiarity::Variant);
    }
    let mut scene = Scene::default();
    for peculiarity in &peculiarities {
        match peculiarity {
            Peculiarity::Names(dns) => scene.zone = Zone::parse(dns).map_err(Unrun::NotUnderstood)?,
            Peculiarity::NoHandshake => scene.tls = Some(Tls::Bytes(b"HTTP/1.1 400 X\r\n\r\n")),
            _ => {}
        }
    }
    let responder: Responder = Arc::new(move |received| answer(&peculiarities, received));
    Ok(Scene { responder: Some(responder), ..scene })
}

/// Reads the words for a fixture into what it does.
fn read(words: &str) -> Result<Vec<Peculiarity>, Unrun> {
    let read = redirects(words).or_else(|| changed(words)).or_else(|| misbehaved(words));
    read.ok_or_else(|| Unrun::words("fixture", words))
}

/// `307 to https://evil.vec.test/x`, `good plugin answers 302 same origin, then 307 to http`.
fn redirects(words: &str) -> Option<Vec<Peculiarity>> {
    let status = Regex::new(r"\b(3\d\d)\b").expect("cannot fail because it is a constant");
    let mut at = place(words);
    let mut redirects = Vec::new();
    for step in words.split(" then ") {
        let status = status.captures(step)?[1].parse().ok()?;
        let location = location(step, &at)?;
        let next = location.split_once("://").map_or_else(
            || Place { path: location.clone(), ..at.clone() },
            |(_, rest)| {
                let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                Place::of(host.split(':').next().unwrap_or(host), if path.is_empty() { "/" } else { path })
            },
        );
        redirects.push(Peculiarity::Redirect { at, status, location });
        at = next;
    }
    // The last first: its place is a host's, where the first's may be any.
    redirects.reverse();
    Some(redirects)
}

/// The place that words begin with: `good.vec.test/manifest.json`, `good plugin`; the plugin of every host otherwise.
fn place(words: &str) -> Place {
    let written = Regex::new(r"^(?:https?://)?([\w.-]+\.vec\.test)(/\S*)?")
        .expect("cannot fail because it is a constant");
    if let Some(found) = written.captures(words) {
        return Place::of(&found[1], found.get(2).map_or("/x", |path| path.as_str()));
    }
    let named =
        Regex::new(r"^(?:the )?(good|evil|public\d?)(?:'s)? (?:\w+ )*?(plugin|manifest|index|open ?api)")
            .expect("cannot fail because it is a constant");
    let words = words.to_ascii_lowercase();
    let Some(found) = named.captures(&words) else { return Place { host: None, path: "/x".to_owned() } };
    Place::of(&format!("{}.vec.test", &found[1]), path(&found[2]))
}

/// Where every host has what.
fn path(what: &str) -> &'static str {
    match what {
        "manifest" => "/manifest.json",
        "index" => "/index.json",
        "plugin" => "/x",
        _ => "/openapi.json",
    }
}

/// Where a redirect leads: as it is written, or in words.
fn location(words: &str, from: &Place) -> Option<String> {
    let lead =
        Regex::new(r"\b3\d\d(?: redirects?)?(?: (?:with|and) (?:Location:?|a Location of))?(?: to)? (.+)$")
            .expect("cannot fail because it is a constant");
    let to = lead.captures(words)?[1].trim_end_matches(',').to_owned();
    if to.contains("://") {
        return Some(to.split_whitespace().next()?.trim_end_matches(',').to_owned());
    }
    let host =
        Regex::new(r"^([\w.-]+\.vec\.test(?::\d+)?)(/\S*)?$").expect("cannot fail because it is a constant");
    if let Some(found) = host.captures(&to) {
        return Some(format!(
            "https://{}{}",
            &found[1],
            found.get(2).map_or(&*from.path, |path| path.as_str())
        ));
    }
    let (whose, path) = (from.host(), &from.path);
    Some(match &to {
        to if to.starts_with('/') => to.clone(),
        to if to.contains("port") => format!("https://{whose}:8443{path}"),
        to if to.contains("same origin") => MOVED.to_owned(),
        to if to.contains("http") || to.contains("scheme") => format!("http://{whose}{path}"),
        to if to.contains("subdomain") => format!("https://sub.{whose}{path}"),
        to if ["other host", "another host", "another origin", "evil"]
            .iter()
            .any(|word| to.contains(word)) =>
        {
            format!("https://evil.vec.test{path}")
        }
        to if ["loopback", "localhost"].iter().any(|word| to.contains(word)) => {
            format!("https://127.0.0.1{path}")
        }
        to if to.contains("metadata") => "http://169.254.169.254/latest/meta-data/".to_owned(),
        to if to.contains("private") || to.contains("internal") => format!("https://10.0.0.1{path}"),
        _ => return None,
    })
}

/// `good manifest now lists api url https://evil.vec.test/x`, `good index now names manifest https://..`.
fn changed(words: &str) -> Option<Vec<Peculiarity>> {
    let now = Regex::new(
        r"(?i)\b(manifest|index|open ?api)\b.* now (?:\w+ )+?(?:an? |the )?(.*?) ?(https?://\S+)$",
    )
    .expect("cannot fail because it is a constant");
    let found = now.captures(words)?;
    let (what, url) = (found[2].to_ascii_lowercase(), &found[3]);
    let mut manifest = documents::manifest("known", &format!("https://{GOOD}/x"));
    let at = place(words);
    let mut others = Vec::new();
    let document = match path(&found[1].to_ascii_lowercase()) {
        "/index.json" => documents::index("known", url),
        "/manifest.json" if what.replace(' ', "").contains("openapi") => {
            manifest["openapi"] = url.into();
            manifest
        }
        "/manifest.json" => documents::manifest("known", url),
        _ => {
            manifest["openapi"] = format!("https://{}/openapi.json", at.host()).into();
            others.push(Peculiarity::Document {
                at: Place::of(at.host(), "/manifest.json"),
                document: manifest,
            });
            service(url)
        }
    };
    others.push(Peculiarity::Document { at, document });
    Some(others)
}

/// What else a host may do that words are about.
fn misbehaved(words: &str) -> Option<Vec<Peculiarity>> {
    let status = Regex::new(r"\b([245]\d\d)\b").expect("cannot fail because it is a constant");
    let status = status.captures(words).and_then(|found| found[1].parse().ok());
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    let at = place(words);
    let resolves =
        Regex::new(r"^(\S+) (?:now )?resolves to (\S+)$").expect("cannot fail because it is a constant");
    Some(vec![if let Some(found) = resolves.captures(words) {
        Peculiarity::Names(json!([{ "name": &found[1], "answers": [format!("A {}", &found[2])] }]))
    } else if says(&["print", "echo", "reflect", "repeat"]) {
        Peculiarity::Echo(status.unwrap_or(200))
    } else if says(&["cookie"]) {
        Peculiarity::Cookie
    } else if says(&["identifier"]) && at.path == "/manifest.json" {
        let document = documents::manifest("other", &format!("https://{}/x", at.host()));
        Peculiarity::Document { at, document }
    } else if says(&["unreachable", "down"]) {
        Peculiarity::Status { at, status: 503 }
    } else {
        Peculiarity::Status { at, status: status? }
    }])
}

fn answer(peculiarities: &[Peculiarity], received: &Received) -> Vec<u8> {
    peculiarities
        .iter()
        .find_map(|peculiarity| peculiar(peculiarity, received))
        .unwrap_or_else(|| usual(received))
}

fn peculiar(peculiarity: &Peculiarity, received: &Received) -> Option<Vec<u8>> {
    let is_call = received.method() == "POST";
    match peculiarity {
        Peculiarity::Redirect { at, status, location } if at.is(received) => {
            Some(response(*status, &[("Location", location)], b""))
        }
        Peculiarity::Document { at, document } if at.is(received) => Some(ok(document)),
        Peculiarity::Status { at, status } if at.is(received) => Some(response(*status, &[], b"not now")),
        Peculiarity::Echo(status) if is_call => Some(response(*status, &[], &received.everything())),
        Peculiarity::Bytes(bytes) if is_call => Some(bytes.clone()),
        Peculiarity::Cookie if is_call => Some(response(200, &[("Set-Cookie", "of=another; Path=/")], b"{}")),
        Peculiarity::Secrets if received.target().starts_with("/secret.json") => {
            Some(ok(&json!({ "Code": "Success", "SecretAccessKey": "wJalrXUtnFEMI" })))
        }
        Peculiarity::Variant if received.target().contains('?') => {
            Some(ok(&documents::index("known", "https://variant.vec.test/manifest.json")))
        }
        _ => None,
    }
}

fn usual(received: &Received) -> Vec<u8> {
    let host = received.host();
    match received.target().split('?').next() {
        Some("/index.json") => ok(&documents::index("known", &format!("https://{host}/manifest.json"))),
        Some("/manifest.json") => ok(&documents::manifest("known", &format!("https://{host}/x"))),
        Some("/openapi.json") => ok(&service("https://public.vec.test")),
        _ => ok(&json!({ "ok": true })),
    }
}

/// Writes an error of a plugin's own.
pub(super) fn error(status: u16, body: &str) -> Vec<u8> {
    response(status, &[], body.as_bytes())
}

/// A service that wants a key, in a header and in its query.
fn service(server: &str) -> Value {
    let mut document = documents::service(server);
    let scheme = |place: &str| json!({ "type": "apiKey", "in": place, "name": "api_key" });
    document["components"] =
        json!({ "securitySchemes": { "apiKey": scheme("query"), "other": scheme("header") } });
    document["security"] = json!([{ "apiKey": [] }]);
    document
}

fn ok(document: &Value) -> Vec<u8> {
    response(200, &[("Content-Type", "application/json")], document.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, redirects: &[(&str, &str)]) {
        let found = read(words).unwrap_or_else(|_| panic!("{words} is not understood"));
        let found: Vec<_> = found
            .iter()
            .filter_map(|peculiarity| match peculiarity {
                Peculiarity::Redirect { at, location, .. } => Some((at, location.as_str())),
                _ => None,
            })
            .map(|(at, location)| (format!("{}{}", at.host.as_deref().unwrap_or("*"), at.path), location))
            .collect();
        let found: Vec<_> = found.iter().map(|(at, location)| (at.as_str(), *location)).collect();
        assert_eq!(found, redirects, "{words}");
    }

    #[test]
    fn words_for_redirects_are_understood() {
        let evil = "https://evil.vec.test/x";
        check("302 to https://evil.vec.test/x", &[("*/x", evil)]);
        check("307 to the same host on another port", &[("*/x", "https://public.vec.test:8443/x")]);
        check("308 same origin", &[("*/x", "/moved")]);
        check("307 https to http", &[("*/x", "http://public.vec.test/x")]);
        check("308 to another scheme", &[("*/x", "http://public.vec.test/x")]);
        check("307 to same host over http", &[("*/x", "http://public.vec.test/x")]);
        check("307 to a subdomain", &[("*/x", "https://sub.public.vec.test/x")]);
        let manifest = ("good.vec.test/manifest.json", "https://evil.vec.test/manifest.json");
        check("good.vec.test/manifest.json answers 302 to evil.vec.test", &[manifest]);
        check("good.vec.test/x answers 307 to https://evil.vec.test/x", &[("good.vec.test/x", evil)]);
        check("good plugin answers 307 to https://evil.vec.test/x", &[("good.vec.test/x", evil)]);
        check(
            "chain: 307 same origin, then 307 to https://evil.vec.test/x",
            &[("*/moved", evil), ("*/x", "/moved")],
        );
        check(
            "307 to https://public2.vec.test/y, then 308 to https://evil.vec.test/x",
            &[("public2.vec.test/y", evil), ("*/x", "https://public2.vec.test/y")],
        );
    }

    #[test]
    fn words_for_other_fixtures_are_understood() {
        for words in [
            "good manifest now lists api url https://evil.vec.test/x",
            "good manifest now has openapi https://evil.vec.test/openapi.json",
            "good index now lists manifest https://evil.vec.test/manifest.json",
            "good OpenAPI document now lists server https://evil.vec.test",
            "good plugin answers 500 with a page that prints its request headers",
            "good plugin echoes settings in the body with status 200",
            "good manifest answers 500",
            "good manifest is unreachable",
            "good manifest identifier is other",
            "good.vec.test now resolves to 127.0.0.1",
            "plugin sets a cookie",
        ] {
            check(words, &[]);
        }
        assert!(read("a fixture that sings").is_err());
    }
}
