//! JSON-RPC 2.0 as MCP speaks it: one message in, borrowed from its text, and one out.
//!
//! Ids and arguments stay the very text that came: an id goes back as it is, arguments go on to the plugin.

use std::borrow::Cow;

use rmcp::model::{ErrorCode, ErrorData};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// What a client sends.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    Request(Request<'a>),
    Notification(Notification<'a>),
    Response(Response<'a>),
}

/// Asks for an answer.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) id: &'a RawValue,
    pub(crate) method: Cow<'a, str>,
    pub(crate) params: Option<&'a RawValue>,
}

/// Tells something.
#[derive(Debug)]
pub(crate) struct Notification<'a> {
    pub(crate) method: Cow<'a, str>,
    pub(crate) params: Option<&'a RawValue>,
}

/// Answers a request of ours.
#[derive(Debug)]
pub(crate) struct Response<'a> {
    pub(crate) id: &'a RawValue,
    pub(crate) outcome: Result<&'a RawValue, &'a RawValue>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// Tells `null` from nothing.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> Message<'a> {
    /// Reads one message.
    pub(crate) fn read(text: &'a [u8]) -> Result<Self, Fault> {
        let envelope: Envelope<'_> = serde_json::from_slice(text).map_err(|error| unread(text, &error))?;
        let Envelope { jsonrpc, id, method, params, result, error } = envelope;
        if jsonrpc != "2.0" {
            return Err(Fault::invalid_request("`jsonrpc` is to be \"2.0\""));
        }
        if id.is_some_and(|id| !matches!(id.get().as_bytes()[0], b'"' | b'-' | b'0'..=b'9')) {
            return Err(Fault::invalid_request("`id` is to be a string or a number"));
        }
        match (id, method, result, error) {
            (Some(id), Some(method), None, None) => Ok(Self::Request(Request { id, method, params })),
            (None, Some(method), None, None) => Ok(Self::Notification(Notification { method, params })),
            (Some(id), None, Some(result), None) => Ok(Self::Response(Response { id, outcome: Ok(result) })),
            (Some(id), None, None, Some(error)) => Ok(Self::Response(Response { id, outcome: Err(error) })),
            _ => Err(Fault::invalid_request("this is no request, no notification and no response")),
        }
    }
}

fn unread(text: &[u8], error: &serde_json::Error) -> Fault {
    if text.trim_ascii_start().starts_with(b"[") {
        return Fault::invalid_request(
            "messages are sent one by one: batches were taken out of the protocol",
        );
    }
    if error.is_data() {
        return Fault::invalid_request("this is no JSON-RPC message");
    }
    Fault::new(400, ErrorCode::PARSE_ERROR, "this is not JSON")
}

impl<'a> Request<'a> {
    /// Reads the parameters; absent ones are an empty object.
    pub(crate) fn params<T: Deserialize<'a>>(&self) -> Result<T, Fault> {
        read_params(self.params)
    }
}

/// Reads parameters; absent ones are an empty object.
pub(crate) fn read_params<'a, T: Deserialize<'a>>(params: Option<&'a RawValue>) -> Result<T, Fault> {
    let text = params.map_or("{}", RawValue::get);
    serde_json::from_str(text).map_err(|error| Fault::params(format!("`params` do not fit: {error}")))
}

/// Says why a request is not answered by a result.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What HTTP says of it, in the era that has a say about that.
    pub(crate) status: u16,
    pub(crate) error: ErrorData,
}

impl Fault {
    pub(crate) fn new(status: u16, code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, error: ErrorData::new(code, message, None) }
    }

    pub(crate) fn with(mut self, data: Value) -> Self {
        self.error.data = Some(data);
        self
    }

    pub(crate) fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, ErrorCode::INVALID_REQUEST, message)
    }

    pub(crate) fn params(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(200, ErrorCode::INVALID_PARAMS, message)
    }

    pub(crate) fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(200, ErrorCode::INTERNAL_ERROR, message)
    }

    pub(crate) fn unknown_method(method: &str) -> Self {
        let method: String = method.chars().take(80).collect();
        Self::new(404, ErrorCode::METHOD_NOT_FOUND, format!("there is no method `{method}` here"))
    }

    /// Writes it as the answer to a request, or to what could not be read.
    pub(crate) fn write(&self, id: Option<&RawValue>) -> String {
        write(&ErrorMessage { jsonrpc: "2.0", id, error: &self.error })
    }
}

#[derive(Serialize)]
struct ErrorMessage<'a> {
    jsonrpc: &'static str,
    id: Option<&'a RawValue>,
    error: &'a ErrorData,
}

#[derive(Serialize)]
struct ResultMessage<'a, T> {
    jsonrpc: &'static str,
    id: &'a RawValue,
    result: &'a T,
}

#[derive(Serialize)]
struct CallMessage<'a, T> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    method: &'a str,
    params: &'a T,
}

/// Writes a notification, or with an id a request, to the client.
pub(crate) fn write_call<T: Serialize>(id: Option<&str>, method: &str, params: &T) -> String {
    write(&CallMessage { jsonrpc: "2.0", id, method, params })
}

/// Writes a result as the answer to a request.
pub(crate) fn write_result<T: Serialize>(id: &RawValue, result: &T) -> String {
    write(&ResultMessage { jsonrpc: "2.0", id, result })
}

fn write<T: Serialize>(message: &T) -> String {
    serde_json::to_string(message).expect("cannot fail because messages are strings, numbers and JSON values")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_message() {
        let check = |text: &str, expected: &str| {
            let read = match Message::read(text.as_bytes()) {
                Ok(Message::Request(Request { id, method, .. })) => format!("request {id} {method}"),
                Ok(Message::Notification(Notification { method, .. })) => format!("notification {method}"),
                Ok(Message::Response(Response { id, outcome })) => {
                    format!("response {id} {}", outcome.is_ok())
                }
                Err(fault) => fault.error.code.0.to_string(),
            };
            assert_eq!(read, expected, "{text}");
        };
        check(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "request 1 ping");
        check(r#"{"method":"pi\u006eg","id":"a","jsonrpc":"2.0","params":{}}"#, r#"request "a" ping"#);
        check(
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            "notification notifications/initialized",
        );
        check(r#"{"jsonrpc":"2.0","id":"x","result":{}}"#, r#"response "x" true"#);
        check(r#"{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":""}}"#, r#"response "x" false"#);
        check(r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "-32600");
        check(r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, "-32600");
        check(r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, "-32600");
        check(r#"{"id":1,"method":"ping"}"#, "-32600");
        check(r#"{"jsonrpc":"2.0","id":1}"#, "-32600");
        check(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, "-32600");
        check("{", "-32700");
        check("", "-32700");
    }
}
