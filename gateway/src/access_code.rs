//! LobeChat's access code, in the header that LobeChat 1.x sends with every call: `X-lobe-chat-auth`.
//!
//! The header hides it, and protects nothing: the keys of both its forms stand in LobeChat's published source. So a
//! signature is not looked at, nor is a time; only the code inside counts, which is the operator's `ACCESS_CODE`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::request::Parts;
use lobe_plugin_sdk::serve::{Admitted, Credential, Digest, Judgement, Judging};
use lobe_plugin_sdk::{CallerIdentity, Secret};
use serde::Deserialize;
use serde_json::Value;

const HEADER: &str = "x-lobe-chat-auth";
/// What the header begins with where the browser has no cryptography: on plain HTTP.
const PLAIN: &str = "http_nosafe.";
/// What LobeChat from 1.35 on hides it with.
const MASK: &str = "LobeHub · LobeHub";
/// The longest header that is looked at.
const LONGEST: usize = 16 << 10;

/// Judges LobeChat's access code, in the header `X-lobe-chat-auth`: in a token, masked, or plain, as the versions of
/// LobeChat send it.
#[derive(Clone)]
pub struct AccessCode {
    codes: Vec<Digest>,
}

impl fmt::Debug for AccessCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AccessCode").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inside {
    access_code: Option<Secret<String>>,
}

impl AccessCode {
    /// Takes one code, or several with commas between them, as LobeChat's `ACCESS_CODE` has them.
    #[must_use]
    pub fn new(codes: &str) -> Self {
        let codes = codes.split(',').map(str::trim).filter(|code| !code.is_empty());
        Self { codes: codes.map(Digest::of).collect() }
    }

    fn judge_header(&self, header: &str) -> Judgement {
        let Some(code) = inside(header).filter(|code| !code.expose().is_empty()) else {
            return Judgement::Absent;
        };
        let presented = Digest::of(code.expose());
        // All of them are compared, so that the time does not tell which one it was.
        let fits = self.codes.iter().fold(false, |fits, code| fits | code.is(&presented));
        if fits {
            return Judgement::Admitted(Admitted::new(CallerIdentity::new("access-code")));
        }
        Judgement::Refused
    }
}

impl Credential for AccessCode {
    fn judge<'a>(&'a self, head: &'a Parts) -> Judging<'a> {
        let header = head.headers.get(HEADER).and_then(|header| header.to_str().ok());
        let judgement = header.map_or(Judgement::Absent, |header| self.judge_header(header));
        Box::pin(std::future::ready(judgement))
    }
}

/// Returns the access code in a header of any of its forms.
fn inside(header: &str) -> Option<Secret<String>> {
    if header.len() > LONGEST {
        return None;
    }
    let json = match header.strip_prefix(PLAIN) {
        Some(plain) => STANDARD.decode(plain).ok()?,
        None => match header.split('.').collect::<Vec<_>>()[..] {
            [_, payload, _] => URL_SAFE_NO_PAD.decode(payload).ok()?,
            _ => unmasked(STANDARD.decode(header).ok()?),
        },
    };
    // Whatever else is in it is LobeChat's own business; a code that is no text is none.
    let value: Value = serde_json::from_slice(&json).ok()?;
    Inside::deserialize(value).ok()?.access_code
}

fn unmasked(mut bytes: Vec<u8>) -> Vec<u8> {
    for (byte, mask) in bytes.iter_mut().zip(MASK.bytes().cycle()) {
        *byte ^= mask;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"accessCode":"sesame","userId":"0a1b"}"#;

    fn judged(codes: &str, header: &str) -> &'static str {
        match AccessCode::new(codes).judge_header(header) {
            Judgement::Absent => "absent",
            Judgement::Refused => "refused",
            Judgement::Unfit => "unfit",
            Judgement::Admitted(_) => "admitted",
        }
    }

    /// As LobeChat 1.34 makes it: `jose`'s `SignJWT` with HS256. Its signature is made of a published constant.
    fn token(json: &str) -> String {
        format!(
            "{}.{}.c2lnbmF0dXJl",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#),
            URL_SAFE_NO_PAD.encode(json)
        )
    }

    #[test]
    fn every_form_of_the_header_is_read() {
        let masked = STANDARD.encode(unmasked(JSON.into()));
        let plain = format!("http_nosafe.{}", STANDARD.encode(JSON));
        for header in [token(JSON), plain, masked] {
            assert_eq!(judged("sesame", &header), "admitted", "{header}");
            assert_eq!(judged("open, sesame", &header), "admitted", "{header}");
            assert_eq!(judged("open", &header), "refused", "{header}");
            assert_eq!(judged("sesame,", &token(r#"{"accessCode":""}"#)), "absent", "an empty code is none");
        }
    }

    #[test]
    fn what_has_no_code_in_it() {
        for header in ["", "x", "a.b.c", "http_nosafe.", "http_nosafe.e30=", "N00DFSE+B1ngjQI0TR8="] {
            assert_eq!(judged("sesame", header), "absent", "{header}");
        }
        for json in ["{}", "[]", r#"{"accessCode":7}"#, r#"{"accessCode":null}"#] {
            assert_eq!(judged("sesame", &token(json)), "absent", "{json}");
        }
        assert_eq!(judged("", &token(JSON)), "refused", "no code is right where there is none");
    }

    #[test]
    fn the_mask_is_the_one_of_lobechat() {
        let masked = STANDARD.decode("N00DFSE+B1ngjQI0TR8=").unwrap();
        assert_eq!(unmasked(masked), br#"{"apiKey":"x"}"#);
    }
}
