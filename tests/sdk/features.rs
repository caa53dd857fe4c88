//! Arguments of types that other crates know: dates, times, UUIDs and URLs, behind features of the sdk.

use chrono::{DateTime, NaiveDate, Utc};
use jiff::{Timestamp, civil};
use lobe_plugin_sdk::schema::Profile;
use lobe_plugin_sdk::{Function, Plugin, lobe_plugin};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

/// Book a room.
#[lobe_plugin(allow(missing_descriptions))]
fn book(
    at: DateTime<Utc>,
    day: NaiveDate,
    other_days: Vec<civil::Date>,
    room: Uuid,
    page: Option<Url>,
) -> String {
    let page = page.map_or_else(String::new, |page| format!(", see {page}"));
    format!("{at} on {day}, {} more, in {room}{page}", other_days.len())
}

/// Say how many seconds passed since 1970.
#[lobe_plugin(allow(missing_descriptions))]
fn seconds(at: Timestamp) -> i64 {
    at.as_second()
}

fn plugin() -> Plugin {
    Plugin::new("hotel").with::<book>().with::<seconds>()
}

const ROOM: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

#[tokio::test]
async fn they_are_read() {
    let arguments = json!({
        "at": "2026-01-31T12:00:00+01:00",
        "day": "2026-02-01",
        "other_days": ["2026-02-02"],
        "room": ROOM,
        "page": "https://example.org",
    });
    let reply = plugin().ask("book", arguments).await.unwrap();
    let expected =
        format!("2026-01-31 11:00:00 UTC on 2026-02-01, 1 more, in {ROOM}, see https://example.org/");
    assert_eq!(reply.as_text(), expected);
    let reply = plugin().ask("seconds", json!({ "at": "1970-01-01T00:01:00Z" })).await.unwrap();
    assert_eq!(reply.as_text(), "60");
}

#[tokio::test]
async fn they_are_refused_with_an_example_and_without_the_value() {
    let arguments = json!({
        "at": "tomorrow at noon",
        "day": "2026-02-30",
        "other_days": ["2026-02-02", 7],
        "room": "the one upstairs",
        "page": "example.org",
    });
    let error = plugin().ask("book", arguments).await.unwrap_err();
    let said = error.message();
    let check = |words: &str| assert!(said.contains(words), "{words}: {said}");
    check("/at: expected a date-time as in 2026-01-31T12:00:00Z, got string");
    check("/day: expected a date as in 2026-01-31, got string");
    check("/other_days/1: expected a date as in 2026-01-31, got number");
    check("/room: expected a UUID as in 67e55044-10b1-426f-9247-bb680e5fe0c8, got string");
    check("/page: expected a URI as in https://example.org/page");
    assert!(!said.contains("tomorrow") && !said.contains("upstairs"), "{said}");
}

/// Dates stay formats in the portable profile; what some clients refuse becomes words.
#[test]
fn they_are_described() {
    let operation = book::operation();
    let format = |schema: &Value, name: &str| schema["properties"][name]["format"].clone();
    let raw = operation.get_parameters().to_value();
    let portable = operation.get_parameters().in_profile(Profile::Portable).to_value();
    let check = |name: &str, in_raw: Value, in_portable: Value| {
        assert_eq!((format(&raw, name), format(&portable, name)), (in_raw, in_portable), "{name}");
    };
    check("at", json!("date-time"), json!("date-time"));
    check("day", json!("date"), json!("date"));
    check("room", json!("uuid"), Value::Null);
    check("page", json!("uri"), Value::Null);
    assert_eq!(portable["properties"]["room"]["description"], "A UUID.");
    assert_eq!(portable["properties"]["other_days"]["items"]["format"], "date");
}
