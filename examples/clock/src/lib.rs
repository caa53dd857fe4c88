//! A clock that stands in the conversation: a plugin of type `standalone`, which LobeChat shows as a page in an iframe
//! instead of calling its gateway. The page (in `page/`) reads the model's arguments and tells the model the time.
//!
//! Every other door answers with the function below, as for any plugin. Run with `cargo run -p clock`.

pub mod page;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lobe_plugin_sdk::{PluginError, lobe_plugin};
use schemars::JsonSchema;
use serde::Serialize;

/// The time at a place.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Reading {
    /// The place's time zone.
    pub time_zone: String,
    /// Date, time and offset, as in RFC 3339.
    pub time: String,
    /// The day of the week, in English.
    pub weekday: String,
}

/// Shows what time it is somewhere.
#[lobe_plugin(
    title = "Clock",
    avatar = "🕰️",
    tags("time"),
    type = "standalone",
    ui(url = "/page", height = 180)
)]
pub mod clock {
    use super::{PluginError, Reading, Timestamp, lobe_plugin, read};

    /// Show a clock with the time of a place, and tell what it shows.
    #[lobe_plugin]
    pub fn show_time(
        /// Time zone of the place, as in the IANA database.
        #[lobe(example = "Europe/Lisbon")]
        time_zone: String,
    ) -> Result<Reading, PluginError> {
        read(Timestamp::now(), &time_zone)
    }
}

fn read(now: Timestamp, time_zone: &str) -> Result<Reading, PluginError> {
    let zone = TimeZone::get(time_zone).map_err(|_| {
        PluginError::bad_arguments("time_zone: expected a name of the IANA database, such as Asia/Tokyo")
    })?;
    let time = now.to_zoned(zone);
    Ok(Reading {
        time_zone: time_zone.to_owned(),
        time: time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        weekday: time.strftime("%A").to_string(),
    })
}

#[cfg(test)]
mod tests {
    use lobe_plugin_sdk::{PluginType, Site};
    use serde_json::json;

    use super::*;

    #[test]
    fn places_have_their_own_time() {
        let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let check = |zone: &str, time: &str, weekday: &str| {
            let reading = read(noon, zone).unwrap();
            assert_eq!((reading.time.as_str(), reading.weekday.as_str()), (time, weekday), "{zone}");
        };
        check("UTC", "2026-11-22T12:00:00+00:00", "Sunday");
        check("Asia/Tokyo", "2026-11-22T21:00:00+09:00", "Sunday");
        check("Pacific/Auckland", "2026-11-23T01:00:00+13:00", "Monday");
    }

    #[tokio::test]
    async fn a_place_that_nobody_knows_is_refused() {
        let error = clock::plugin().ask("show_time", json!({ "time_zone": "Moon" })).await.unwrap_err();
        assert_eq!(error.status(), 422);
        assert!(error.message().contains("such as Asia/Tokyo"), "{error:?}");
    }

    #[test]
    fn every_client_takes_it() {
        lobe_plugin_sdk::testing::assert_accepted(&clock::plugin());
    }

    #[test]
    fn the_manifest_leads_to_the_page() {
        let site = Site::at("https://plugins.example.org/clock".parse().unwrap());
        let manifest = clock::plugin().manifest(&site);
        assert_eq!(manifest.kind, Some(PluginType::Standalone));
        assert_eq!(manifest.ui.unwrap().url, "https://plugins.example.org/clock/page");
    }
}
