//! The server that is asked: one request, and one error for each way it can fail.

use std::time::Duration;

use lobe_plugin_sdk::{IntoPluginError, PluginError, Secret};
use reqwest::header::HeaderValue;
use reqwest::{Client, StatusCode, Url};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long the server may take. LobeChat waits longer, so the user reads our words and not the browser's.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server to ask; clones share its connections.
#[derive(Clone, Debug)]
pub struct Upstream {
    url: Url,
    client: Client,
    patience: Duration,
}

/// One page that was found.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Hit {
    /// The page's title.
    pub title: String,
    /// Where it is.
    pub url: String,
    /// What it says, in a sentence or two.
    #[serde(default)]
    pub description: String,
}

/// Says that a text is no URL of a server that can be asked.
#[derive(Debug, thiserror::Error)]
#[error("expected the URL of a search API, such as {}", super::DEFAULT_URL)]
pub struct InvalidUrl;

/// Says why there are no hits.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The key cannot be sent, or the server did not take it.
    #[error("the search API refuses the key")]
    Key,
    /// The user has asked too often.
    #[error("the search API has had enough of this key for now")]
    Quota,
    /// There was no answer in time.
    #[error("the search API did not answer in time")]
    Slow(#[source] reqwest::Error),
    /// It cannot be reached, or what it says is no list of hits.
    #[error("the search API cannot be asked")]
    Broken(#[source] reqwest::Error),
}

#[derive(Deserialize)]
struct Found {
    web: Web,
}

#[derive(Default, Deserialize)]
struct Web {
    results: Vec<Hit>,
}

impl Upstream {
    /// Prepares to ask the server at `url`.
    ///
    /// # Errors
    ///
    /// When `url` is not an absolute `http` or `https` URL.
    pub fn at(url: &str) -> Result<Self, InvalidUrl> {
        let url = Url::parse(url).map_err(|_| InvalidUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidUrl);
        }
        Ok(Self { url, client: Client::new(), patience: PATIENCE })
    }

    /// Sets how long the server may take.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Asks for at most `limit` hits.
    ///
    /// # Errors
    ///
    /// When there is no answer in time, or none that can be used.
    pub async fn search(
        &self,
        query: &str,
        limit: u8,
        key: &Secret<String>,
    ) -> Result<Vec<Hit>, SearchError> {
        let mut token = HeaderValue::from_str(key.expose()).map_err(|_| SearchError::Key)?;
        // So it is not in what HTTP libraries log.
        token.set_sensitive(true);
        let request = self
            .client
            .get(self.url.clone())
            .query(&[("q", query), ("count", &limit.to_string())])
            .header("x-subscription-token", token)
            .timeout(self.patience);
        let response = request.send().await?.error_for_status()?;
        Ok(response.json::<Found>().await?.web.results)
    }
}

/// Sorts the client's errors by what the user can do about them.
impl From<reqwest::Error> for SearchError {
    fn from(error: reqwest::Error) -> Self {
        // The query is the user's and has no business in a log.
        let error = error.without_url();
        match error.status() {
            Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Self::Key,
            Some(StatusCode::TOO_MANY_REQUESTS) => Self::Quota,
            _ if error.is_timeout() => Self::Slow(error),
            _ => Self::Broken(error),
        }
    }
}

/// Says what the user reads; the cause is for the log.
impl IntoPluginError for SearchError {
    fn into_plugin_error(self) -> PluginError {
        let message = self.to_string();
        match self {
            // LobeChat opens the settings form on this one.
            Self::Key => {
                PluginError::settings_invalid(format!("{message}: enter another one in the settings"))
            }
            Self::Quota => PluginError::too_many_requests(message),
            Self::Slow(cause) => PluginError::timed_out(message).caused_by(cause),
            Self::Broken(cause) => PluginError::bad_gateway(message).caused_by(cause),
        }
    }
}
