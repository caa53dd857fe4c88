//! From an operation, the arguments of a call and its credentials to a request. Nothing is sent here.
//!
//! The request is the one that swagger-client would build, where OpenAPI agrees with it; `tests/node/openapi` holds both
//! against each other and lists where it does not.

mod body;
mod exact;
mod file;
mod multipart;
mod path;
mod scalar;
mod style;

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use lobe_plugin_sdk::ArgumentFault;
use lobe_plugin_sdk::json::{pointer, type_name};
use serde_json::{Map, Value};

use self::body::Content;
pub(crate) use self::exact::rounded;
use super::credentials::Credential;
use super::model::{Escape, Form, KeyPlace, Operation, Parameter, Place, Style};
use crate::outbound::{TargetUrl, UrlFault};

/// The member that LobeHub's OpenAPI convertor puts a request's body in.
pub(crate) const REQUEST_BODY: &str = "_requestBody";

/// Says why no request could be built.
#[derive(Debug)]
pub(crate) enum Unbuilt {
    /// The arguments do not fit the operation.
    Arguments(Vec<ArgumentFault>),
    /// A credential cannot be sent: it has a character that no header may have.
    Credential,
    /// Where it would be sent is no URL that may be called.
    Url(UrlFault),
}

/// The arguments of one call, as an operation's parameters are found in them.
#[derive(Clone, Copy, Debug)]
struct Given<'call>(&'call Map<String, Value>);

/// A request under way.
#[derive(Debug, Default)]
struct Draft {
    /// What stands in the query beside its pairs.
    text: Vec<String>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    cookies: Vec<(String, String)>,
}

/// Builds the request of a call.
///
/// `server` is where the operation is called: its own server, or another one.
pub(crate) fn request(
    operation: &Operation,
    server: &TargetUrl,
    arguments: &Map<String, Value>,
    credentials: &[Credential],
) -> Result<(TargetUrl, Request<Bytes>), Unbuilt> {
    let given = Given(arguments);
    let mut faults = Vec::new();
    let path = path::write(operation, given, &mut faults);
    let mut draft = Draft::default();
    for parameter in &operation.parameters {
        draft.add(parameter, given, &mut faults);
    }
    let content = body::write(operation, arguments, &mut faults);
    if !faults.is_empty() {
        return Err(Unbuilt::Arguments(faults));
    }
    draft.authorize(credentials)?;
    let url = TargetUrl::parse(&draft.url(server, operation, &path)).map_err(Unbuilt::Url)?;
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = operation.method.clone();
    *request.uri_mut() = url.uri().clone();
    if let Some(accept) = &operation.accept {
        draft.headers.insert(header::ACCEPT, accept.clone());
    }
    if let Some(Content { media_type, bytes }) = content {
        draft.headers.insert(header::CONTENT_TYPE, media_type);
        *request.body_mut() = bytes;
    }
    draft.finish_cookies()?;
    *request.headers_mut() = draft.headers;
    Ok((url, request))
}

impl<'call> Given<'call> {
    /// Finds a parameter's value: by its name, or by its place and name where two have one name. `null` is none, and a
    /// list or an object may come as its JSON.
    fn value(self, parameter: &Parameter, faults: &mut Vec<ArgumentFault>) -> Option<Cow<'call, Value>> {
        let by_place = || self.0.get(&format!("{}.{}", parameter.place.name(), parameter.name));
        let found = self.0.get(&parameter.name).or_else(by_place);
        let value = match found {
            Some(Value::Null) => None,
            Some(value) => Some(Cow::Borrowed(value)),
            None => parameter.default.clone().map(Cow::Owned),
        };
        if value.is_none() && parameter.required && !parameter.allow_empty {
            faults.push(ArgumentFault::new(pointer(&parameter.name), "a value", "nothing"));
        }
        match value.as_deref() {
            Some(Value::String(text)) if parameter.kind.maybe_structured => match structured(text) {
                Some(parsed) => Some(Cow::Owned(parsed)),
                None if parameter.kind.structured => {
                    faults.push(ArgumentFault::new(
                        pointer(&parameter.name),
                        "a list or an object",
                        "string",
                    ));
                    None
                }
                None => value,
            },
            _ => value,
        }
    }
}

/// Reads a list or an object that is written in a text, unless a number of it would be another one afterwards.
fn structured(text: &str) -> Option<Value> {
    let value = serde_json::from_str(text).ok().filter(|value: &Value| value.is_array() || value.is_object());
    value.filter(|_| rounded(text.as_bytes()).is_none())
}

impl Draft {
    fn add(&mut self, parameter: &Parameter, given: Given<'_>, faults: &mut Vec<ArgumentFault>) {
        if parameter.place == Place::Path {
            return;
        }
        let Some(value) = given.value(parameter, faults) else { return };
        match &parameter.place {
            Place::Path => {}
            Place::Query => self.add_query(parameter, &value),
            Place::QueryString => self.add_query_string(parameter, &value),
            Place::Header(name) => self.add_header(name.as_ref(), parameter, &value, faults),
            Place::Cookie => self.add_cookie(parameter, &value),
        }
    }

    fn add_query(&mut self, parameter: &Parameter, value: &Value) {
        if value == "" {
            if parameter.allow_empty {
                self.query.push(style::empty(&parameter.name, &parameter.form));
            }
            return;
        }
        self.query.extend(style::pairs(&parameter.name, value, &parameter.form));
    }

    /// Adds what is a whole query: of a form its fields, of anything else one text.
    fn add_query_string(&mut self, parameter: &Parameter, value: &Value) {
        let Form::Content { media_type, escape } = &parameter.form else { return };
        match value {
            Value::Object(members) if !media_type.to_ascii_lowercase().contains("json") => {
                let form = Form::Style { style: Style::Form, explode: true, escape: *escape };
                self.query.extend(members.iter().flat_map(|(name, value)| style::pairs(name, value, &form)));
            }
            value => self.text.push(scalar::escape(&style::content(value, media_type), *escape).into_owned()),
        }
    }

    /// Adds a header, unless it is one that no argument may set.
    fn add_header(
        &mut self,
        name: Option<&HeaderName>,
        parameter: &Parameter,
        value: &Value,
        faults: &mut Vec<ArgumentFault>,
    ) {
        let Some(name) = name else { return };
        if value.as_array().is_some_and(Vec::is_empty) {
            return;
        }
        match header_value(&style::one_text(&parameter.name, value, &parameter.form)) {
            Some(text) => _ = self.headers.insert(name.clone(), text),
            None => faults.push(ArgumentFault::new(
                pointer(&parameter.name),
                "text without control characters",
                type_name(value),
            )),
        }
    }

    fn add_cookie(&mut self, parameter: &Parameter, value: &Value) {
        if value.as_array().is_some_and(Vec::is_empty) {
            return;
        }
        let text = style::one_text(&parameter.name, value, &parameter.form);
        self.cookies.push((parameter.name.clone(), cookie_text(&text)));
    }

    fn authorize(&mut self, credentials: &[Credential]) -> Result<(), Unbuilt> {
        for Credential { place, name, value } in credentials {
            match place {
                KeyPlace::Query => {
                    let name = scalar::escape(name, Escape::Component).into_owned();
                    let value = scalar::escape(value, Escape::Component).into_owned();
                    // In place of an argument of that name, where the argument stood.
                    let place = self.query.iter().position(|(known, _)| *known == name);
                    self.query.retain(|(known, _)| *known != name);
                    self.query.insert(place.unwrap_or(self.query.len()), (name, value));
                }
                KeyPlace::Cookie => {
                    self.cookies.retain(|(known, _)| known != name);
                    self.cookies.push((name.clone(), cookie_text(value)));
                }
                KeyPlace::Header => {
                    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Unbuilt::Credential)?;
                    let mut value = header_value(value).ok_or(Unbuilt::Credential)?;
                    value.set_sensitive(true);
                    self.headers.insert(name, value);
                }
            }
        }
        Ok(())
    }

    fn url(&self, server: &TargetUrl, operation: &Operation, path: &str) -> String {
        let base = server.as_str().split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let mut url = format!("{base}{path}");
        let own = operation.path.query.iter().cloned();
        let pairs = self.query.iter().map(|(name, value)| format!("{name}={value}"));
        let query: Vec<_> = own.chain(self.text.iter().cloned()).chain(pairs).collect();
        if !query.is_empty() {
            url.push('?');
            url.push_str(&query.join("&"));
        }
        url
    }

    fn finish_cookies(&mut self) -> Result<(), Unbuilt> {
        if self.cookies.is_empty() {
            return Ok(());
        }
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut value = header_value(&pairs.join("; ")).ok_or(Unbuilt::Credential)?;
        value.set_sensitive(true);
        self.headers.insert(header::COOKIE, value);
        Ok(())
    }
}

/// Makes a header's value of a text: a line break is a space, as swagger-client has it, and any other control character
/// is refused. What Latin-1 has is sent in it, as `fetch` does, which refuses anything else; here that is sent in UTF-8.
fn header_value(text: &str) -> Option<HeaderValue> {
    let lines: Vec<_> = text.split('\n').filter(|line| !line.is_empty()).collect();
    let line = lines.join(" ");
    let line = line.trim();
    let latin1: Option<Vec<u8>> = line.chars().map(|letter| u8::try_from(letter).ok()).collect();
    HeaderValue::from_bytes(latin1.as_deref().unwrap_or(line.as_bytes())).ok()
}

/// Encodes what a cookie's value cannot have (RFC 6265, section 4.1.1), and the signs that would begin another pair.
fn cookie_text(text: &str) -> String {
    let is_octet = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\=&".contains(&byte);
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_octet(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
