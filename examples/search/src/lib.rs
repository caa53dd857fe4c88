//! A plugin that asks somebody else's server, with a key that each user enters: settings, a secret, a client, and what
//! becomes of its errors. The server is one with the API of Brave Search; `SEARCH_URL` names another.
//!
//! Run with `cargo run -p search`. The key never shows: not in an answer, not in an error, not in the log.

mod upstream;

use lobe_plugin_sdk::{Secret, lobe_plugin};
use schemars::JsonSchema;
use serde::Deserialize;

pub use upstream::{Hit, InvalidUrl, SearchError, Upstream};

/// Where is asked, unless `SEARCH_URL` says otherwise.
pub const DEFAULT_URL: &str = "https://api.search.brave.com/res/v1/web/search";

/// What the user enters.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Keys {
    /// Your API key, from <https://api-dashboard.search.brave.com>.
    #[schemars(length(min = 1))]
    pub api_key: Secret<String>,
}

/// Searches the web.
#[lobe_plugin(title = "Search", avatar = "🔎", tags("search", "web"))]
pub mod search {
    use lobe_plugin_sdk::{Settings, State};

    use super::{Hit, Keys, SearchError, Upstream, lobe_plugin};

    /// Search the web and return the best hits.
    #[lobe_plugin]
    pub async fn search_web(
        State(upstream): State<Upstream>,
        Settings(keys): Settings<Keys>,
        /// What to search for.
        #[lobe(length(min = 1, max = 400))]
        query: String,
        /// The most hits to return.
        #[lobe(default = 5, range(min = 1, max = 20))]
        limit: u8,
    ) -> Result<Vec<Hit>, SearchError> {
        upstream.search(&query, limit, &keys.api_key).await
    }
}
