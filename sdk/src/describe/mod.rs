//! Papers about a plugin: pure functions from a [`Plugin`](crate::Plugin) and the place where it can be reached to a
//! document. No I/O; the same plugin and place give the same bytes.

mod ai_plugin;
mod manifest;
mod openapi;
mod site;
mod version;

pub use openapi::OpenApiDocument;
pub use site::{BaseUrl, BaseUrlFault, ManifestMode, Site};
pub use version::{OpenApiVersion, UnknownVersion};

use serde::Serialize;
use serde_json::Value;

/// Writes a document as people want to read it, the members of every object in alphabetical order: so it is the same
/// bytes whether or not some crate of the user's turned serde_json's `preserve_order` on.
pub(crate) fn pretty(document: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}

/// Sorts the members of every object.
pub(crate) fn sorted(mut value: Value) -> Value {
    value.sort_all_objects();
    value
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::{Profile, Schema};
    use crate::{Operation, Plugin, Reply};

    /// Run alone this has serde_json's sorted maps, and with the whole workspace, where the gateway turns
    /// `preserve_order` on, its ordered ones.
    #[test]
    fn the_order_of_maps_does_not_show() {
        let parameters = json!({
            "type": "object",
            "properties": { "zebra": { "type": "string", "description": "z" }, "ape": { "$ref": "#/$defs/Ape" } },
            "required": ["zebra"],
            "$defs": { "Ape": { "type": "object", "properties": { "b": {}, "a": { "minimum": 1, "type": "integer" } } } },
        });
        let look = Operation::new("look", async |_| Ok(Reply::text("")))
            .summary("Look")
            .parameters(Schema::from_value(parameters));
        let plugin = Plugin::new("zoo").operation(look);
        let site = Site::at(BaseUrl::parse("https://example.org").unwrap());
        let older = site.clone().in_openapi(OpenApiVersion::V3_0);
        let mut profiles = String::new();
        for profile in Profile::ALL {
            profiles += &format!("# {profile}\n{}", plugin.manifest_json(&site.clone().in_profile(profile)));
        }
        let written = [
            ("manifests.txt", profiles),
            ("openapi.yaml", plugin.openapi(&site).to_yaml()),
            ("openapi-3.0.yaml", plugin.openapi(&older).to_yaml()),
        ];
        for (name, text) in written {
            let path = format!("{}/src/describe/golden/{name}", env!("CARGO_MANIFEST_DIR"));
            if std::env::var_os("BLESS").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            assert_eq!(text, std::fs::read_to_string(&path).unwrap_or_default(), "{name}");
        }
    }
}
