//! What the fuzz targets in `tests/fuzz` may name. It is there in builds with `--cfg fuzzing` only, which cargo-fuzz
//! sets, and no part of the public API: each function is one entry point for a stranger's bytes.

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderValue;
use lobe_plugin_sdk::UserSettings;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::beside::Beside;
use crate::gateway::Gateway;
use crate::openapi::{self, Document};
use crate::outbound::{EgressPolicy, Host, Outbound, OutboundLimits, Scheme, TargetUrl};
use crate::payload::{self, Payload};
use crate::remote::{self, Admits, CacheLimits, IndexUrl, Remote};
use crate::settings::Lender;
use crate::target::{Api, Source};
use crate::validate::SchemaLimits;

/// Reads a request, and returns the members that are looked at; the manifest in it is judged.
#[must_use]
pub fn read_payload(body: &[u8]) -> Option<Value> {
    let payload = Payload::read(body).ok()?;
    let manifest = payload.manifest.map(payload::read_manifest).transpose().ok()?;
    let mut read = json!({ "apiName": payload.api_name, "identifier": payload.identifier });
    let optional = [
        ("arguments", payload.arguments.map(Value::from)),
        ("indexUrl", payload.index_url.map(Value::from)),
        ("manifest", manifest),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            read[name] = value;
        }
    }
    Some(read)
}

/// Writes the settings header of a call to a plugin elsewhere.
#[must_use]
pub fn write_settings(settings: &UserSettings) -> HeaderValue {
    remote::header::settings(settings)
}

/// Makes a plugin of a caller's manifest, compiles its schemas, and returns its identifier and how many operations it
/// has.
#[must_use]
pub fn read_manifest(text: &str) -> Option<(String, usize)> {
    let manifest: &RawValue = serde_json::from_str(text).ok()?;
    let manifest = payload::read_manifest(manifest).ok()?;
    let names: Vec<String> = manifest["api"]
        .as_array()?
        .iter()
        .filter_map(|api| Some(api.get("name")?.as_str()?.to_owned()))
        .collect();
    let target = remote::manifest::target(manifest, Source::Caller, &nowhere());
    let judges = names.iter().filter_map(|name| target.api(name)).map(Api::judge).chain(target.settings());
    for judge in judges {
        // Whether it fits is nobody's question here.
        let _ = judge.validator(&SchemaLimits::default()).map(|validator| validator.check(&json!({})));
    }
    Some((target.identifier().to_owned(), target.plugin.operations().len()))
}

/// A URL, read and judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedUrl {
    /// The URL as it would be sent.
    pub text: String,
    /// Whether the road is encrypted.
    pub is_https: bool,
    /// The host, as it stands in a URL.
    pub host: String,
    /// The host, where it is an address.
    pub address: Option<IpAddr>,
    /// The port, said or meant.
    pub port: u16,
    /// Whether the default policy lets it be called.
    pub is_admitted: bool,
}

/// Reads a URL, and judges it by the policy for production.
#[must_use]
pub fn judge_url(text: &str) -> Option<JudgedUrl> {
    TargetUrl::parse(text).ok().map(|url| judged(&url))
}

/// Does the same for a reference that was found in what a URL gave.
#[must_use]
pub fn judge_reference(base: &str, reference: &str) -> Option<JudgedUrl> {
    TargetUrl::parse(base).ok()?.join(reference).ok().map(|url| judged(&url))
}

fn judged(url: &TargetUrl) -> JudgedUrl {
    let origin = url.origin();
    JudgedUrl {
        text: url.as_str().to_owned(),
        is_https: origin.scheme() == Scheme::Https,
        host: origin.host().to_string(),
        address: match origin.host() {
            Host::V4(address) => Some((*address).into()),
            Host::V6(address) => Some((*address).into()),
            Host::Name(_) => None,
        },
        port: origin.port(),
        is_admitted: nowhere().judge(url).is_ok(),
    }
}

/// Reads an OpenAPI document, describes all that it says, and returns the names of its operations.
#[must_use]
pub fn read_openapi(document: &[u8]) -> Option<Vec<String>> {
    let document = Document::read(document, &place_of_documents()).ok()?;
    openapi::settings(&document);
    let room = openapi::Room::of_stranger();
    let name = |operation: &Arc<openapi::Operation>| {
        openapi::describe(&document, operation, &room);
        operation.name.clone()
    };
    Some(document.operations().iter().map(name).collect())
}

/// A request of an operation, and where its document says that it is served.
#[derive(Debug)]
pub struct BuiltRequest {
    /// The server's URL.
    pub server: String,
    /// The request's URL.
    pub url: String,
}

/// Builds the requests of all operations of a document, each with these arguments and settings.
#[must_use]
pub fn build_requests(
    document: &[u8],
    arguments: &Map<String, Value>,
    settings: &Map<String, Value>,
) -> Vec<BuiltRequest> {
    let Ok(document) = Document::read(document, &place_of_documents()) else { return Vec::new() };
    let build = |operation: &Arc<openapi::Operation>| {
        let server = operation.server.as_ref().ok()?;
        let granted = openapi::grant(&document, operation, settings);
        let (url, _) = openapi::request(operation, server, arguments, &granted.credentials).ok()?;
        Some(BuiltRequest { server: server.as_str().to_owned(), url: url.as_str().to_owned() })
    };
    document.operations().iter().filter_map(build).collect()
}

fn place_of_documents() -> TargetUrl {
    TargetUrl::parse("https://documents.example.org/a/openapi.json")
        .expect("cannot fail because it is written as URLs are")
}

/// Lets a gateway look for plugins elsewhere, as far as the door: nobody is called and nothing is looked up.
#[must_use]
pub fn look_nowhere(gateway: Gateway) -> Gateway {
    let admits = Admits { manifests: true, indexes: true, aliases: false };
    let index = "https://index.example.org/index.json".to_owned();
    let url = TargetUrl::parse(&index).expect("cannot fail because it is written as URLs are");
    let remote = Remote::new(nowhere(), CacheLimits::default(), admits, Beside::default())
        .with_index(IndexUrl::new(index, url));
    gateway.look_elsewhere(remote, Lender::default())
}

/// Returns a door that judges as in production, and at which every host is taken: a door of its own for each thread,
/// which is built once.
fn nowhere() -> Outbound {
    thread_local! {
        static DOOR: Outbound = {
            let limits = OutboundLimits { per_host: 0, ..OutboundLimits::default() };
            Outbound::new(EgressPolicy::default(), limits)
                .expect("cannot fail because the default policy names no host and no certificate")
        };
    }
    DOOR.with(Outbound::clone)
}
