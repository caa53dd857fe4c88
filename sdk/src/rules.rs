//! What is said about an argument beyond its type: shown in the schema, and held against what comes.

use regex_lite::Regex;
use serde::Serialize;
use serde_json::{Number, Value, json};

/// States the rules for one argument.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    minimum: Option<Number>,
    maximum: Option<Number>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    pattern: Option<Regex>,
    example: Option<Value>,
}

/// Keeps the rules of an operation's arguments by their names.
pub(crate) type RuleBook = Vec<(&'static str, Rules)>;

impl Rules {
    /// Sets the smallest number.
    pub fn at_least(&mut self, bound: impl Serialize) -> &mut Self {
        self.minimum = number(&bound);
        self
    }

    /// Sets the largest number.
    pub fn at_most(&mut self, bound: impl Serialize) -> &mut Self {
        self.maximum = number(&bound);
        self
    }

    /// Sets how many letters, items or members there are at least.
    pub fn no_shorter_than(&mut self, length: usize) -> &mut Self {
        self.min_length = Some(length);
        self
    }

    /// Sets how many letters, items or members there are at most.
    pub fn no_longer_than(&mut self, length: usize) -> &mut Self {
        self.max_length = Some(length);
        self
    }

    /// Sets the regular expression that a text has to match somewhere, as in JSON Schema.
    ///
    /// # Panics
    ///
    /// When it is none. An operation is made when its plugin is, so every test of the plugin finds out.
    pub fn matching(&mut self, pattern: &str) -> &mut Self {
        let regex = Regex::new(pattern);
        self.pattern =
            Some(regex.unwrap_or_else(|error| panic!("`{pattern}` is no regular expression: {error}")));
        self
    }

    /// Sets what a good value looks like.
    pub fn such_as(&mut self, example: impl Serialize) -> &mut Self {
        self.example = serde_json::to_value(example).ok();
        self
    }

    /// Returns whether there is nothing to hold against a value.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { minimum, maximum, min_length, max_length, pattern, example: _ } = self;
        minimum.is_none()
            && maximum.is_none()
            && min_length.is_none()
            && max_length.is_none()
            && pattern.is_none()
    }

    /// Returns whether a value keeps the rules. Of a value of another type they say nothing, as in JSON Schema.
    pub(crate) fn admit(&self, value: &Value) -> bool {
        match value {
            Value::Number(number) => {
                self.minimum.as_ref().is_none_or(|least| at_most(least, number))
                    && self.maximum.as_ref().is_none_or(|most| at_most(number, most))
            }
            Value::String(text) => {
                self.admit_length(text.chars().count())
                    && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
            }
            Value::Array(items) => self.admit_length(items.len()),
            Value::Object(members) => self.admit_length(members.len()),
            Value::Null | Value::Bool(_) => true,
        }
    }

    fn admit_length(&self, length: usize) -> bool {
        self.min_length.is_none_or(|least| least <= length)
            && self.max_length.is_none_or(|most| length <= most)
    }

    /// Writes the rules into the argument's schema, in the words for its type.
    pub(crate) fn write(&self, property: &mut Value) {
        let of = |kind: &str| match property.get("type") {
            Some(Value::String(name)) => name == kind,
            Some(Value::Array(names)) => names.iter().any(|name| name == kind),
            _ => false,
        };
        let [least, most] = match (of("array"), of("object")) {
            (true, _) => ["minItems", "maxItems"],
            (_, true) => ["minProperties", "maxProperties"],
            _ => ["minLength", "maxLength"],
        };
        let mut say = |keyword: &str, value: Option<Value>| {
            if let Some(value) = value {
                property[keyword] = value;
            }
        };
        say("minimum", self.minimum.clone().map(Value::Number));
        say("maximum", self.maximum.clone().map(Value::Number));
        say(least, self.min_length.map(Value::from));
        say(most, self.max_length.map(Value::from));
        say("pattern", self.pattern.as_ref().map(|pattern| pattern.as_str().into()));
        say("examples", self.example.clone().map(|example| json!([example])));
    }
}

fn number(bound: &impl Serialize) -> Option<Number> {
    match serde_json::to_value(bound) {
        Ok(Value::Number(number)) => Some(number),
        _ => None,
    }
}

/// Compares two numbers: as integers where both are, so that nothing is rounded.
fn at_most(one: &Number, other: &Number) -> bool {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one <= other,
        _ => one.as_f64() <= other.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_hold_for_the_types_they_are_about() {
        let mut rules = Rules::default();
        rules.at_least(1).at_most(2.5).no_shorter_than(2).no_longer_than(3).matching("^[a-z]*$");
        let check = |value: Value, expected| assert_eq!(rules.admit(&value), expected, "{value}");
        check(json!(1), true);
        check(json!(0), false);
        check(json!(2.5), true);
        check(json!(2.6), false);
        check(json!("ab"), true);
        check(json!("äöü"), false);
        check(json!("a"), false);
        check(json!("abcd"), false);
        check(json!([1, 2]), true);
        check(json!([]), false);
        check(json!({ "a": 1, "b": 2, "c": 3, "d": 4 }), false);
        check(json!(null), true);
        let mut wide = Rules::default();
        wide.at_most(u64::MAX - 1);
        assert!(!wide.admit(&json!(u64::MAX)), "nothing is rounded");
    }

    #[test]
    fn rules_are_written_in_the_words_for_the_type() {
        let mut rules = Rules::default();
        rules.no_shorter_than(1).such_as("x");
        let check = |kind: Value, keyword: &str| {
            let mut property = json!({ "type": kind });
            rules.write(&mut property);
            assert_eq!(property[keyword], 1, "{property}");
            assert_eq!(property["examples"], json!(["x"]));
        };
        check(json!("string"), "minLength");
        check(json!(["array", "null"]), "minItems");
        check(json!("object"), "minProperties");
    }

    #[test]
    #[should_panic(expected = "`(` is no regular expression")]
    fn a_pattern_that_is_none_is_found_when_the_plugin_is_made() {
        Rules::default().matching("(");
    }
}
