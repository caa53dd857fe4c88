//! Judges `format`, as loosely as the edge does: 30 February is a date, and a time needs no zone.
//!
//! Formats that the edge does not know pass. Formats that want a regular expression have theirs in `grammar`.

use std::net::Ipv6Addr;

use regex::Regex;

use super::CheckError;
use super::ecma::{self, Dialect};
use super::grammar::{
    DATE, DATE_TIME, LAST_PART, PARTS, POINTER_FRAGMENT, TIME, URI, URI_REFERENCE, URI_TEMPLATE, URL, UUID,
    WEEKS,
};

/// Limits how many different Unicode properties a text may name to be judged as a regular expression.
const MOST_PROPERTIES: usize = 32;

/// Names a format that is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Date,
    DateTime,
    Duration,
    Email,
    Hostname,
    Ipv4,
    Ipv6,
    JsonPointer,
    JsonPointerUriFragment,
    Regex,
    RelativeJsonPointer,
    Time,
    Uri,
    UriReference,
    UriTemplate,
    Url,
    Uuid,
}

const FORMATS: [(&str, Format); 17] = [
    ("date", Format::Date),
    ("date-time", Format::DateTime),
    ("duration", Format::Duration),
    ("email", Format::Email),
    ("hostname", Format::Hostname),
    ("ipv4", Format::Ipv4),
    ("ipv6", Format::Ipv6),
    ("json-pointer", Format::JsonPointer),
    ("json-pointer-uri-fragment", Format::JsonPointerUriFragment),
    ("regex", Format::Regex),
    ("relative-json-pointer", Format::RelativeJsonPointer),
    ("time", Format::Time),
    ("uri", Format::Uri),
    ("uri-reference", Format::UriReference),
    ("uri-template", Format::UriTemplate),
    ("url", Format::Url),
    ("uuid", Format::Uuid),
];

impl Format {
    pub(super) fn named(name: &str) -> Option<Self> {
        FORMATS.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }

    pub(super) fn name(self) -> &'static str {
        FORMATS.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// Estimates what judging a text costs, in units of fuel.
    pub(super) fn cost(self, text: &str) -> usize {
        match self {
            Self::Regex => 20 + text.len(),
            _ => text.len() / 16,
        }
    }

    pub(super) fn fits(self, text: &str) -> Result<bool, CheckError> {
        Ok(match self {
            Self::Date => DATE.is_match(text),
            Self::DateTime => DATE_TIME.is_match(text),
            Self::Duration => is_duration(text),
            Self::Email => is_email(text),
            Self::Hostname => is_hostname(text),
            Self::Ipv4 => is_ipv4(text),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::JsonPointer => is_json_pointer(text),
            Self::JsonPointerUriFragment => POINTER_FRAGMENT.is_match(text),
            Self::Regex => is_regex(text)?,
            Self::RelativeJsonPointer => is_relative_pointer(text),
            Self::Time => TIME.is_match(text),
            Self::Uri => text.contains(['/', ':']) && URI.is_match(text),
            Self::UriReference => URI_REFERENCE.is_match(text),
            Self::UriTemplate => URI_TEMPLATE.is_match(text),
            Self::Url => URL.is_match(text),
            Self::Uuid => UUID.is_match(text),
        })
    }
}

fn is_duration(text: &str) -> bool {
    let length = text.encode_utf16().count();
    (2..80).contains(&length) && (WEEKS.is_match(text) || (LAST_PART.is_match(text) && PARTS.is_match(text)))
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    let name_sign = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let fits_name = (1..=64).contains(&name.len()) && name.bytes().all(name_sign);
    let dots_apart = !name.starts_with('.') && !name.ends_with('.') && !name.contains("..");
    fits_name && dots_apart && host.len() <= 253 && host.split('.').all(is_label)
}

fn is_hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Takes leading zeros, unlike the address parser of the standard library.
fn is_ipv4(text: &str) -> bool {
    let octet = |part: &str| {
        (1..=3).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u16>().is_ok_and(|number| number <= 255)
    };
    text.split('.').count() == 4 && text.split('.').all(octet)
}

fn is_json_pointer(text: &str) -> bool {
    let escaped = |part: &str| part.starts_with(['0', '1']);
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(escaped)
}

fn is_relative_pointer(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = &text[..text.len() - rest.len()];
    let is_number = number == "0" || (!number.is_empty() && !number.starts_with('0'));
    is_number && (rest == "#" || is_json_pointer(rest))
}

fn is_regex(text: &str) -> Result<bool, CheckError> {
    let Some(translation) = ecma::translate(text, Dialect::Linear) else { return Ok(false) };
    if translation.properties.len() > MOST_PROPERTIES {
        return Err(CheckError::TooCostly);
    }
    // The engines know the names of properties; the translation only passes them on.
    let known = |property: &String| Regex::new(property).is_ok();
    Ok(translation.strict && translation.properties.iter().all(known))
}
