//! What goes wrong in a leak vector about errors: its words, read by their key words into a call that holds a secret in
//! everything that may have one.

use serde_json::{Value, json};

use super::fixture::{self, Peculiarity};
use super::{ARGUMENT, USER};
use crate::documents;
use crate::verdict::Unrun;

/// A call that something is wrong with, or its target.
pub(super) struct Case {
    pub(super) payload: Value,
    /// The bytes of the body, where they are no payload.
    pub(super) body: Option<Vec<u8>>,
    /// The text of the settings header.
    pub(super) settings: String,
    pub(super) peculiarities: Vec<Peculiarity>,
}

impl Default for Case {
    fn default() -> Self {
        Self::calling("https://public.vec.test/x")
    }
}

/// A port where nobody listens.
const NOBODY: &str = "https://nobody.vec.test:47911";
/// A document that is neither an index nor a manifest.
const SECRET: &str = "https://public.vec.test/secret.json";

impl Case {
    fn calling(url: &str) -> Self {
        Self {
            payload: documents::call(&documents::manifest("x", url), &json!({ "k": ARGUMENT }).to_string()),
            body: None,
            settings: json!({ "k": USER }).to_string(),
            peculiarities: Vec::new(),
        }
    }

    /// The target answers so.
    fn answered(peculiarity: Peculiarity) -> Self {
        Self { peculiarities: vec![peculiarity], ..Self::default() }
    }

    /// Reads a setup's case.
    pub(super) fn of(setup: &Value) -> Result<Self, Unrun> {
        setup.get("case").and_then(Value::as_str).map_or_else(|| Ok(Self::default()), Self::parse)
    }

    /// Reads words: first whatever is wrong with what the caller sends or names, then with the target.
    pub(super) fn parse(words: &str) -> Result<Self, Unrun> {
        let lower = words.to_ascii_lowercase();
        let case = Words(&lower);
        case.in_the_call()
            .or_else(|| case.in_a_document())
            .or_else(|| case.at_the_target())
            .ok_or_else(|| Unrun::words("case", words))
    }
}

/// The words of a case, in small letters.
struct Words<'a>(&'a str);

impl Words<'_> {
    fn say(&self, any: &[&str]) -> bool {
        any.iter().any(|word| self.0.contains(word))
    }

    /// Whether something cannot even be read.
    fn is_unreadable(&self) -> bool {
        self.say(&["json", "malformed", "broken", "syntax", "pars", "truncated", "cut", "utf"])
    }

    fn is_missing(&self) -> bool {
        self.say(&["not found", "unknown", "missing", "no such", "absent", "not in the", "404"])
    }

    fn is_out_of_reach(&self) -> bool {
        self.say(&["unreachable", "timeout", "time out", "fetch", "down", "refused", "connect", "dns"])
    }

    fn in_the_call(&self) -> Option<Case> {
        let mut case = Case::default();
        let limited = json!({
            "type": "object", "properties": { "k": { "type": "string", "maxLength": 3 } }
        });
        if self.say(&["openapi", "index", "manifest", "upstream"]) {
            return None;
        } else if self.say(&["argument", "param"]) && self.is_unreadable() {
            case.payload["arguments"] = format!("{{\"k\":\"{ARGUMENT}").into();
        } else if self.say(&["argument", "param"]) {
            case.payload["manifest"]["api"][0]["parameters"] = limited;
        } else if self.say(&["setting"]) && self.is_unreadable() {
            case.settings = format!("{{\"k\":\"{USER}");
        } else if self.say(&["setting"]) {
            case.payload["manifest"]["settings"] = limited;
        } else if self.say(&["body", "payload", "envelope", "request"])
            && self.say(&["large", "big", "long", "limit"])
        {
            case.body = Some(ARGUMENT.repeat((1 << 20) / ARGUMENT.len() + 1).into_bytes());
        } else if self.say(&["body", "payload", "envelope", "request"]) && self.is_unreadable() {
            case.body = Some(format!("{{\"arguments\":\"{ARGUMENT}").into_bytes());
        } else if self.say(&["too large", "too big"]) {
            case.body = Some(ARGUMENT.repeat((1 << 20) / ARGUMENT.len() + 1).into_bytes());
        } else if self.say(&["api", "operation", "function", "tool"]) && self.is_missing() {
            case.payload["apiName"] = "nosuch".into();
        } else if self.say(&["plugin", "identifier"]) && self.is_missing() {
            case.payload = json!({ "identifier": "nosuch", "apiName": "a", "arguments": json!({ "k": ARGUMENT }).to_string() });
        } else {
            return None;
        }
        Some(case)
    }

    /// A document that is named cannot be had, or is another than it should be.
    fn in_a_document(&self) -> Option<Case> {
        let mut case = Case::default();
        let url = if self.is_out_of_reach() {
            format!("{NOBODY}/secret.json")
        } else if self.is_missing() {
            "https://public.vec.test/nosuch.json".to_owned()
        } else {
            SECRET.to_owned()
        };
        case.peculiarities = vec![Peculiarity::Secrets, Peculiarity::missing("/nosuch.json")];
        let sent =
            json!({ "identifier": "x", "apiName": "a", "arguments": json!({ "k": ARGUMENT }).to_string() });
        if self.say(&["openapi", "open api", "swagger"])
            && self.say(&["operation", "api not found"])
            && self.is_missing()
        {
            case.payload["apiName"] = "nosuch".into();
            case.payload["manifest"]["openapi"] = "https://public.vec.test/openapi.json".into();
        } else if self.say(&["openapi", "open api", "swagger"]) {
            case.payload["manifest"]["openapi"] = url.into();
        } else if self.say(&["manifest"]) {
            case.payload = sent;
            case.payload["indexUrl"] = documents::index_leading_to(&url).into();
        } else if self.say(&["index", "market"]) {
            case.payload = sent;
            // An index that does not know the plugin is the runner's own.
            let unknown = self.say(&["plugin", "identifier"]) && self.is_missing();
            case.payload["indexUrl"] =
                if unknown { format!("{}/market", documents::RUNNER) } else { url }.into();
        } else {
            return None;
        }
        Some(case)
    }

    fn at_the_target(&self) -> Option<Case> {
        Some(if self.say(&["dns", "resol", "name not found", "nxdomain", "unknown host", "host not found"]) {
            Case::calling("https://nowhere.example/x")
        } else if self.say(&["redirect"]) {
            Case::answered(Peculiarity::redirect(302, "http://169.254.169.254/latest/meta-data/"))
        } else if self.say(&["timeout", "timed out", "time out", "silen", "hang", "never answers"]) {
            Case::answered(Peculiarity::Bytes(Vec::new()))
        } else if self.say(&["tls", "certificate", "handshake"]) {
            Case::answered(Peculiarity::NoHandshake)
        } else if self.say(&["connect", "unreachable", "econnrefused", "down", "port closed", "no listener"])
        {
            Case::calling(&format!("{NOBODY}/x"))
        } else if self.say(&["literal"]) {
            Case::calling("https://10.0.0.1/x")
        } else if self.say(&[
            "refus",
            "forbidden",
            "private",
            "internal",
            "loopback",
            "ssrf",
            "egress",
            "blocked",
        ]) {
            let name = json!([{ "name": "inside.vec.test", "answers": ["A 10.0.0.1"] }]);
            Case {
                peculiarities: vec![Peculiarity::Names(name)],
                ..Case::calling("https://inside.vec.test/x")
            }
        } else if self.say(&["url"]) && self.say(&["invalid", "bad", "malformed"]) {
            Case::calling(&format!("https://public.vec.test:99999/{USER}"))
        } else if self.say(&["truncated", "breaks off", "broke off", "reset", "cut", "closes"]) {
            Case::answered(Peculiarity::Bytes(b"HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\n{".to_vec()))
        } else if self.say(&["garbage", "not http", "malformed", "invalid head"]) {
            Case::answered(Peculiarity::Bytes(b"\x00\x01 no HTTP\r\n\r\n".to_vec()))
        } else if let Some(status) = self.status() {
            Case::answered(Peculiarity::Bytes(fixture::error(status, self.error_body())))
        } else if self.say(&["upstream error", "plugin error", "server error", "upstream answers"]) {
            Case::answered(Peculiarity::Bytes(fixture::error(500, self.error_body())))
        } else {
            return None;
        })
    }

    /// The status that a target answers with.
    fn status(&self) -> Option<u16> {
        let number =
            regex_lite::Regex::new(r"\b([45]\d\d|[45]xx)\b").expect("cannot fail because it is a constant");
        number.captures(self.0)?[1].replace('x', "0").parse().ok()
    }

    fn error_body(&self) -> &'static str {
        if self.say(&["json"]) {
            r#"{"message":"something went wrong"}"#
        } else if self.say(&["html"]) {
            "<html><h1>something went wrong</h1></html>"
        } else {
            "something went wrong"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_cases_are_understood() {
        for words in [
            "settings invalid",
            "arguments invalid",
            "upstream 500 text",
            "upstream 400 JSON",
            "upstream 5xx",
            "DNS failure",
            "index is not an index",
            "manifest is not a manifest",
            "OpenAPI client error",
            "connection refused",
            "refused target",
            "body not JSON",
            "bad JSON body",
            "arguments not JSON",
            "settings header is not JSON",
            "api not found",
            "OpenAPI operation not found",
            "plugin not found",
            "index unreachable",
            "manifest fetch failed",
            "openapi init error",
            "redirect refused",
            "upstream timeout",
            "TLS error",
            "gateway timeout",
            "too large",
            "plugin not in the index",
            "manifest invalid",
        ] {
            assert!(Case::parse(words).is_ok(), "{words}");
        }
        assert!(Case::parse("a case that sings").is_err());
    }

    #[track_caller]
    fn check(words: &str, pointer: &str, part: &str) {
        let payload = Case::parse(words).unwrap().payload;
        let found = payload.pointer(pointer).map(ToString::to_string).unwrap_or_default();
        assert!(found.contains(part), "{words}: {payload}");
    }

    #[test]
    fn cases_are_what_they_say() {
        check("DNS failure", "/manifest/api/0/url", "nowhere.example");
        check("connection refused", "/manifest/api/0/url", "nobody");
        check("refused target", "/manifest/api/0/url", "inside");
        check("operation not found", "/apiName", "nosuch");
        check("OpenAPI document unreachable", "/manifest/openapi", "nobody");
        check("manifest invalid", "/indexUrl", "/document/");
        check("index invalid", "/indexUrl", "secret.json");
        check("index unreachable", "/indexUrl", "nobody");
    }
}
