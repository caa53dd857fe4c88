//! The letters that every wire allows in a plugin's or an operation's name, checked in one place.
//!
//! LobeChat joins both with `____` into a tool name, model providers take `[a-zA-Z0-9_-]{1,64}`, and LobeHub's
//! gateway finds an OpenAPI operation only under `[A-Za-z0-9_]`. What is allowed here survives all three.

use std::fmt;

/// The most letters a name may have: two of them, the separator and LobeHub's suffix stay under 64 or nearly so.
pub const MAX_NAME_LENGTH: usize = 40;

/// The most letters an identifier and an operation name may have together before LobeHub replaces the operation's
/// name by a hash, which neither people nor models can read.
pub const MAX_JOINED_LENGTH: usize = 52;

/// Names that cannot be an operation's, because the gateway serves its own routes under them.
pub const RESERVED_OPERATION_NAMES: [&str; 2] = ["gateway", "v1"];

/// Says why a text cannot be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// It has no letters at all.
    Empty,
    /// It has more than [`MAX_NAME_LENGTH`] letters.
    TooLong,
    /// It has a letter outside `[a-zA-Z0-9_-]`.
    ForbiddenLetter,
    /// It has two underscores in a row; LobeChat separates its names by four.
    DoubleUnderscore,
}

impl NameFault {
    /// Returns the fault in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Empty => "a name cannot be empty",
            Self::TooLong => "a name has at most 40 letters",
            Self::ForbiddenLetter => "a name is made of ASCII letters, digits, `_` and `-`",
            Self::DoubleUnderscore => {
                "a name cannot contain `__`: LobeChat separates the parts of a tool name by `____`"
            }
        }
    }
}

impl fmt::Display for NameFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.words())
    }
}

impl std::error::Error for NameFault {}

/// Returns what keeps `name` from being a plugin's identifier or an operation's name, if anything does.
#[must_use]
pub const fn fault(name: &str) -> Option<NameFault> {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return Some(NameFault::Empty);
    }
    if bytes.len() > MAX_NAME_LENGTH {
        return Some(NameFault::TooLong);
    }
    let mut position = 0;
    while position < bytes.len() {
        let byte = bytes[position];
        if !(byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
            return Some(NameFault::ForbiddenLetter);
        }
        if byte == b'_' && position > 0 && bytes[position - 1] == b'_' {
            return Some(NameFault::DoubleUnderscore);
        }
        position += 1;
    }
    None
}

/// Returns `name` as an OpenAPI `operationId`: `-` becomes `_`, because LobeHub's gateway finds no other.
#[must_use]
pub fn operation_id(name: &str) -> String {
    name.replace('-', "_")
}

/// Returns whether `asked` means `name`: exactly, or in the spelling of the OpenAPI document.
#[must_use]
pub fn means(asked: &str, name: &str) -> bool {
    let same_letter = |(asked, own): (u8, u8)| asked == own || (asked == b'_' && own == b'-');
    asked.len() == name.len() && asked.bytes().zip(name.bytes()).all(same_letter)
}

/// Returns the one of `known` that `asked` was probably meant to be: for "did you mean".
#[must_use]
pub fn nearest<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' ', '.'], "");
    let asked = plain(asked);
    known
        .into_iter()
        .map(|name| (edit_distance(&asked, &plain(name)), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}

/// Counts the letters to insert, delete or replace to make one text out of the other (Levenshtein).
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().take(2 * MAX_NAME_LENGTH).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_survive_every_wire() {
        let check = |name: &str, expected| assert_eq!(fault(name), expected, "{name}");
        check("clothes", None);
        check("get-weather", None);
        check("get_weather2", None);
        check("", Some(NameFault::Empty));
        check(&"n".repeat(40), None);
        check(&"n".repeat(41), Some(NameFault::TooLong));
        check("get.weather", Some(NameFault::ForbiddenLetter));
        check("wetter für heute", Some(NameFault::ForbiddenLetter));
        check("get__weather", Some(NameFault::DoubleUnderscore));
    }

    #[test]
    fn both_spellings_mean_the_operation() {
        assert!(means("get-weather", "get-weather"));
        assert!(means("get_weather", "get-weather"));
        assert!(!means("get-weather", "get_weather"));
        assert!(!means("get_weathers", "get-weather"));
    }

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        let known = ["recommend_clothes", "wash"];
        let check = |asked: &str, expected| assert_eq!(nearest(asked, known), expected, "{asked}");
        check("recommendClothes", Some("recommend_clothes"));
        check("recommend_cloths", Some("recommend_clothes"));
        check("weather_now", None);
    }
}
