//! Where a plugin can be reached: all that its documents have to know of the world.

use std::fmt;

use http::Uri;
use http::uri::Scheme;

use super::version::OpenApiVersion;
use crate::schema::Profile;

/// Says where a plugin can be reached, and in which of their forms its documents are to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub(crate) base_url: BaseUrl,
    pub(crate) gateway: Option<String>,
    pub(crate) mode: ManifestMode,
    pub(crate) profile: Profile,
    pub(crate) openapi: OpenApiVersion,
}

/// Says how a manifest names the operations. A client that saw both would list every tool twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ManifestMode {
    /// In the manifest itself, each with its URL.
    #[default]
    Api,
    /// In the OpenAPI document that the manifest points to.
    OpenApi,
}

impl Site {
    /// Says that the plugin's routes begin at `base_url`, and that calls go through LobeChat's own gateway.
    #[must_use]
    pub fn at(base_url: BaseUrl) -> Self {
        Self {
            base_url,
            gateway: None,
            mode: ManifestMode::default(),
            profile: Profile::default(),
            openapi: OpenApiVersion::default(),
        }
    }

    /// Says which gateway calls go through: the full URL of its `POST` route.
    #[must_use]
    pub fn behind_gateway(mut self, url: impl Into<String>) -> Self {
        self.gateway = Some(url.into());
        self
    }

    /// Says how the manifest is to name the operations.
    #[must_use]
    pub fn in_mode(mut self, mode: ManifestMode) -> Self {
        self.mode = mode;
        self
    }

    /// Says in which profile the manifest is to show the parameters of the operations.
    ///
    /// It guides what a model writes, and changes nothing about what is accepted.
    #[must_use]
    pub fn in_profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Says in which version of OpenAPI its document is to be. A manifest that points to the document points to that one.
    #[must_use]
    pub fn in_openapi(mut self, version: OpenApiVersion) -> Self {
        self.openapi = version;
        self
    }

    /// Returns where the plugin's routes begin.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// Returns where the OpenAPI document is, in the version that is asked for.
    pub(crate) fn openapi_url(&self) -> String {
        match self.openapi {
            OpenApiVersion::V3_1 => self.url("/openapi.json"),
            version @ OpenApiVersion::V3_0 => self.url(&format!("/openapi.json?version={version}")),
        }
    }
}

/// Holds an `http` or `https` URL without query, fragment and trailing slash, to which paths can be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

/// Says why a text cannot be a base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseUrlFault {
    /// It is not a URL.
    NotAUrl,
    /// It does not begin with `http://` or `https://`.
    Scheme,
    /// It has a query, a fragment or a user name.
    TooMuch,
}

impl BaseUrl {
    /// Reads a base URL.
    ///
    /// # Errors
    ///
    /// Anything but `http(s)://host[:port][/path]`.
    pub fn parse(text: &str) -> Result<Self, BaseUrlFault> {
        let uri: Uri = text.parse().map_err(|_| BaseUrlFault::NotAUrl)?;
        if !matches!(uri.scheme(), Some(scheme) if *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS) {
            return Err(BaseUrlFault::Scheme);
        }
        let named = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        if uri.query().is_some() || text.contains('#') || named {
            return Err(BaseUrlFault::TooMuch);
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// Returns the URL of a path below it, which begins with `/`.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        Self(format!("{}{path}", self.0))
    }

    /// Returns it as text, without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::str::FromStr for BaseUrl {
    type Err = BaseUrlFault;

    fn from_str(text: &str) -> Result<Self, BaseUrlFault> {
        Self::parse(text)
    }
}

impl fmt::Display for BaseUrlFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotAUrl => "this is not a URL; expected one such as https://plugins.example.org",
            Self::Scheme => "the public URL begins with http:// or https://",
            Self::TooMuch => "the public URL has no query, no fragment and no user name",
        })
    }
}

impl std::error::Error for BaseUrlFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        let check = |text: &str, expected: Result<&str, BaseUrlFault>| {
            let read = BaseUrl::parse(text);
            assert_eq!(read.as_ref().map(BaseUrl::as_str).map_err(|fault| *fault), expected, "{text}");
        };
        check("http://127.0.0.1:3400", Ok("http://127.0.0.1:3400"));
        check("https://example.org/plugins/", Ok("https://example.org/plugins"));
        check("ftp://example.org", Err(BaseUrlFault::Scheme));
        check("example.org", Err(BaseUrlFault::Scheme));
        check("/plugins", Err(BaseUrlFault::Scheme));
        check("https://example.org/?a=1", Err(BaseUrlFault::TooMuch));
        check("https://example.org/#a", Err(BaseUrlFault::TooMuch));
        check("https://me@example.org", Err(BaseUrlFault::TooMuch));
        check("https://a b", Err(BaseUrlFault::NotAUrl));
    }
}
