//! What a call of an MCP server can fail with, and what the caller and the log read of it.

use std::error::Error;

use lobe_plugin_sdk::PluginError;
use rmcp::model::{ErrorCode, ErrorData};
use rmcp::service::{ClientInitializeError, ServiceError};
use rmcp::transport::DynamicTransportError;
use rmcp::transport::streamable_http_client::StreamableHttpError;

use crate::outbound::{OutboundError, call_failed};

/// Says why an MCP server gave no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It may not be called, cannot be reached, or broke off.
    #[error("{0}")]
    Outbound(#[from] OutboundError),
    /// It wants to know who calls. Where it says how to get a token is not looked at.
    #[error("it asks for authorization")]
    Unauthorized,
    /// It answered with this status, and no message.
    #[error("it answered with status {0}")]
    Status(u16),
    /// What it says is no MCP.
    #[error("what it says is no MCP: {0}")]
    Nonsense(String),
    /// One of its messages is larger than an answer may be.
    #[error("one of its messages is too large")]
    TooLarge,
    /// The program cannot be started.
    #[error("the program cannot be started: {0}")]
    NotStarted(std::io::ErrorKind),
    /// It ended before it answered.
    #[error("it ended before it answered")]
    Ended,
    /// It did not answer in time.
    #[error("it did not answer in time")]
    Late,
    /// It answered with an error of JSON-RPC.
    #[error("it answered with error {}: {}", .0.code.0, .0.message)]
    Said(ErrorData),
}

impl Fault {
    /// Returns the short word for a caller.
    fn code(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Nonsense(_) => "not_mcp",
            Self::TooLarge => "body_too_large",
            Self::NotStarted(_) => "not_started",
            Self::Outbound(_) | Self::Unauthorized | Self::Ended | Self::Late | Self::Said(_) => "closed",
        }
    }

    /// Returns what a caller is told of it; the whole of it is for the log.
    pub(super) fn told(self) -> PluginError {
        let error = match &self {
            Self::Outbound(error) => return call_failed(*error),
            // LobeChat shows the form of settings on it: what is missing is a key.
            Self::Unauthorized => PluginError::settings_invalid(
                "[gateway] the MCP server asks for authorization, which this gateway lacks",
            ),
            Self::Late => PluginError::timed_out("[gateway] the MCP server took too long to answer"),
            Self::Said(said) => return refused(said),
            Self::Status(_) | Self::Nonsense(_) | Self::TooLarge | Self::NotStarted(_) | Self::Ended => {
                PluginError::bad_gateway(format!("[gateway] the MCP server failed: {}", self.code()))
            }
        };
        error.caused_by(self)
    }
}

/// Translates an error of JSON-RPC: <https://www.jsonrpc.org/specification#error_object>.
fn refused(said: &ErrorData) -> PluginError {
    let message = said.message.clone();
    match said.code {
        ErrorCode::INVALID_PARAMS => PluginError::bad_arguments(message),
        ErrorCode::METHOD_NOT_FOUND => PluginError::operation_not_found(message),
        _ => PluginError::server(message),
    }
}

impl From<ServiceError> for Fault {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::McpError(said) => Self::Said(said),
            ServiceError::TransportSend(error) => error.into(),
            ServiceError::TransportClosed | ServiceError::Cancelled { .. } => Self::Ended,
            ServiceError::Timeout { .. } => Self::Late,
            other => Self::Nonsense(other.to_string()),
        }
    }
}

impl From<ClientInitializeError> for Fault {
    fn from(error: ClientInitializeError) -> Self {
        match error {
            ClientInitializeError::TransportError { error, .. } => error.into(),
            ClientInitializeError::JsonRpcError(said) => Self::Said(said),
            ClientInitializeError::ConnectionClosed(_) | ClientInitializeError::Cancelled => Self::Ended,
            ClientInitializeError::LegacyFallbackFailed { fallback, .. } => (*fallback).into(),
            other => Self::Nonsense(other.to_string()),
        }
    }
}

impl From<DynamicTransportError> for Fault {
    fn from(error: DynamicTransportError) -> Self {
        let mut next: Option<&(dyn Error + 'static)> = Some(error.error.as_ref());
        while let Some(cause) = next {
            if let Some(error) = cause.downcast_ref::<StreamableHttpError<Self>>() {
                return Self::of_transport(error);
            }
            if let Some(fault) = cause.downcast_ref::<Self>() {
                return fault.clone();
            }
            next = cause.source();
        }
        Self::Ended
    }
}

impl Fault {
    /// Reads what went wrong on the way to a server behind HTTP.
    fn of_transport(error: &StreamableHttpError<Self>) -> Self {
        match error {
            StreamableHttpError::Client(fault) => fault.clone(),
            StreamableHttpError::HttpStatus(status) => Self::Status(status.status),
            StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_) => {
                Self::Unauthorized
            }
            StreamableHttpError::ReinitializationFailed(said) => Self::Said(said.clone()),
            StreamableHttpError::SessionRecoveryTimeout | StreamableHttpError::ControlRequestTimeout => {
                Self::Late
            }
            StreamableHttpError::SessionExpired
            | StreamableHttpError::TransportChannelClosed
            | StreamableHttpError::UnexpectedEndOfStream => Self::Ended,
            StreamableHttpError::Sse(rmcp::transport::streamable_http_client::SseError::Body(cause)) => {
                cause.downcast_ref::<Self>().cloned().unwrap_or(Self::Ended)
            }
            other => Self::Nonsense(other.to_string()),
        }
    }
}
