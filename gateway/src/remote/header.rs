//! The settings header of an outgoing call, as LobeHub's gateway writes it, but for one thing: what is not ASCII is
//! escaped, where the reference sends Latin-1 bytes, or answers 500 for all beyond.

use http::HeaderValue;
use lobe_plugin_sdk::UserSettings;
use serde_json::Value;

use crate::validate::stringify;

/// Writes the settings of a call; `{}` when there are none.
pub(crate) fn settings(settings: &UserSettings) -> HeaderValue {
    if settings.is_empty() {
        return HeaderValue::from_static("{}");
    }
    let text = ascii(&stringify(&Value::Object(settings.expose().clone())));
    let mut value = HeaderValue::try_from(text).expect("cannot fail because JSON text in ASCII is visible");
    value.set_sensitive(true);
    value
}

/// Escapes every character beyond visible ASCII the way JSON does, in UTF-16 units.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            ' '..='~' => text.push(character),
            other => other.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                text.push_str(&format!("\\u{unit:04x}"));
            }),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_json_in_ascii() {
        let check = |values: Value, expected: &str| {
            let Value::Object(values) = values else { panic!("settings are an object") };
            assert_eq!(settings(&UserSettings::new(values)).to_str().unwrap(), expected);
        };
        check(json!({}), "{}");
        check(
            json!({ "a": [1, 2.0, true, null], "b": { "c": "x\ny" } }),
            r#"{"a":[1,2,true,null],"b":{"c":"x\ny"}}"#,
        );
        check(json!({ "city": "Zürich", "你": "😀" }), r#"{"city":"Z\u00fcrich","\u4f60":"\ud83d\ude00"}"#);
        check(json!({ "control": "\u{7f}\u{1}" }), r#"{"control":"\u007f\u0001"}"#);
    }
}
