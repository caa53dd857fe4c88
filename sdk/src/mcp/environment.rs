//! Settings of a program that a client starts: variables in its environment stand in for the headers of HTTP.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::protocol::{SETTINGS_HEADER, setting_header};

/// Holds all settings, as JSON.
const ALL: &str = "LOBE_PLUGIN_SETTINGS";

/// Begins the name of a variable that holds one setting: `LOBE_SETTING_API_KEY` holds `api_key`.
const ONE: &str = "LOBE_SETTING_";

/// Returns the headers that would have said the same.
pub(super) fn headers() -> HeaderMap {
    of_variables(std::env::vars())
}

fn of_variables(variables: impl Iterator<Item = (String, String)>) -> HeaderMap {
    let header = |(name, value): (String, String)| {
        let header =
            if name == ALL { SETTINGS_HEADER.to_owned() } else { setting_header(name.strip_prefix(ONE)?) };
        Some((HeaderName::try_from(header).ok()?, HeaderValue::try_from(value).ok()?))
    };
    variables.filter_map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_headers() {
        let variables = [("LOBE_SETTING_API_KEY", "k"), ("LOBE_PLUGIN_SETTINGS", "{}"), ("PATH", "/bin")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers = of_variables(variables.into_iter());
        assert_eq!(headers["x-lobe-setting-api-key"], "k");
        assert_eq!(headers["x-lobe-plugin-settings"], "{}");
        assert_eq!(headers.len(), 2);
    }
}
