//! What a document is when it is not what it should be, and what is told of one that cannot be had.

use serde_json::Value;

use super::slot::Missing;
use crate::openapi::Fault;
use crate::outbound::{OutboundError, UpstreamFault};
use crate::search::Error;
use crate::shape::ShapeError;

/// Says why a document that was fetched is not what it should be.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Unreadable {
    /// It is no JSON, or what JavaScript takes for nothing.
    #[error("it is no JSON")]
    Nothing,
    /// It is JSON of another shape.
    #[error("{}", serde_json::json!(.0))]
    Shape(ShapeError),
    /// It is none of a service, or not one that can be understood.
    #[error(transparent)]
    Service(Fault),
}

/// Reads a document as `response.json()` does.
pub(super) fn document(text: &[u8]) -> Result<Value, Unreadable> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let document: Value = serde_json::from_slice(text).map_err(|_| Unreadable::Nothing)?;
    match document {
        Value::Null | Value::Bool(false) => Err(Unreadable::Nothing),
        Value::Number(number) if number.as_f64() == Some(0.0) => Err(Unreadable::Nothing),
        Value::String(text) if text.is_empty() => Err(Unreadable::Nothing),
        other => Ok(other),
    }
}

pub(super) fn index_failure(index_url: &str, missing: Missing<Unreadable>) -> Error {
    let index_url = index_url.to_owned();
    match missing {
        Missing::Unreadable(Unreadable::Shape(error)) => Error::IndexInvalid { error, index_url },
        Missing::Unreadable(Unreadable::Nothing | Unreadable::Service(_)) => {
            Error::IndexNotFound { index_url }
        }
        Missing::Unreachable(error) => told(error).unwrap_or(Error::IndexNotFound { index_url }),
    }
}

pub(super) fn manifest_failure(manifest_url: &str, missing: Missing<Unreadable>) -> Error {
    let manifest_url = manifest_url.to_owned();
    match missing {
        Missing::Unreadable(Unreadable::Shape(error)) => Error::ManifestInvalid(error),
        Missing::Unreadable(Unreadable::Nothing) => Error::ManifestNotFound { manifest_url },
        Missing::Unreadable(Unreadable::Service(fault)) => {
            Error::OpenApiInvalid { openapi: manifest_url, reason: fault.to_string() }
        }
        Missing::Unreachable(error) => told(error).unwrap_or(Error::ManifestNotFound { manifest_url }),
    }
}

/// Says the same of an OpenAPI document.
pub(super) fn service_failure(openapi: &str, missing: Missing<Unreadable>) -> Error {
    let useless = |reason: String| Error::OpenApiInvalid { openapi: openapi.to_owned(), reason };
    match missing {
        Missing::Unreadable(Unreadable::Nothing) => useless("the document cannot be read".to_owned()),
        Missing::Unreadable(reason) => useless(reason.to_string()),
        Missing::Unreachable(error) => {
            told(error).unwrap_or_else(|| useless("the document cannot be fetched".to_owned()))
        }
    }
}

fn told(error: OutboundError) -> Option<Error> {
    is_told(error).then_some(Error::Outbound(error))
}

/// Returns whether an error is to be told as it is: that the address may not be called, that the time was over, or that whoever is
/// there is not the one meant. That a server is down or talks nonsense is "not found", as LobeHub's gateway has it.
pub(super) fn is_told(error: OutboundError) -> bool {
    match error {
        OutboundError::Upstream(fault) => matches!(
            fault,
            UpstreamFault::Tls
                | UpstreamFault::Status
                | UpstreamFault::Redirect
                | UpstreamFault::TooManyRedirects
                | UpstreamFault::Location
        ),
        OutboundError::InvalidUrl(_)
        | OutboundError::Refused(_)
        | OutboundError::TimedOut(_)
        | OutboundError::Busy => true,
    }
}
