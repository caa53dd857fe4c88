//! What a finished OpenAPI 3.1 document says that 3.0 has no field for. The schemas are not its business: they come in
//! their own profile.

use serde_json::Value;

/// The patch of 3.0 that every reader knows; 3.0.4 only words the same things better.
const VERSION: &str = "3.0.3";

/// Turns a document whose schemas are in the dialect of OpenAPI 3.0 into one of that version.
pub(super) fn to_3_0(mut document: Value) -> Value {
    document["openapi"] = VERSION.into();
    // An SPDX identifier is new in 3.1; 3.0 has the URL of the text (https://spec.openapis.org/oas/v3.0.3#license-object).
    if let Some(Value::Object(license)) = document.pointer_mut("/info/license")
        && let Some(Value::String(identifier)) = license.remove("identifier")
    {
        license.insert("url".to_owned(), license_url(&identifier).into());
    }
    document
}

/// Returns where SPDX shows the licence; for an expression of several the list of all.
fn license_url(identifier: &str) -> String {
    let one = identifier.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.".contains(letter));
    if one {
        return format!("https://spdx.org/licenses/{identifier}.html");
    }
    "https://spdx.org/licenses/".to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn newer_fields_are_replaced() {
        let check = |license: Value, expected: Value| {
            let document = |version, license| json!({"openapi": version, "info": {"license": license}});
            assert_eq!(to_3_0(document("3.1.0", license)), document("3.0.3", expected));
        };
        check(
            json!({"name": "MIT", "identifier": "MIT"}),
            json!({"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"}),
        );
        check(
            json!({"name": "Both", "identifier": "MIT OR Apache-2.0"}),
            json!({"name": "Both", "url": "https://spdx.org/licenses/"}),
        );
        check(json!({"name": "Mine"}), json!({"name": "Mine"}));
        assert_eq!(to_3_0(json!({"info": {}}))["info"], json!({}));
    }
}
