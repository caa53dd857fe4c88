//! The error names of LobeHub's plugin protocol, their statuses, and the body that carries one.
//!
//! Source: `PluginErrorType`, `getPluginErrorStatus` and `createErrorResponse` of `@lobehub/chat-plugin-sdk`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Names what went wrong, in the words of LobeHub's `PluginErrorType`.
///
/// On the wire the first twelve are strings and the others numbers, as LobeHub writes them. A status that LobeHub
/// gives no name to is [`ErrorType::Status`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorType {
    /// The market index could not be fetched or read. 590.
    PluginMarketIndexNotFound,
    /// The market index has the wrong shape. 490.
    PluginMarketIndexInvalid,
    /// No plugin of that identifier is known. 404.
    PluginMetaNotFound,
    /// The plugin's entry in the market index has the wrong shape. 490.
    PluginMetaInvalid,
    /// The plugin's manifest could not be fetched or read. 404.
    PluginManifestNotFound,
    /// The plugin's manifest has the wrong shape. 490.
    PluginManifestInvalid,
    /// The user's settings are missing or do not fit; LobeChat opens the settings card on it. 422.
    PluginSettingsInvalid,
    /// The plugin has no operation of that name. 404.
    PluginApiNotFound,
    /// The arguments do not fit the operation. 422.
    PluginApiParamsError,
    /// The plugin's server failed. 500.
    PluginServerError,
    /// The gateway failed. 500.
    PluginGatewayError,
    /// The plugin's OpenAPI document cannot be used. 500.
    PluginOpenApiInitError,
    /// 400.
    BadRequest,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404.
    ContentNotFound,
    /// 405.
    MethodNotAllowed,
    /// 429.
    TooManyRequests,
    /// 500.
    InternalServerError,
    /// 502.
    BadGateway,
    /// 503.
    ServiceUnavailable,
    /// 504.
    GatewayTimeout,
    /// Any other HTTP status, written as the number it is.
    Status(u16),
}

impl ErrorType {
    /// Lists every error type that LobeHub has a name for, in LobeHub's order.
    pub const NAMED: [Self; 22] = [
        Self::PluginMarketIndexNotFound,
        Self::PluginMarketIndexInvalid,
        Self::PluginMetaNotFound,
        Self::PluginMetaInvalid,
        Self::PluginManifestNotFound,
        Self::PluginManifestInvalid,
        Self::PluginSettingsInvalid,
        Self::PluginApiNotFound,
        Self::PluginApiParamsError,
        Self::PluginServerError,
        Self::PluginGatewayError,
        Self::PluginOpenApiInitError,
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::ContentNotFound,
        Self::MethodNotAllowed,
        Self::TooManyRequests,
        Self::InternalServerError,
        Self::BadGateway,
        Self::ServiceUnavailable,
        Self::GatewayTimeout,
    ];

    /// Returns the HTTP status that LobeHub answers with for this error.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::PluginMarketIndexNotFound => 590,
            Self::PluginMarketIndexInvalid | Self::PluginMetaInvalid | Self::PluginManifestInvalid => 490,
            Self::PluginSettingsInvalid | Self::PluginApiParamsError => 422,
            Self::PluginMetaNotFound
            | Self::PluginManifestNotFound
            | Self::PluginApiNotFound
            | Self::ContentNotFound => 404,
            Self::PluginServerError
            | Self::PluginGatewayError
            | Self::PluginOpenApiInitError
            | Self::InternalServerError => 500,
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::MethodNotAllowed => 405,
            Self::TooManyRequests => 429,
            Self::BadGateway => 502,
            Self::ServiceUnavailable => 503,
            Self::GatewayTimeout => 504,
            Self::Status(status) => status,
        }
    }

    /// Returns the name on the wire, or `None` for the errors that are written as a number.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::PluginMarketIndexNotFound => "PluginMarketIndexNotFound",
            Self::PluginMarketIndexInvalid => "PluginMarketIndexInvalid",
            Self::PluginMetaNotFound => "PluginMetaNotFound",
            Self::PluginMetaInvalid => "PluginMetaInvalid",
            Self::PluginManifestNotFound => "PluginManifestNotFound",
            Self::PluginManifestInvalid => "PluginManifestInvalid",
            Self::PluginSettingsInvalid => "PluginSettingsInvalid",
            Self::PluginApiNotFound => "PluginApiNotFound",
            Self::PluginApiParamsError => "PluginApiParamsError",
            Self::PluginServerError => "PluginServerError",
            Self::PluginGatewayError => "PluginGatewayError",
            Self::PluginOpenApiInitError => "PluginOpenApiInitError",
            Self::BadRequest
            | Self::Unauthorized
            | Self::Forbidden
            | Self::ContentNotFound
            | Self::MethodNotAllowed
            | Self::TooManyRequests
            | Self::InternalServerError
            | Self::BadGateway
            | Self::ServiceUnavailable
            | Self::GatewayTimeout
            | Self::Status(_) => return None,
        })
    }

    /// Returns the error type that is written as this number: LobeHub's own where it has one.
    #[must_use]
    pub const fn from_status(status: u16) -> Self {
        match status {
            400 => Self::BadRequest,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::ContentNotFound,
            405 => Self::MethodNotAllowed,
            429 => Self::TooManyRequests,
            500 => Self::InternalServerError,
            502 => Self::BadGateway,
            503 => Self::ServiceUnavailable,
            504 => Self::GatewayTimeout,
            other => Self::Status(other),
        }
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.write_str(name),
            None => self.status().fmt(formatter),
        }
    }
}

impl Serialize for ErrorType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.name() {
            Some(name) => serializer.serialize_str(name),
            None => serializer.serialize_u16(self.status()),
        }
    }
}

impl<'de> Deserialize<'de> for ErrorType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = ErrorType;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an error name of LobeHub's plugin protocol or an HTTP status")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<ErrorType, E> {
                ErrorType::NAMED
                    .into_iter()
                    .find(|known| known.name() == Some(name))
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
            }

            fn visit_u64<E: de::Error>(self, status: u64) -> Result<ErrorType, E> {
                u16::try_from(status)
                    .map(ErrorType::from_status)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(status), &self))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Carries an error on the wire: `{"body": …, "errorType": …}`, in that order, `body` left out when there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// What the caller may read about it; by custom an object with a `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
    /// What kind of error it is.
    pub error_type: ErrorType,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_error_survives_the_wire() {
        for error_type in ErrorType::NAMED {
            let text = serde_json::to_string(&error_type).unwrap();
            assert_eq!(serde_json::from_str::<ErrorType>(&text).unwrap(), error_type, "{text}");
        }
        assert_eq!(serde_json::to_string(&ErrorType::Status(418)).unwrap(), "418");
        assert_eq!(serde_json::from_str::<ErrorType>("418").unwrap(), ErrorType::Status(418));
        assert!(serde_json::from_str::<ErrorType>("\"Nonsense\"").is_err());
        assert!(serde_json::from_str::<ErrorType>("70000").is_err());
    }

    #[test]
    fn the_body_stands_first_and_only_when_there_is_one() {
        let check = |body, expected: &str| {
            let error = ErrorBody { body, error_type: ErrorType::PluginApiNotFound };
            assert_eq!(serde_json::to_string(&error).unwrap(), expected);
        };
        check(None, r#"{"errorType":"PluginApiNotFound"}"#);
        check(Some("gone".into()), r#"{"body":"gone","errorType":"PluginApiNotFound"}"#);
    }
}
