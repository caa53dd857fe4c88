//! Which form of a document a client asks for: the query of its URL.

use axum::extract::Query;
use axum::http::Uri;

use crate::describe::{ManifestMode, OpenApiVersion, Site};
use crate::error::PluginError;
use crate::schema::Profile;

/// Puts into `site` what the query asks for. Names that mean nothing here are stepped over, since clients add some of
/// their own (against caches, for one).
pub(super) fn forms(asked: &Uri, site: Site) -> Result<Site, PluginError> {
    let Query(pairs) = pairs(asked)?;
    pairs.iter().try_fold(site, |site, (name, value)| form(site, name, value))
}

/// Returns the profile that a query asks for, if it does.
#[cfg(feature = "mcp")]
pub(super) fn profile(asked: &Uri) -> Result<Option<Profile>, PluginError> {
    if asked.query().is_none() {
        return Ok(None);
    }
    let Query(pairs) = pairs(asked)?;
    let asked = pairs.iter().rev().find(|(name, _)| name == "profile");
    asked.map(|(name, value)| value.parse::<Profile>().map_err(|no| refusal(name, &no))).transpose()
}

fn pairs(asked: &Uri) -> Result<Query<Vec<(String, String)>>, PluginError> {
    // The rejection's own text would quote the query.
    Query::try_from_uri(asked)
        .map_err(|_| PluginError::bad_request("the query is not in the form `name=value&name=value`"))
}

fn form(site: Site, name: &str, value: &str) -> Result<Site, PluginError> {
    Ok(match name {
        "mode" => site.in_mode(mode(value)?),
        "profile" => site.in_profile(value.parse::<Profile>().map_err(|no| refusal(name, &no))?),
        "version" => site.in_openapi(value.parse::<OpenApiVersion>().map_err(|no| refusal(name, &no))?),
        _ => site,
    })
}

fn mode(value: &str) -> Result<ManifestMode, PluginError> {
    match value {
        "api" => Ok(ManifestMode::Api),
        "openapi" => Ok(ManifestMode::OpenApi),
        _ => Err(refusal("mode", &"there is no such mode; expected one of api, openapi")),
    }
}

fn refusal(name: &str, reason: &dyn std::fmt::Display) -> PluginError {
    PluginError::bad_request(format!("`{name}` in the query: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::BaseUrl;

    fn site() -> Site {
        Site::at(BaseUrl::parse("https://example.org").unwrap())
    }

    #[test]
    fn queries_ask_for_forms() {
        let check = |query: &str, expected: Site| {
            let asked = format!("/manifest.json{query}").parse().unwrap();
            assert_eq!(forms(&asked, site()).unwrap(), expected, "{query}");
        };
        check("", site());
        check("?", site());
        check("?t=1732288000", site());
        check("?mode=openapi", site().in_mode(ManifestMode::OpenApi));
        check("?profile=openai-strict&t=1", site().in_profile(Profile::OpenAiStrict));
        check("?profile=openapi%2D3.0", site().in_profile(Profile::OpenApi30));
        check(
            "?version=3.0&mode=openapi",
            site().in_mode(ManifestMode::OpenApi).in_openapi(OpenApiVersion::V3_0),
        );
    }

    #[test]
    fn what_nobody_has_is_refused_with_a_list() {
        let check = |query: &str, expected: &str| {
            let asked = format!("/manifest.json?{query}").parse().unwrap();
            let error = forms(&asked, site()).unwrap_err();
            assert_eq!((error.status(), error.message()), (400, expected), "{query}");
        };
        check("mode=", "`mode` in the query: there is no such mode; expected one of api, openapi");
        check(
            "profile=claude",
            "`profile` in the query: there is no such profile; \
             expected one of portable, raw, openai-strict, gemini, openapi-3.0, openapi-3.1",
        );
        check(
            "version=2.0",
            "`version` in the query: no OpenAPI document is made in this version; expected one of 3.1, 3.0",
        );
    }
}
