//! What the operator lent to one call: it travels with the call to the door, and is kept out of what comes back.

use std::sync::Arc;

use lobe_plugin_sdk::UserSettings;
use serde_json::Value;

use crate::outbound::Origin;

/// The shortest text that is masked in answers: shorter ones stand in any text by chance.
const SHORTEST_MASKED: usize = 4;
const MASK: &str = "[redacted]";

/// Travels with a call whose settings are the operator's: whom they are for, and what is not to come back.
#[derive(Clone, Debug)]
pub(crate) struct Lent {
    pub(crate) origins: Arc<[Origin]>,
    pub(crate) settings: UserSettings,
}

impl Lent {
    /// Hides what the operator lent in a text that goes to the caller.
    pub(crate) fn mask(&self, text: &str) -> String {
        mask(&self.settings, text)
    }
}

/// Hides settings in a text.
pub(crate) fn mask(settings: &UserSettings, text: &str) -> String {
    let mut text = text.to_owned();
    for secret in settings.expose().values().flat_map(texts) {
        for spelling in [secret.to_owned(), escaped(secret)] {
            if spelling.len() >= SHORTEST_MASKED {
                text = text.replace(&spelling, MASK);
            }
        }
    }
    text
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// Spells a text as it stands inside JSON.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
