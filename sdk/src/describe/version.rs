//! The versions of OpenAPI that a document can be in.

use std::fmt;
use std::str::FromStr;

use crate::schema::Profile;

/// Names a version of OpenAPI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OpenApiVersion {
    /// 3.1.0, whose schemas are JSON Schema.
    #[default]
    V3_1,
    /// 3.0.3, whose schemas are a dialect of it: for clients and generators that read no newer one.
    V3_0,
}

impl OpenApiVersion {
    /// Lists every version, the default first.
    pub const ALL: [Self; 2] = [Self::V3_1, Self::V3_0];

    /// Names it as command lines and queries do: `3.0`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V3_1 => "3.1",
            Self::V3_0 => "3.0",
        }
    }

    /// Returns the profile that the schemas of such a document are in.
    pub(crate) fn profile(self) -> Profile {
        match self {
            Self::V3_1 => Profile::OpenApi31,
            Self::V3_0 => Profile::OpenApi30,
        }
    }
}

impl fmt::Display for OpenApiVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for OpenApiVersion {
    type Err = UnknownVersion;

    /// Reads `3.0` and `3.1`.
    fn from_str(name: &str) -> Result<Self, UnknownVersion> {
        Self::ALL.into_iter().find(|version| version.name() == name).ok_or(UnknownVersion)
    }
}

/// Says that OpenAPI documents are not made in a version, and lists those in which they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownVersion;

impl fmt::Display for UnknownVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = OpenApiVersion::ALL.map(OpenApiVersion::name).join(", ");
        write!(formatter, "no OpenAPI document is made in this version; expected one of {names}")
    }
}

impl std::error::Error for UnknownVersion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back() {
        for version in OpenApiVersion::ALL {
            assert_eq!(version.to_string().parse(), Ok(version));
        }
        let unknown = "2.0".parse::<OpenApiVersion>().unwrap_err();
        assert!(unknown.to_string().ends_with("expected one of 3.1, 3.0"), "{unknown}");
    }
}
