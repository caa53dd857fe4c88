//! What LobeChat posts: `{identifier, apiName, arguments, manifest?, …}`, borrowed from the body where it stands.
//!
//! The manifest, by far the largest part, is stepped over; [`read_manifest`] looks into it, and [`crate::resolve`] knows
//! when that is needed. Unknown members are ignored, as LobeHub's gateway does; members named twice are refused, known or
//! not, which it does not.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::shape::{self, ShapeError};

/// The most bytes a name may have that is looked up.
const MAX_NAME: usize = 512;
/// How deep a member may be nested that is only stepped over: as deep as what is read, less the payload's own level.
const MAX_DEPTH: usize = 127;

/// One request of LobeChat.
#[derive(Debug)]
pub(crate) struct Payload<'a> {
    pub(crate) identifier: Cow<'a, str>,
    pub(crate) api_name: Cow<'a, str>,
    /// The model's text as it came; absent is not the same as empty.
    pub(crate) arguments: Option<Cow<'a, str>>,
    pub(crate) manifest: Option<&'a RawValue>,
    /// The market index to look the plugin up in, instead of the operator's.
    pub(crate) index_url: Option<Cow<'a, str>>,
}

/// Says why a body is not a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the body is not JSON (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    #[error("the payload does not have the shape of a request")]
    Shape(ShapeError),
    #[error("a name has more than {MAX_NAME} bytes")]
    LongName,
    #[error("a name has a NUL in it")]
    NulInName,
}

impl Error {
    /// Returns what the caller reads.
    pub(crate) fn public_body(&self) -> Value {
        match self {
            Self::Shape(shape) => json!(shape),
            Self::NotJson { .. } | Self::LongName | Self::NulInName => {
                json!({ "message": format!("[gateway] {self}") })
            }
        }
    }
}

impl<'a> Payload<'a> {
    /// Reads a request.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Error> {
        // A byte order mark before the body is dropped, as the edge runtime does.
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let payload: Self = serde_json::from_slice(body).map_err(|cause| explain(body, &cause))?;
        payload.names().try_for_each(judge_name)?;
        Ok(payload)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        [&*self.identifier, &*self.api_name].into_iter()
    }
}

fn judge_name(name: &str) -> Result<(), Error> {
    match name {
        name if name.len() > MAX_NAME => Err(Error::LongName),
        name if name.contains('\0') => Err(Error::NulInName),
        _ => Ok(()),
    }
}

/// Reads the manifest of a request, and judges it by LobeHub's schema as a part of the payload.
pub(crate) fn read_manifest(manifest: &RawValue) -> Result<Value, Error> {
    let not_json = |cause: serde_json::Error| Error::NotJson { line: cause.line(), column: cause.column() };
    let manifest = lobe_plugin_sdk::json::parse(manifest.get().as_bytes()).map_err(not_json)?;
    // The rest of the payload is known to be right; what is found shall name its place in the payload.
    let mut payload = json!({ "apiName": "", "identifier": "", "manifest": manifest });
    shape::payload(&payload).map_err(Error::Shape)?;
    Ok(payload["manifest"].take())
}

/// Says what is wrong with a body that is no request: slower than reading it, and only done for those.
fn explain(body: &[u8], cause: &serde_json::Error) -> Error {
    let not_json = |cause: &serde_json::Error| Error::NotJson { line: cause.line(), column: cause.column() };
    match lobe_plugin_sdk::json::parse(body) {
        Ok(value) => shape::payload(&value).map_or_else(Error::Shape, |()| not_json(cause)),
        Err(cause) => not_json(&cause),
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Payload<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PayloadVisitor(std::marker::PhantomData))
    }
}

struct PayloadVisitor<'a>(std::marker::PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for PayloadVisitor<'a> {
    type Value = Payload<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Payload<'a>, A::Error> {
        let (mut members, mut others) = (Members::default(), Vec::new());
        while let Some(Text(member)) = access.next_key::<Text<'a>>()? {
            match Member::named(&member) {
                Member::Identifier => once(&mut members.identifier, access.next_value::<Text<'a>>()?.0)?,
                Member::ApiName => once(&mut members.api_name, access.next_value::<Text<'a>>()?.0)?,
                Member::Arguments => once(&mut members.arguments, access.next_value::<Text<'a>>()?.0)?,
                Member::IndexUrl => once(&mut members.index_url, access.next_value::<Text<'a>>()?.0)?,
                Member::Type => once(&mut members.kind, access.next_value::<Text<'a>>()?.0)?,
                Member::Manifest => once(&mut members.manifest, object(access.next_value()?)?)?,
                Member::Other => {
                    not_too_deep(access.next_value()?)?;
                    others.push(member);
                }
            }
        }
        each_once(others)?;
        Ok(Payload {
            identifier: members.identifier.ok_or_else(|| de::Error::missing_field("identifier"))?,
            api_name: members.api_name.ok_or_else(|| de::Error::missing_field("apiName"))?,
            arguments: members.arguments,
            manifest: members.manifest,
            index_url: members.index_url,
        })
    }
}

#[derive(Default)]
struct Members<'a> {
    identifier: Option<Cow<'a, str>>,
    api_name: Option<Cow<'a, str>>,
    arguments: Option<Cow<'a, str>>,
    index_url: Option<Cow<'a, str>>,
    kind: Option<Cow<'a, str>>,
    manifest: Option<&'a RawValue>,
}

fn once<T, E: de::Error>(place: &mut Option<T>, value: T) -> Result<(), E> {
    if place.replace(value).is_some() {
        return Err(E::custom("a member stands there twice"));
    }
    Ok(())
}

/// Refuses names of which one stands there twice. A request has a handful; a hostile one as many as its body holds.
fn each_once<E: de::Error>(mut names: Vec<Cow<'_, str>>) -> Result<(), E> {
    names.sort_unstable();
    let is_twice = names.windows(2).any(|two| two[0] == two[1]);
    if is_twice { Err(E::custom("a member stands there twice")) } else { Ok(()) }
}

/// Refuses what is nested deeper than what is read: stepping over it knows no depth.
fn not_too_deep<E: de::Error>(value: &RawValue) -> Result<(), E> {
    if depth(value.get()) > MAX_DEPTH { Err(E::custom("too many levels of nesting")) } else { Ok(()) }
}

/// Counts the levels of a JSON text that is known to be well-formed.
fn depth(json: &str) -> usize {
    let (mut open, mut deepest, mut bytes) = (0_usize, 0, json.bytes());
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

fn skip_string(bytes: &mut std::str::Bytes<'_>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

fn object<E: de::Error>(value: &RawValue) -> Result<&RawValue, E> {
    if value.get().starts_with('{') { Ok(value) } else { Err(E::custom("expected an object")) }
}

enum Member {
    Identifier,
    ApiName,
    Arguments,
    IndexUrl,
    Type,
    Manifest,
    Other,
}

impl Member {
    fn named(name: &str) -> Self {
        match name {
            "identifier" => Self::Identifier,
            "apiName" => Self::ApiName,
            "arguments" => Self::Arguments,
            "indexUrl" => Self::IndexUrl,
            "type" => Self::Type,
            "manifest" => Self::Manifest,
            _ => Self::Other,
        }
    }
}

/// Borrows a text where it stands, and copies it only when it has escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_real_client_sends() {
        let body =
            br#"{"apiName":"echo","arguments":"{\"a\":1}","id":"call_1","identifier":"p","type":"default",
            "manifest":{"api":[]},"source":"x","state":{"a":1,"a":2}}"#;
        let payload = Payload::read(body).unwrap();
        assert_eq!((&*payload.identifier, &*payload.api_name), ("p", "echo"));
        assert_eq!(payload.arguments.as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(payload.manifest.unwrap().get(), r#"{"api":[]}"#);
    }

    #[test]
    fn what_is_no_request() {
        let check = |body: &str, expected: &str| {
            assert_eq!(Payload::read(body.as_bytes()).unwrap_err().to_string(), expected, "{body}");
        };
        check("", "the body is not JSON (line 1, column 0)");
        check(r#"{"identifier":"p""#, "the body is not JSON (line 1, column 17)");
        check("[]", "the payload does not have the shape of a request");
        check(r#"{"identifier":"p"}"#, "the payload does not have the shape of a request");
        check(r#"{"identifier":"p","apiName":null}"#, "the payload does not have the shape of a request");
        check(
            r#"{"identifier":"p","apiName":"a","manifest":[]}"#,
            "the payload does not have the shape of a request",
        );
        let deep =
            format!(r#"{{"identifier":"p","apiName":"a","x":{}{}}}"#, "[".repeat(1000), "]".repeat(1000));
        assert!(Payload::read(deep.as_bytes()).unwrap_err().to_string().starts_with("the body is not JSON"));
        let long = format!(r#"{{"identifier":"{}","apiName":"a"}}"#, "p".repeat(513));
        check(&long, "a name has more than 512 bytes");
    }

    #[test]
    fn a_member_that_stands_there_twice() {
        let check = |members: &str, is_taken: bool| {
            let body = format!(r#"{{"identifier":"p",{members},"apiName":"a"}}"#);
            assert_eq!(Payload::read(body.as_bytes()).is_ok(), is_taken, "{members}");
        };
        check(r#""identifier":"q""#, false);
        check(r#""zz":1,"zz":2"#, false);
        check(r#""zz":1,"id":"","\u007az":1"#, false);
        check(r#""zz":1,"ZZ":2,"z":3,"":4"#, true);
        // What is in there is nobody's business.
        check(r#""zz":{"a":1,"a":2}"#, true);
    }

    /// If each were looked for among all others, this would take minutes.
    #[test]
    fn very_many_members_are_read_as_fast_as_few() {
        let many: Vec<_> = (0..300_000).map(|index| format!(r#""{index}":1"#)).collect();
        let body = |last: &str| format!(r#"{{"identifier":"p","apiName":"a",{},{last}}}"#, many.join(","));
        assert!(Payload::read(body(r#""x":1"#).as_bytes()).is_ok());
        assert!(Payload::read(body(r#""0":1"#).as_bytes()).is_err());
    }
}
