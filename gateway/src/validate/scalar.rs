//! Judges numbers and strings.
//!
//! Numbers are doubles, as in JavaScript, and limits may be anything that JavaScript compares with: the
//! `exclusiveMinimum: true` of draft 4 is the limit 1 to the edge.

use super::CheckError;
use super::format::Format;
use super::javascript::number_text;
use super::pattern::Pattern;
use super::report::broken;
use super::rules::{Limit, NumberRules, StringRules};
use super::run::{Run, Verdict};
use super::trail::Place;

/// How far from a multiple a number may be: the precision of a single float, as in the edge.
const TOLERANCE: f64 = 1.192_092_9e-7;

impl Run<'_> {
    pub(super) fn number(
        &mut self,
        rules: &NumberRules,
        number: f64,
        place: Place<'_>,
    ) -> Result<(), CheckError> {
        let bounds = [
            ("minimum", &rules.minimum, number_is_under as Compare, "is less than"),
            ("maximum", &rules.maximum, number_is_over, "is greater than"),
            ("exclusiveMinimum", &rules.exclusive_minimum, number_is_not_over, "is less than"),
            (
                "exclusiveMaximum",
                &rules.exclusive_maximum,
                number_is_not_under,
                "is greater than or equal to",
            ),
            ("multipleOf", &rules.multiple_of, number_is_no_multiple, "is not a multiple of"),
        ];
        for (keyword, limit, offends, words) in bounds {
            let Some(limit) = limit.as_ref().filter(|limit| offends(number, limit.number)) else { continue };
            self.object_at(place, keyword, || format!("{} {words} {}.", number_text(number), limit.printed))?;
        }
        Ok(())
    }

    pub(super) fn string(
        &mut self,
        rules: &StringRules,
        text: &str,
        place: Place<'_>,
    ) -> Result<(), CheckError> {
        self.text_length(rules, text, place)?;
        if let Some(pattern) = &rules.pattern {
            let trail = place.schema.name("pattern");
            let place = place.at_schema(&trail);
            self.require_sense(pattern, "pattern", place)?;
            if !self.matches(pattern, text)? {
                self.object_to(place, "pattern", || "String does not match pattern.".to_owned())?;
            }
        }
        if let Some(format) = rules.format {
            self.format(format, text, place)?;
        }
        Ok(())
    }

    /// Counts code points, as RFC 8259 means characters.
    fn text_length(&mut self, rules: &StringRules, text: &str, place: Place<'_>) -> Result<(), CheckError> {
        if rules.min_length.is_none() && rules.max_length.is_none() {
            return Ok(());
        }
        self.fuel.burn_text(text.len() / 16)?;
        let length = text.chars().count();
        let words =
            |what, than, limit: &Limit| format!("String is too {what} ({length} {than} {}).", limit.printed);
        if let Some(limit) = rules.min_length.as_ref().filter(|limit| (length as f64) < limit.number) {
            self.object_at(place, "minLength", || words("short", "<", limit))?;
        }
        if let Some(limit) = rules.max_length.as_ref().filter(|limit| (length as f64) > limit.number) {
            self.object_at(place, "maxLength", || words("long", ">", limit))?;
        }
        Ok(())
    }

    fn format(&mut self, format: Format, text: &str, place: Place<'_>) -> Result<(), CheckError> {
        self.fuel.burn(format.cost(text))?;
        if format.fits(text)? {
            return Ok(());
        }
        self.object_at(place, "format", || format!("String does not match format \"{}\".", format.name()))
    }

    /// Refuses to judge by a pattern that is no regular expression, or too large a one, even if there is nothing to match.
    pub(super) fn require_sense(
        &self,
        pattern: &Pattern,
        keyword: &'static str,
        place: Place<'_>,
    ) -> Result<(), CheckError> {
        match pattern {
            Pattern::Nonsense => {
                Err(broken(place, keyword, "The pattern is not a regular expression.".to_owned()))
            }
            Pattern::Excessive => {
                Err(broken(place, keyword, "The pattern is too large to judge by.".to_owned()))
            }
            Pattern::Light(_) | Pattern::Heavy(_) | Pattern::Backtracking(_) => Ok(()),
        }
    }

    pub(super) fn matches(&mut self, pattern: &Pattern, text: &str) -> Verdict {
        self.fuel.burn(pattern.cost(text))?;
        pattern.is_match(text)
    }
}

type Compare = fn(f64, f64) -> bool;

fn number_is_under(number: f64, limit: f64) -> bool {
    number < limit
}

fn number_is_over(number: f64, limit: f64) -> bool {
    number > limit
}

fn number_is_not_over(number: f64, limit: f64) -> bool {
    number <= limit
}

fn number_is_not_under(number: f64, limit: f64) -> bool {
    number >= limit
}

fn number_is_no_multiple(number: f64, factor: f64) -> bool {
    let remainder = number % factor;
    remainder.abs() >= TOLERANCE && (factor - remainder).abs() >= TOLERANCE
}
