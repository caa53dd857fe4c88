//! The two eras of the protocol, on one endpoint: in which of them a request is meant, and whether it keeps its rules.
//!
//! Up to 2025-11-25 a client begins with `initialize`. From 2026-07-28 on every request stands by itself: its `_meta`
//! says which version it is in and what the client can, and over HTTP its headers repeat what proxies want to see
//! ([transports](https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http)).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use rmcp::model::{ErrorCode, ProtocolVersion};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::message::{Fault, Request};

/// The versions of the older era, the newest first.
const LEGACY: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2024_11_05,
];

const MODERN: ProtocolVersion = ProtocolVersion::V_2026_07_28;

const VERSION_HEADER: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD_HEADER: HeaderName = HeaderName::from_static("mcp-method");
const NAME_HEADER: HeaderName = HeaderName::from_static("mcp-name");

/// How a request is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Era {
    /// Up to 2025-11-25.
    Legacy,
    /// From 2026-07-28 on.
    Modern,
}

/// What a request of the modern era says of its client.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Meta<'a> {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion", borrow, default)]
    version: Option<Cow<'a, str>>,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities", default)]
    pub(crate) capabilities: Option<Value>,
    #[serde(rename = "io.modelcontextprotocol/logLevel", borrow, default)]
    pub(crate) log_level: Option<Cow<'a, str>>,
    #[serde(rename = "progressToken", borrow, default)]
    pub(crate) progress_token: Option<&'a RawValue>,
}

/// What many requests have among their parameters, read once.
#[derive(Deserialize)]
pub(super) struct Common<'a> {
    #[serde(rename = "_meta", borrow, default, deserialize_with = "or_nothing")]
    pub(super) meta: Meta<'a>,
    #[serde(borrow, default)]
    pub(super) name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) arguments: Option<&'a RawValue>,
    #[serde(borrow, default)]
    uri: Option<&'a RawValue>,
}

/// Takes `null` for nothing.
fn or_nothing<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Meta<'a>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Finds out in which era a request is meant, and refuses one that keeps its rules only by half. `headers` are those of
/// HTTP; on stdio there are none.
pub(super) fn judge<'a>(
    request: &Request<'a>,
    headers: Option<&HeaderMap>,
) -> Result<(Era, Common<'a>), Fault> {
    let common: Common<'a> = request.params()?;
    let header = headers.map(|headers| single(headers, &VERSION_HEADER)).transpose()?.flatten();
    let is_modern = |version: &str| version == MODERN.as_str();
    match (common.meta.version.as_deref(), header) {
        (None, None) => return Ok((Era::Legacy, common)),
        (None, Some(header)) if is_known(header) => return Ok((Era::Legacy, common)),
        (None, Some(header)) if !is_modern(header) => return Err(unsupported(header)),
        (None, Some(_)) => return Err(incomplete("protocolVersion")),
        (Some(said), None) if headers.is_some() => return Err(mismatch(&VERSION_HEADER, None, said)),
        (Some(said), Some(header)) if said != header => {
            return Err(mismatch(&VERSION_HEADER, Some(header), said));
        }
        (Some(said), _) if !is_modern(said) => return Err(unsupported(said)),
        (Some(_), _) => {}
    }
    if !common.meta.capabilities.as_ref().is_some_and(Value::is_object) {
        return Err(incomplete("clientCapabilities"));
    }
    if let Some(headers) = headers {
        agree(headers, &METHOD_HEADER, &request.method)?;
        let named = match &*request.method {
            "tools/call" | "prompts/get" => common.name,
            "resources/read" => common.uri,
            _ => None,
        };
        if let Some(named) = named.and_then(|named| serde_json::from_str::<String>(named.get()).ok()) {
            agree(headers, &NAME_HEADER, &named)?;
        }
    }
    Ok((Era::Modern, common))
}

/// Returns whether a message is one of those that follow `initialize`: in the older era all others are.
#[cfg(feature = "http")]
pub(crate) fn follows_greeting(text: &[u8], headers: &HeaderMap) -> bool {
    use super::message::Message;

    let is_modern = headers.get(VERSION_HEADER).is_some_and(|version| version == MODERN.as_str());
    match Message::read(text) {
        Ok(Message::Request(request)) => !is_modern && request.method != "initialize",
        Ok(Message::Notification(_) | Message::Response(_)) => !is_modern,
        // What is wrong with it is said in any case.
        Err(_) => false,
    }
}

/// Returns whether answers in the revision that a request is in may have links: they came with 2025-06-18. On stdio it is not
/// known.
pub(super) fn has_links(era: Era, headers: &HeaderMap) -> bool {
    let newer = [ProtocolVersion::V_2025_11_25, ProtocolVersion::V_2025_06_18];
    let said = headers.get(VERSION_HEADER);
    era == Era::Modern || said.is_some_and(|said| newer.iter().any(|version| said == version.as_str()))
}

/// Chooses the version that `initialize` is answered with: the one that was asked for, or the newest there is.
pub(super) fn negotiate(asked: &str) -> ProtocolVersion {
    LEGACY.into_iter().find(|version| version.as_str() == asked).unwrap_or(ProtocolVersion::V_2025_11_25)
}

/// Lists the versions that are spoken here, the newest first.
pub(super) fn supported() -> Vec<ProtocolVersion> {
    std::iter::once(MODERN).chain(LEGACY).collect()
}

fn is_known(version: &str) -> bool {
    LEGACY.iter().any(|known| known.as_str() == version)
}

fn unsupported(asked: &str) -> Fault {
    let asked: String = asked.chars().take(80).collect();
    let message = format!("version `{asked}` of the protocol is not spoken here");
    let data = json!({ "supported": supported(), "requested": asked });
    Fault::new(400, ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, message).with(data)
}

fn incomplete(what: &str) -> Fault {
    let message = format!("`_meta` of the request is to have `io.modelcontextprotocol/{what}`");
    Fault::new(400, ErrorCode::INVALID_PARAMS, message)
}

fn mismatch(header: &HeaderName, sent: Option<&str>, body: &str) -> Fault {
    let message = match sent {
        Some(sent) => format!("the header `{header}` says `{sent}`, and the body `{body}`"),
        None => format!("the header `{header}` is missing: it is to say `{body}`, as the body does"),
    };
    Fault::new(400, ErrorCode::HEADER_MISMATCH, message)
}

/// Refuses a header that says something else than the body.
fn agree(headers: &HeaderMap, name: &HeaderName, body: &str) -> Result<(), Fault> {
    let sent = single(headers, name)?;
    match sent.and_then(decoded) {
        Some(said) if said == body => Ok(()),
        _ => Err(mismatch(name, sent, body)),
    }
}

/// Reads a header that may stand there once only: of two, a proxy in front of us might have gone by the other one.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Fault> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(Fault::new(
            400,
            ErrorCode::HEADER_MISMATCH,
            format!("the header `{name}` stands there twice"),
        ));
    }
    let unreadable =
        || Fault::new(400, ErrorCode::HEADER_MISMATCH, format!("the header `{name}` is no ASCII text"));
    first.map(|value| value.to_str().map_err(|_| unreadable())).transpose()
}

/// Reads the value of a header, which is in Base64 where it has letters that headers cannot have.
fn decoded(value: &str) -> Option<Cow<'_, str>> {
    let Some(coded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Some(value.into());
    };
    String::from_utf8(STANDARD.decode(coded).ok()?).ok().map(Cow::Owned)
}
