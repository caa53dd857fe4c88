//! What the load asks for.

use serde_json::{Value, json};

use super::openapi::{self, Document, MANY, NEWER, ONE};
use super::world::World;
use crate::request::MANIFEST_BYTES;

/// Names a kind of call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// The manifest is in the payload; arguments fit; the plugin's server is called.
    Classic,
    /// The arguments do not fit, so nobody is called.
    Invalid,
    /// There is no manifest in the payload: it is found by a market index.
    Market,
    /// The manifest names an OpenAPI document, and the service that it describes is called.
    OpenApi(Document),
}

impl Scenario {
    /// Those of plugins whose operations have addresses.
    pub(crate) const ALL: [Self; 3] = [Self::Classic, Self::Invalid, Self::Market];
    /// Those of services.
    pub(crate) const OPENAPI: [Self; 3] = [Self::OpenApi(ONE), Self::OpenApi(MANY), Self::OpenApi(NEWER)];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Invalid => "invalid",
            Self::Market => "market",
            Self::OpenApi(document) => document.name,
        }
    }

    /// Returns the status of the right answer.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Classic | Self::Market | Self::OpenApi(_) => 200,
            Self::Invalid => 422,
        }
    }

    /// Returns the most CPU time that our gateway may take for one, in seconds, over 32 connections.
    pub(crate) const fn target(self) -> f64 {
        match self {
            Self::Classic | Self::Market => 40e-6,
            Self::Invalid => 20e-6,
            Self::OpenApi(_) => 45e-6,
        }
    }

    /// Writes the body of the request.
    pub(crate) fn request(self, world: &World) -> String {
        let (operation, arguments) = match self {
            Self::Classic | Self::Market => ("run", r#"{"mood":"happy","n":3}"#),
            Self::Invalid => ("run", r#"{"mood":"angry"}"#),
            Self::OpenApi(_) => (openapi::OPERATION, r#"{"petId":7,"verbose":true}"#),
        };
        let mut payload =
            json!({ "apiName": operation, "arguments": arguments, "identifier": "bench", "type": "default" });
        match self {
            Self::Market => {}
            Self::Classic | Self::Invalid => payload["manifest"] = manifest(world.upstream(), ""),
            Self::OpenApi(document) => payload["manifest"] = service(world.upstream(), document),
        }
        payload.to_string()
    }
}

/// Writes the manifest of a service, as large as the other.
fn service(upstream: u16, document: Document) -> Value {
    let mut manifest = manifest(upstream, "-");
    manifest["api"] = json!([openapi::api()]);
    manifest["openapi"] = format!("http://127.0.0.1:{upstream}/{}", document.file()).into();
    padded(manifest)
}

/// Writes the plugin's manifest, as large as that of a plugin with a handful of operations.
pub(crate) fn manifest(upstream: u16, mark: &str) -> Value {
    let manifest = json!({
        "api": [{
            "description": "Recommend clothes",
            "name": "run",
            "parameters": {
                "properties": {
                    "mood": { "enum": ["happy", "sad"], "type": "string" },
                    "n": { "maximum": 10, "minimum": 0, "type": "integer" },
                },
                "required": ["mood"],
                "type": "object",
            },
            "url": format!("http://127.0.0.1:{upstream}/api/run"),
        }],
        "identifier": "bench",
        "meta": { "avatar": "🧪", "title": "Bench" },
        "systemRole": mark,
        "version": "1",
    });
    if mark.is_empty() { padded(manifest) } else { manifest }
}

/// Lets a manifest be as large as that of a plugin with a handful of operations.
fn padded(mut manifest: Value) -> Value {
    manifest["systemRole"] = "".into();
    let padding = MANIFEST_BYTES.saturating_sub(manifest.to_string().len());
    let text: String = "Recommend what suits the mood. ".chars().cycle().take(padding).collect();
    manifest["systemRole"] = text.into();
    manifest
}
