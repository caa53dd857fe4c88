//! What a caller has to have, as security schemes: the settings that a user has to enter, each in a header of its own.
//!
//! LobeChat makes a password field of every scheme, and LobeHub's gateway sends what was entered in the scheme's header;
//! the header with all settings it sends to classic plugins only.

use serde_json::Value;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};

use crate::protocol::setting_header;
use crate::schema::{Profile, Schema};

/// A setting that has to be entered, as a security scheme.
pub(super) struct Key {
    pub(super) name: String,
    description: String,
}

/// Names the settings that a caller needs. Those that may be left out are not among them: LobeChat would make every
/// scheme a field that has to be filled in.
pub(super) fn required_settings(schema: &Schema) -> Vec<Key> {
    let schema = schema.in_profile(Profile::Portable).to_value();
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let key = |name: &str| {
        let description = schema.pointer(&format!("/properties/{name}/description"));
        let description = description.and_then(Value::as_str).unwrap_or(name).to_owned();
        Key { name: name.to_owned(), description }
    };
    required.filter_map(Value::as_str).map(key).collect()
}

pub(super) fn scheme(key: &Key) -> SecurityScheme {
    let value = ApiKeyValue::with_description(setting_header(&key.name), key.description.clone());
    SecurityScheme::ApiKey(ApiKey::Header(value))
}

/// Asks for all of them together.
pub(super) fn all_of(keys: &[Key]) -> SecurityRequirement {
    keys.iter().fold(SecurityRequirement::default(), |all, key| all.add::<_, [&str; 0], &str>(&key.name, []))
}
