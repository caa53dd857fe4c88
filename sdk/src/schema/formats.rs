//! What a value of a format looks like, for those who have to write one.

/// Returns a noun and an example for the formats that a text may have: "a date as in 2026-01-31".
///
/// They are those of JSON Schema's vocabulary (draft 2020-12, validation, section 7.3), and those that schemars gives
/// to the types of chrono and jiff.
pub(super) fn described(format: &str) -> Option<&'static str> {
    let words = match format {
        "date" => "a date as in 2026-01-31",
        "date-time" => "a date-time as in 2026-01-31T12:00:00Z",
        "duration" => "an ISO 8601 duration as in P1DT12H",
        "email" => "an email address as in you@example.org",
        "partial-date-time" => "a date-time without offset as in 2026-01-31T12:00:00",
        "partial-time" => "a time without offset as in 12:00:00",
        "uri" => "a URI as in https://example.org/page",
        "uuid" => "a UUID as in 67e55044-10b1-426f-9247-bb680e5fe0c8",
        "zoned-date-time" => "a date-time with its zone as in 2026-01-31T12:00:00+01:00[Europe/Paris]",
        _ => return None,
    };
    Some(words)
}
