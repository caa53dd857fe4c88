//! Finds a secret in what was written, whatever it was written in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Returns how a text is found in bytes: the name of the encoding, `None` where it is in none.
pub(super) fn find(text: &str, bytes: &[u8]) -> Option<&'static str> {
    let written = |needles: &[String]| needles.iter().any(|needle| holds(needle, bytes));
    encodings(text).into_iter().find(|(_, needles)| written(needles)).map(|(name, _)| name)
}

/// Returns whether bytes hold a text as it is.
pub(super) fn holds(text: &str, bytes: &[u8]) -> bool {
    let (needle, haystack) = (text.to_ascii_lowercase().into_bytes(), bytes.to_ascii_lowercase());
    !needle.is_empty() && haystack.windows(needle.len()).any(|window| window == needle)
}

/// Writes a text in every encoding that it is looked for in.
fn encodings(text: &str) -> Vec<(&'static str, Vec<String>)> {
    let json = serde_json::Value::from(text).to_string();
    let percent: String = text.bytes().map(percent_encoded).collect();
    let fully: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![
        ("raw", vec![text.to_owned()]),
        ("JSON", vec![json[1..json.len() - 1].to_owned()]),
        ("percent", vec![percent, fully]),
    ];
    // Short words are in everything, written backwards or in other digits.
    if text.len() >= 8 {
        all.push(("base64", alignments(text)));
        all.push(("hex", vec![hex]));
        all.push(("reversed", vec![text.chars().rev().collect()]));
    }
    all
}

fn percent_encoded(byte: u8) -> String {
    let plain = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

/// The middle of a text in base64, as it stands after 0, 1 or 2 other bytes: its edges share characters with others.
fn alignments(text: &str) -> Vec<String> {
    let aligned = |before: usize| {
        let written = STANDARD_NO_PAD.encode([&vec![0; before][..], text.as_bytes()].concat());
        let whole = (before + text.len()) / 3 * 4;
        written[[0, 2, 3][before]..whole].to_owned()
    };
    (0..3).map(aligned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "OPERATOR-SECRET/7f3a\"";

    #[track_caller]
    fn check(written: &str, found: Option<&str>) {
        assert_eq!(find(SECRET, format!("before {written} after").as_bytes()), found, "{written}");
    }

    #[test]
    fn every_encoding_is_found() {
        check(SECRET, Some("raw"));
        check("OPERATOR-SECRET/7f3a\\\"", Some("JSON"));
        check("OPERATOR-SECRET%2F7f3a%22", Some("percent"));
        check("4f50455241544f522d5345435245542f3766336122", Some("hex"));
        check("\"a3f7/TERCES-ROTAREPO", Some("reversed"));
        for before in ["", "k", "k:"] {
            let sentence = format!("{before}{SECRET} and what follows");
            check(&STANDARD_NO_PAD.encode(sentence), Some("base64"));
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        check("OPERATOR-SECRET", None);
        check("", None);
    }
}
