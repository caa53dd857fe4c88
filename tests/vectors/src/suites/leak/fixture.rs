//! The servers of the leak vectors: every host has an index, a manifest and a plugin, less what the vector's words say
//! of them.

use std::sync::Arc;

use regex_lite::Regex;
use serde_json::{Value, json};

use crate::documents;
use crate::verdict::Unrun;
use crate::wire::response;
use crate::world::journal::Received;
use crate::world::{Responder, Scene};

/// Where a redirect within the origin leads.
pub(super) const MOVED: &str = "/moved";

/// What one host does that the others do not.
#[derive(Clone, Debug)]
enum Peculiarity {
    /// Requests for a target are redirected.
    Redirect { host: Option<String>, target: String, status: u16, location: String },
    /// The manifest names another URL.
    Manifest { host: String, url: String },
    /// The plugin answers an error that prints what it was sent.
    Echo,
    /// The plugin answers an error of its own.
    Error,
    /// A document is no index and no manifest.
    Secrets,
    /// The index leads elsewhere when it is asked for with a query.
    Variant,
}

/// Sets the scene that a vector's setup describes.
pub(super) fn scene(setup: &Value) -> Result<Scene, Unrun> {
    let mut peculiarities = Vec::new();
    if let Some(words) = setup.get("fixture") {
        peculiarities.push(peculiarity(words.as_str().unwrap_or_default())?);
    }
    match setup.get("case").and_then(Value::as_str) {
        Some("upstream 500 text") => peculiarities.push(Peculiarity::Error),
        Some("index is not an index" | "manifest is not a manifest" | "OpenAPI client error") => {
            peculiarities.push(Peculiarity::Secrets)
        }
        _ => {}
    }
    if setup.get("order").is_some_and(|order| order.to_string().contains("makes different")) {
        peculiarities.push(Peculiarity::Variant);
    }
    let responder: Responder = Arc::new(move |received| answer(&peculiarities, received));
    Ok(Scene { responder: Some(responder), ..Scene::default() })
}

/// The table from the words for a fixture to what it does.
fn peculiarity(words: &str) -> Result<Peculiarity, Unrun> {
    let captured = |pattern: &str| {
        let pattern = Regex::new(pattern).expect("cannot fail because it is a constant");
        let found = pattern.captures(words)?;
        Some((1..found.len()).map(|group| found[group].to_owned()).collect::<Vec<_>>())
    };
    let redirect = |status: &str, location: String| {
        let status = status.parse().unwrap_or(302);
        Ok(Peculiarity::Redirect { host: None, target: "/x".to_owned(), status, location })
    };
    if let Some(found) = captured(r"^(\d{3}) to (https?://\S+)$") {
        return redirect(&found[0], found[1].clone());
    }
    if let Some(found) = captured(r"^(\d{3}) to the same host on another port$") {
        return redirect(&found[0], "https://public.vec.test:8443/x".to_owned());
    }
    if let Some(found) = captured(r"^(\d{3}) (?:to the )?same origin$") {
        return redirect(&found[0], MOVED.to_owned());
    }
    if let Some(found) = captured(r"^(\d{3}) (?:to http|https to http|to plain http).*$") {
        return redirect(&found[0], "http://public.vec.test/x".to_owned());
    }
    if let Some(found) = captured(r"^([^/ ]+)(/\S*) answers (\d{3}) to (\S+)$") {
        let location = format!("https://{}{}", found[3], found[1]);
        let status = found[2].parse().unwrap_or(302);
        return Ok(Peculiarity::Redirect {
            host: Some(found[0].clone()),
            target: found[1].clone(),
            status,
            location,
        });
    }
    if let Some(found) = captured(r"^(\w+) manifest now lists api url (\S+)$") {
        return Ok(Peculiarity::Manifest { host: format!("{}.vec.test", found[0]), url: found[1].clone() });
    }
    if captured(r"answers (\d{3}) with a page that prints its request headers$").is_some() {
        return Ok(Peculiarity::Echo);
    }
    Err(Unrun::words("fixture", words))
}

fn answer(peculiarities: &[Peculiarity], received: &Received) -> Vec<u8> {
    let at = |path: &str| received.target().split('?').next() == Some(path);
    for peculiarity in peculiarities {
        match peculiarity {
            Peculiarity::Redirect { host, target, status, location } => {
                if at(target) && host.as_ref().is_none_or(|host| host == received.host()) {
                    return response(*status, &[("Location", location)], b"");
                }
            }
            Peculiarity::Manifest { host, url } => {
                if at("/manifest.json") && received.host() == host {
                    return ok(&documents::manifest("known", url));
                }
            }
            Peculiarity::Echo if received.method() == "POST" => {
                return response(500, &[], &received.everything());
            }
            Peculiarity::Error if received.method() == "POST" => {
                return response(500, &[], b"something went wrong");
            }
            Peculiarity::Secrets if at("/secret.json") => {
                return ok(&json!({ "Code": "Success", "SecretAccessKey": "wJalrXUtnFEMI" }));
            }
            Peculiarity::Variant if received.target().contains('?') => {
                return ok(&documents::index("known", "https://variant.vec.test/manifest.json"));
            }
            Peculiarity::Echo | Peculiarity::Error | Peculiarity::Secrets | Peculiarity::Variant => {}
        }
    }
    usual(received)
}

fn usual(received: &Received) -> Vec<u8> {
    let host = received.host();
    match received.target().split('?').next() {
        Some("/index.json") => ok(&documents::index("known", &format!("https://{host}/manifest.json"))),
        Some("/manifest.json") => ok(&documents::manifest("known", &format!("https://{host}/x"))),
        Some("/openapi.json") => ok(&service()),
        _ => ok(&json!({ "ok": true })),
    }
}

/// A service that wants a key, in a header and in its query.
fn service() -> Value {
    let mut document = documents::service("https://public.vec.test");
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

    #[test]
    fn words_for_fixtures_are_understood() {
        for words in [
            "302 to https://evil.vec.test/x",
            "307 to the same host on another port",
            "308 same origin",
            "good.vec.test/manifest.json answers 302 to evil.vec.test",
            "good manifest now lists api url https://evil.vec.test/x",
            "good plugin answers 500 with a page that prints its request headers",
        ] {
            assert!(peculiarity(words).is_ok(), "{words}");
        }
        assert!(peculiarity("a fixture that sings").is_err());
    }
}
