//! A plugin's server that takes what its gateway signed, and nothing else. The signatures of the vectors are made here, and not
//! by the library that is under test.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use lobe_plugin_sdk::serve::{Authorization, Cors, HttpDoor, SignedRequests, SigningKey};
use lobe_plugin_sdk::{Operation, Plugin, Reply};
use regex_lite::Regex;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use super::{PATIENCE, judge};
use crate::gateway::SETTINGS;
use crate::gateway::config::{Needs, Pin};
use crate::outcome::Expected;
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::{self, Answer};

const KEY: &str = "f3b1c6d2a79e4805b6c1d0e9f8a7b6c5";
const OTHER: &str = "00000000000000000000000000000000";
/// Of no other plugin of the runner: a vector before may still be leaving.
const PORT: u16 = 19_013;
const HOST: &str = "http://signed.vec.test:19013";
const BODY: &[u8] = br#"{"mood":"happy"}"#;
/// Older, or further ahead, than any server should take.
const FAR: u64 = 3600;

/// Runs a vector.
pub(super) async fn run(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let words = vector.member("input")["plugin_server"].as_str().unwrap_or_default();
    let server = Server::open().await?;
    let done = examine(stage, vector, words, &server).await;
    server.close().await;
    done
}

async fn examine(stage: &Stage, vector: &Vector, words: &str, server: &Server) -> Result<Faults, Unrun> {
    let mut faults = Faults::default();
    passes(server, &mut faults).await;
    stage.world.journal.clear();
    if words.starts_with("valid") {
        let answer = through_the_gateway(stage).await?;
        judge(stage, vector, &answer, &mut faults)?;
    } else {
        let answer = Signed::of(words)?.sent(server).await;
        let outcome = vector.expect()["outcome"].as_str().unwrap_or("unauthorized");
        let expected = Expected::parse(outcome).map_err(Unrun::NotUnderstood)?;
        faults.firm.extend(expected.objection(&answer));
    }
    passes(server, &mut faults).await;
    Ok(faults)
}

/// Calls the plugin through a gateway that has its key. One without it, or with another, is refused.
async fn through_the_gateway(stage: &Stage) -> Result<Answer, Unrun> {
    let call = async |key: Option<&str>| -> Result<Answer, Unrun> {
        let pin = Pin {
            identifier: "signed".to_owned(),
            manifest: format!("{HOST}/manifest.json"),
            origins: vec![HOST.to_owned()],
            settings: json!({}),
            signing_key: key.map(str::to_owned),
        };
        let gateway = stage.fresh(&Needs { pins: vec![pin], ..Needs::plain() }).await?;
        let payload = json!({ "identifier": "signed", "apiName": "dress", "arguments": "{}" });
        Ok(gateway.call(&payload, PATIENCE).await)
    };
    for key in [None, Some(OTHER)] {
        let answer = call(key).await?;
        if answer.status != 401 {
            return Ok(Answer { trouble: Some(format!("with the key {key:?}")), ..answer });
        }
    }
    call(Some(KEY)).await
}

/// The plugin's server.
struct Server {
    address: SocketAddr,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn open() -> Result<Self, Unrun> {
        let dress = Operation::new("dress", async |_| Ok(Reply::text("a coat")));
        let undress = Operation::new("undress", async |_| Ok(Reply::text("nothing")));
        let key = SigningKey::new(KEY).map_err(anyhow::Error::from)?;
        let router = HttpDoor::new(Plugin::new("signed").operation(dress).operation(undress))
            .cors(Cors::loopback())
            .authorization(Authorization::required().by(SignedRequests::by(key)))
            .router();
        let socket = TcpListener::bind(("0.0.0.0", PORT)).await?;
        let never = std::future::pending();
        let serving = lobe_plugin_sdk::serve::Listener::new(socket).serve(router, never);
        Ok(Self { address: SocketAddr::from(([127, 0, 0, 1], PORT)), task: tokio::spawn(serving) })
    }

    /// Ends it, and waits until its port is free.
    async fn close(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

async fn passes(server: &Server, faults: &mut Faults) {
    let answer = Signed::default().sent(server).await;
    faults.unless(answer.status == 200, || format!("the right signature got {}", answer.summary()));
}

/// A signed request, and what was done to it afterwards.
struct Signed {
    key: &'static str,
    created: u64,
    /// What is signed, and what is sent.
    method: [&'static str; 2],
    target: [&'static str; 2],
    body: [&'static [u8]; 2],
    settings: [&'static str; 2],
    algorithm: &'static str,
    nonce: bool,
    header: Header,
    /// Whether it is what is sent the second time that counts.
    again: bool,
}

/// What became of the signature's headers.
#[derive(PartialEq)]
enum Header {
    Whole,
    Missing,
    Cut,
    NoDigest,
}

impl Default for Signed {
    fn default() -> Self {
        Self {
            key: KEY,
            created: now(),
            method: ["POST"; 2],
            target: ["/api/dress"; 2],
            body: [BODY; 2],
            settings: ["{}"; 2],
            algorithm: "hmac-sha256",
            nonce: true,
            header: Header::Whole,
            again: false,
        }
    }
}

impl Signed {
    /// Reads what a vector says of its signature.
    fn of(words: &str) -> Result<Self, Unrun> {
        let mut signed = Self::default();
        let says = |all: &[&str]| all.iter().any(|part| words.contains(part));
        let is_without = says(&["missing", "without", "no ", "absent", "unsigned"]);
        if says(&["replay", "reused", "twice", "again", "same nonce", "seen"]) {
            signed.again = true;
        } else if is_without && says(&["nonce"]) {
            signed.nonce = false;
        } else if is_without && says(&["digest"]) {
            signed.header = Header::NoDigest;
        } else if is_without {
            signed.header = Header::Missing;
        } else if says(&["future", "ahead"]) {
            signed.created += seconds(words).unwrap_or(FAR);
        } else if says(&[
            "old",
            "expired",
            "stale",
            "timestamp",
            "skew",
            "late",
            "minutes",
            "past",
            "yesterday",
            "clock",
        ]) {
            signed.created -= seconds(words).unwrap_or(FAR);
        } else if says(&["body", "digest", "arguments", "tamper"]) {
            signed.body[1] = br#"{"mood":"angry"}"#;
        } else if says(&["query"]) {
            signed.target[1] = "/api/dress?a=b";
        } else if says(&["path", "target", "url", "operation"]) {
            signed.target[1] = "/api/undress";
        } else if says(&["method"]) {
            signed.method[0] = "PUT";
        } else if says(&["settings", "header"]) {
            signed.settings[1] = r#"{"KEY":"another"}"#;
        } else if says(&["algorithm", "alg"]) {
            signed.algorithm = "none";
        } else if says(&["truncated", "malformed", "garbage", "cut", "not base64", "empty", "hex"]) {
            signed.header = Header::Cut;
        } else if says(&["key", "secret", "wrong", "invalid", "bad", "signer", "another", "other"]) {
            signed.key = OTHER;
        } else {
            return Err(Unrun::words("plugin_server", words));
        }
        Ok(signed)
    }

    async fn sent(&self, server: &Server) -> Answer {
        let request = self.request();
        let answer = wire::exchange(server.address, &request, PATIENCE).await;
        if self.again { wire::exchange(server.address, &request, PATIENCE).await } else { answer }
    }

    fn request(&self) -> Vec<u8> {
        let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(self.body[0])));
        let nonce = if self.nonce { format!(";nonce=\"{:032x}\"", unlike_any()) } else { String::new() };
        let params = format!(
            "(\"@method\" \"@path\" \"@query\" \"content-digest\" \"x-lobe-plugin-settings\");created={}{nonce};alg=\"{}\"",
            self.created, self.algorithm
        );
        let (path, query) = self.target[0].split_once('?').unwrap_or((self.target[0], ""));
        let base = format!(
            "\"@method\": {}\n\"@path\": {path}\n\"@query\": ?{query}\n\"content-digest\": {digest}\n\
             \"x-lobe-plugin-settings\": {}\n\"@signature-params\": {params}",
            self.method[0], self.settings[0]
        );
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.key.as_bytes()).expect("cannot fail because any key will do");
        mac.update(base.as_bytes());
        let mut signature = STANDARD.encode(mac.finalize().into_bytes());
        if self.header == Header::Cut {
            signature.truncate(20);
        }
        let mut headers = vec![(SETTINGS.to_owned(), self.settings[1].as_bytes().to_vec())];
        let mut add = |name: &str, text: String| headers.push((name.to_owned(), text.into_bytes()));
        if self.header != Header::NoDigest {
            add("Content-Digest", digest);
        }
        if self.header != Header::Missing {
            add("Signature-Input", format!("lobe={params}"));
            add("Signature", format!("lobe=:{signature}:"));
        }
        wire::request(&format!("{} {}", self.method[1], self.target[1]), &headers, self.body[1])
    }
}

/// The time that words name: `10 minutes old`.
fn seconds(words: &str) -> Option<u64> {
    let time = Regex::new(r"(\d+) ?(s|min|hour|day)").expect("cannot fail because it is a constant");
    let found = time.captures(words)?;
    let unit = [("s", 1), ("min", 60), ("hour", 3600), ("day", 86_400)];
    let (_, unit) = unit.iter().find(|(name, _)| *name == &found[2])?;
    Some(found[1].parse::<u64>().ok()? * unit)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A number that no other request of this process has.
fn unlike_any() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_signatures_are_understood() {
        for words in [
            "missing signature",
            "wrong key",
            "timestamp 10 minutes old",
            "timestamp in the future",
            "replayed nonce",
            "body changed after signing",
            "other path",
            "method changed",
            "truncated signature",
            "signature from yesterday",
            "empty signature",
        ] {
            assert!(Signed::of(words).is_ok(), "{words}");
        }
        assert!(Signed::of("it sings").is_err());
    }
}
