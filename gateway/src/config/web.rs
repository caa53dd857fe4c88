//! URLs and origins in the file.

use lobe_plugin_sdk::BaseUrl;
use serde::{Deserialize, Deserializer, de};
use url::{Origin, Url};

use crate::outbound::TargetUrl;

const URL_EXPECTED: &str = "expected a URL such as \"https://plugins.example.org/manifest.json\": https:// or http://, a host written plainly, and no user";
const ORIGIN_EXPECTED: &str = "expected an origin such as \"https://chat.example.org\": scheme, host and perhaps a port, and nothing behind it";

/// Reads a URL that a document may stand at.
///
/// # Errors
///
/// What a URL of a document looks like. The text itself is not repeated: it may hold a password.
pub(crate) fn web_url(text: &str) -> Result<Url, &'static str> {
    // As it is written, and not as a parser has made it plain: no two may read another host in it.
    if TargetUrl::parse(text).is_err() {
        return Err(URL_EXPECTED);
    }
    let mut url = Url::parse(text).map_err(|_| URL_EXPECTED)?;
    // It is never sent.
    url.set_fragment(None);
    Ok(url)
}

/// Reads an origin: a URL that has nothing else.
fn web_origin(text: &str) -> Result<Origin, &'static str> {
    let url = web_url(text).map_err(|_| ORIGIN_EXPECTED)?;
    let nothing_else = url.path() == "/" && url.query().is_none() && !text.contains('#');
    if nothing_else { Ok(url.origin()) } else { Err(ORIGIN_EXPECTED) }
}

pub(super) fn optional_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    web_url(&text).map(Some).map_err(de::Error::custom)
}

pub(super) fn base_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BaseUrl>, D::Error> {
    let text = String::deserialize(deserializer)?;
    BaseUrl::parse(&text).map(Some).map_err(de::Error::custom)
}

pub(super) fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Origin>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| web_origin(text).map_err(de::Error::custom)).collect()
}

/// Reads origins of pages; `*` is one of them. Other schemes are, too: browsers' extensions and desktop programs.
pub(super) fn page_origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    match texts.iter().find(|text| !is_page_origin(text)) {
        Some(_) => Err(de::Error::custom(format!("{ORIGIN_EXPECTED}; \"*\" invites all pages"))),
        None => Ok(texts),
    }
}

/// Returns whether a text is a page's origin, or the `*` for all of them.
pub(crate) fn is_page_origin(text: &str) -> bool {
    let rest =
        |url: &Url| matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    text == "*" || Url::parse(text).is_ok_and(|url| url.has_host() && rest(&url))
}
