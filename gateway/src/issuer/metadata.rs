//! Where an authorization server says of itself that its keys are
//! ([RFC 8414](https://www.rfc-editor.org/rfc/rfc8414), [OpenID Connect Discovery](https://openid.net/specs/openid-connect-discovery-1_0.html)).

use serde::Deserialize;

use crate::outbound::{TargetUrl, UrlFault};

/// What is read of the metadata.
#[derive(Debug, Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: Option<String>,
}

/// Says why metadata lead to no keys.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(super) enum Fault {
    #[error("its metadata are no JSON object with an `issuer`")]
    Unreadable,
    /// Whoever can answer at the address of another must not be taken for it (RFC 8414, section 3.3).
    #[error("its metadata are of another issuer: write `issuer` exactly as they do")]
    OfAnother,
    #[error("its metadata name no `jwks_uri`")]
    NoKeys,
    #[error("its `jwks_uri` is none: {0}")]
    Url(#[from] UrlFault),
}

/// Returns where the metadata of an issuer may stand, in the order in which they are looked for: before the issuer's own
/// path (RFC 8414, section 3.1), and behind it, where OpenID Connect puts them.
pub(super) fn places(issuer: &str) -> Result<[TargetUrl; 3], UrlFault> {
    let issuer = issuer.trim_end_matches('/');
    let origin_ends = issuer.find("://").and_then(|at| Some(at + 3 + issuer[at + 3..].find('/')?));
    let (origin, path) = issuer.split_at(origin_ends.unwrap_or(issuer.len()));
    Ok([
        TargetUrl::parse(&format!("{origin}/.well-known/oauth-authorization-server{path}"))?,
        TargetUrl::parse(&format!("{origin}/.well-known/openid-configuration{path}"))?,
        TargetUrl::parse(&format!("{issuer}/.well-known/openid-configuration"))?,
    ])
}

/// Reads where the keys of an issuer stand.
pub(super) fn keys(text: &[u8], issuer: &str) -> Result<TargetUrl, Fault> {
    let metadata: Metadata = serde_json::from_slice(text).map_err(|_| Fault::Unreadable)?;
    if metadata.issuer != issuer {
        return Err(Fault::OfAnother);
    }
    Ok(TargetUrl::parse(&metadata.jwks_uri.ok_or(Fault::NoKeys)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_stand_before_a_path_and_behind_it() {
        let check = |issuer: &str, expected: [&str; 3]| {
            let places = places(issuer).unwrap();
            assert_eq!(places.each_ref().map(TargetUrl::as_str), expected);
        };
        check(
            "https://login.example.org",
            [
                "https://login.example.org/.well-known/oauth-authorization-server",
                "https://login.example.org/.well-known/openid-configuration",
                "https://login.example.org/.well-known/openid-configuration",
            ],
        );
        check(
            "https://login.example.org/realms/one/",
            [
                "https://login.example.org/.well-known/oauth-authorization-server/realms/one",
                "https://login.example.org/.well-known/openid-configuration/realms/one",
                "https://login.example.org/realms/one/.well-known/openid-configuration",
            ],
        );
    }

    #[test]
    fn metadata_are_believed_of_their_own_issuer_only() {
        let check = |text: &str, expected: Result<&str, Fault>| {
            let found = keys(text.as_bytes(), "https://login.example.org");
            assert_eq!(found.as_ref().map(TargetUrl::as_str), expected.as_ref().copied(), "{text}");
        };
        check(
            r#"{"issuer":"https://login.example.org","jwks_uri":"https://keys.example.org/jwks"}"#,
            Ok("https://keys.example.org/jwks"),
        );
        check(
            r#"{"issuer":"https://evil.example.org","jwks_uri":"https://evil.example.org/jwks"}"#,
            Err(Fault::OfAnother),
        );
        check(r#"{"issuer":"https://login.example.org"}"#, Err(Fault::NoKeys));
        check(
            r#"{"issuer":"https://login.example.org","jwks_uri":"file:///keys"}"#,
            Err(Fault::Url(UrlFault::Scheme)),
        );
        check("<html>", Err(Fault::Unreadable));
    }
}
