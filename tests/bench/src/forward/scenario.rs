//! What the load asks for.

use serde_json::{Value, json};

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
}

impl Scenario {
    pub(crate) const ALL: [Self; 3] = [Self::Classic, Self::Invalid, Self::Market];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Invalid => "invalid",
            Self::Market => "market",
        }
    }

    /// Returns the status of the right answer.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Classic | Self::Market => 200,
            Self::Invalid => 422,
        }
    }

    /// Returns the most CPU time that our gateway may take for one, in seconds, over 32 connections.
    pub(crate) const fn target(self) -> f64 {
        match self {
            Self::Classic | Self::Market => 40e-6,
            Self::Invalid => 20e-6,
        }
    }

    /// Writes the body of the request.
    pub(crate) fn request(self, world: &World) -> String {
        let arguments = match self {
            Self::Classic | Self::Market => r#"{"mood":"happy","n":3}"#,
            Self::Invalid => r#"{"mood":"angry"}"#,
        };
        let mut payload =
            json!({ "apiName": "run", "arguments": arguments, "identifier": "bench", "type": "default" });
        if self != Self::Market {
            payload["manifest"] = manifest(world.upstream(), "");
        }
        payload.to_string()
    }
}

/// Writes the plugin's manifest, as large as that of a plugin with a handful of operations.
pub(crate) fn manifest(upstream: u16, mark: &str) -> Value {
    let mut manifest = json!({
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
    if mark.is_empty() {
        let padding = MANIFEST_BYTES.saturating_sub(manifest.to_string().len());
        let text: String = "Recommend what suits the mood. ".chars().cycle().take(padding).collect();
        manifest["systemRole"] = text.into();
    }
    manifest
}
