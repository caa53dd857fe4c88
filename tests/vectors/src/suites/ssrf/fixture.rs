//! The servers that a vector names: redirects, chains of them, documents and certificates.

use std::sync::Arc;

use regex_lite::Regex;
use serde_json::Value;

use super::{MCP, Run, inline};
use crate::documents::{self, RUNNER};
use crate::suites::mcp;
use crate::vector::Vector;
use crate::verdict::Unrun;
use crate::wire::response;
use crate::world::journal::Received;
use crate::world::zone::Zone;
use crate::world::{Responder, Scene, World, tls};

/// What the vector's own server answers.
struct Server {
    /// The path that the vector's URL has.
    path: String,
    status: u16,
    headers: Vec<(String, String)>,
    /// Where each redirect of a chain leads.
    chain: Vec<String>,
    /// The places of a chain, the vector's URL first: hosts with their ports, empty where there is none, and paths.
    places: Vec<(String, String)>,
    document: String,
    manifest: String,
}

/// Returns the URL of a vector; some say in words what the redirect is about.
pub(super) fn url(vector: &Vector) -> Result<String, Unrun> {
    let location = vector.member("server")["headers"]["Location"].as_str().unwrap_or_default();
    if let Some((from, _)) = downgrade(location) {
        return Ok(from);
    }
    let text = vector.text("url").ok_or_else(|| Unrun::words("url", vector.member("url")))?;
    // A vector of this group may say in words what the server at a good URL does.
    let is_described = vector.group == "mcp" && mcp::Server::of(text)?.is_some();
    Ok(if is_described { mcp::SERVER.to_owned() } else { text.to_owned() })
}

/// `https->http downgrade: https://a/r -> http://a/c`.
fn downgrade(location: &str) -> Option<(String, String)> {
    let (from, to) = location.strip_prefix("https->http downgrade: ")?.split_once(" -> ")?;
    Some((from.to_owned(), to.to_owned()))
}

/// Sets the scene for one run.
pub(super) fn scene(run: &Run<'_>, world: &World) -> Result<Scene, Unrun> {
    let zone = Zone::parse(run.vector.member("dns")).map_err(Unrun::NotUnderstood)?;
    let words = run.vector.member("server").get("tls").and_then(Value::as_str);
    let tls = match words {
        None => None,
        Some(words) => Some(tls::parse(words, &world.authority)?.ok_or_else(|| Unrun::words("tls", words))?),
    };
    let server = Server::of(run)?;
    if run.carrier == MCP {
        let described = run.vector.text("url").filter(|_| run.vector.group == "mcp");
        let well = described.map(mcp::Server::of).transpose()?.flatten().unwrap_or_default();
        let responder: Responder = Arc::new(move |received| server.answer_as(&well, received));
        return Ok(Scene { zone, responder: Some(responder), tls });
    }
    let responder: Responder = Arc::new(move |received| server.answer(received));
    Ok(Scene { zone, responder: Some(responder), tls })
}

impl Server {
    fn of(run: &Run<'_>) -> Result<Self, Unrun> {
        let server = run.vector.member("server");
        if let Some(unknown) =
            server.as_object().into_iter().flatten().map(|(name, _)| name).find(|name| !known(name))
        {
            return Err(Unrun::words("server", unknown));
        }
        let status = server["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
        let path = url::Url::parse(&run.url).map(|url| url.path().to_owned()).unwrap_or_default();
        let chain = run.vector.member("chain").as_array().into_iter().flatten().filter_map(Value::as_str);
        let chain: Vec<String> = chain.map(str::to_owned).collect();
        Ok(Self {
            path,
            status,
            headers: headers(&server["headers"]),
            places: places(&run.url, &chain),
            chain,
            document: document(run)?,
            manifest: manifest(server)?,
        })
    }

    fn answer(&self, received: &Received) -> Vec<u8> {
        let path = received.target().split('?').next().unwrap_or_default();
        if let Some(next) = self.next_in_chain(received) {
            return response(self.status, &[("Location", next)], b"");
        }
        if path == self.path {
            let headers: Vec<(&str, &str)> =
                self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            return response(self.status, &headers, self.document.as_bytes());
        }
        let document = match path.rsplit('/').next() {
            Some("manifest.json") => self.manifest.clone(),
            _ => self.document.clone(),
        };
        response(200, &[("Content-Type", "application/json")], document.as_bytes())
    }

    /// Answers as an MCP server, also where a redirect leads to, unless the vector says otherwise of its URL.
    fn answer_as(&self, well: &mcp::Server, received: &Received) -> Vec<u8> {
        let is_at_url = self.chain.is_empty() && received.target().split('?').next() == Some(&self.path);
        let redirects = is_at_url && (300..400).contains(&self.status);
        if redirects || self.next_in_chain(received).is_some() {
            return self.answer(received);
        }
        well.answer(received)
    }

    fn next_in_chain(&self, received: &Received) -> Option<&str> {
        let authority = received.message.header("host").unwrap_or_default().to_ascii_lowercase();
        let path = received.target().split('?').next().unwrap_or_default();
        let is_here =
            |(host, place): &(String, String)| place == path && (host.is_empty() || *host == authority);
        self.chain.get(self.places.iter().position(is_here)?).map(String::as_str)
    }
}

/// Where a chain begins and each of its redirects leads.
fn places(url: &str, chain: &[String]) -> Vec<(String, String)> {
    let mut at = url::Url::parse(url).ok();
    let place = |url: Option<&url::Url>, text: &str| {
        let unparsed = || (String::new(), text.split('?').next().unwrap_or_default().to_owned());
        let host = |url: &url::Url| {
            let host = url.host_str()?.to_owned();
            Some((
                url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")),
                url.path().to_owned(),
            ))
        };
        url.and_then(host).unwrap_or_else(unparsed)
    };
    let mut places = vec![place(at.as_ref(), url)];
    for link in chain {
        at = at.as_ref().map_or_else(|| url::Url::parse(link).ok(), |from| from.join(link).ok());
        places.push(place(at.as_ref(), link));
    }
    places
}

fn known(name: &str) -> bool {
    ["status", "headers", "tls", "index", "manifest", "openapi"].contains(&name)
}

fn headers(value: &Value) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        let values = match value {
            Value::Array(values) => values.clone(),
            single => vec![single.clone()],
        };
        for value in values.iter().filter_map(Value::as_str) {
            let value = downgrade(value).map_or_else(|| value.to_owned(), |(_, to)| to);
            headers.push((name.clone(), value));
        }
    }
    headers
}

/// What is found at the vector's URL, by what it is fetched for.
fn document(run: &Run<'_>) -> Result<String, Unrun> {
    if let Some(words) = run.vector.member("server").get("index").and_then(Value::as_str) {
        let leads =
            Regex::new(r"^plugins\[0\]\.manifest = (\S+)$").expect("cannot fail because it is a constant");
        let found = leads.captures(words).ok_or_else(|| Unrun::words("index", words))?;
        return Ok(documents::index("x", &found[1]).to_string());
    }
    Ok(match run.carrier {
        // The manifest that a vector speaks of is beside its own index.
        "index_url" if !run.vector.member("server")["manifest"].is_null() => {
            let beside = url::Url::parse(&run.url).and_then(|url| url.join("manifest.json"));
            documents::index("x", beside.as_ref().map_or("", url::Url::as_str)).to_string()
        }
        "index_url" => documents::index("x", &format!("{RUNNER}/manifest.json")).to_string(),
        "index_manifest_url" => manifest(run.vector.member("server"))?,
        "openapi_url" => documents::service(RUNNER).to_string(),
        "openapi_inline" => inline::document(run.vector).to_string(),
        _ => r#"{"ok":true}"#.to_owned(),
    })
}

/// `api[0].url = http://..`, `openapi = http://..`: what the manifest beside an index names.
fn manifest(server: &Value) -> Result<String, Unrun> {
    let Some(words) = server.get("manifest") else { return Ok(the_manifest()) };
    let names =
        Regex::new(r"^(?:api\[0\]\.)?(url|openapi) = (\S+)$").expect("cannot fail because it is a constant");
    let found = words.as_str().and_then(|words| names.captures(words));
    let found = found.ok_or_else(|| Unrun::words("manifest", words))?;
    Ok(match &found[1] {
        "url" => documents::manifest("x", &found[2]),
        _ => documents::manifest_of_service(&found[2]),
    }
    .to_string())
}

fn the_manifest() -> String {
    documents::manifest("x", &format!("{RUNNER}/call")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_leads_over_hosts() {
        let chain = ["http://b.vec.test:18080/r".to_owned(), "/s".to_owned()];
        let expected = [("a.vec.test:18080", "/r"), ("b.vec.test:18080", "/r"), ("b.vec.test:18080", "/s")];
        let expected: Vec<_> =
            expected.iter().map(|(host, path)| ((*host).to_owned(), (*path).to_owned())).collect();
        assert_eq!(places("http://a.vec.test:18080/r", &chain), expected);
    }
}
