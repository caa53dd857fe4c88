//! Matches texts by the patterns of a schema, in bounded time.
//!
//! Whatever a linear engine can express runs on one. Look-around and back references need a backtracking
//! engine; it gets few steps and short texts only, and giving up is a refusal. Translation stands in `ecma`.

use std::collections::HashMap;
use std::sync::Arc;

use super::CheckError;
use super::ecma::{self, Dialect};

/// Limits the compiled size of a pattern, in bytes.
const SIZE_LIMIT: usize = 1 << 18;
/// Up to this compiled size a pattern counts as light.
const LIGHT_SIZE: usize = 1 << 14;
/// Limits the text of a pattern, in bytes (rule P5).
const SOURCE_LIMIT: usize = 1 << 10;
/// Limits the compiling done for one schema: a light pattern is one, a heavy one sixteen.
const COMPILE_BUDGET: usize = 1024;
const HEAVY: usize = 16;
/// Limits the steps of the backtracking engine, and the text it is given, in bytes: a step may look at all of it.
const BACKTRACK_LIMIT: usize = 50_000;
const BACKTRACK_TEXT_LIMIT: usize = 1 << 11;

/// Matches texts, or tells why it cannot.
#[derive(Debug)]
pub(super) enum Pattern {
    Light(regex::Regex),
    Heavy(regex::Regex),
    Backtracking(Box<fancy_regex::Regex>),
    /// ECMA-262 does not know such a pattern.
    Nonsense,
    /// Is a pattern, but a bigger one than we care to run.
    Excessive,
}

/// Compiles the patterns of one schema, each once, within one budget.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    known: HashMap<String, Arc<Pattern>>,
    spent: usize,
}

impl Patterns {
    pub(super) fn get(&mut self, source: &str) -> Arc<Pattern> {
        if let Some(pattern) = self.known.get(source) {
            return Arc::clone(pattern);
        }
        let affordable = self.spent < COMPILE_BUDGET;
        let pattern = Arc::new(if affordable { Pattern::compile(source) } else { Pattern::Excessive });
        self.spent += if matches!(*pattern, Pattern::Light(_)) { 1 } else { HEAVY };
        self.known.insert(source.to_owned(), Arc::clone(&pattern));
        pattern
    }
}

impl Pattern {
    /// Compiles the source of a `u` regular expression of ECMA-262.
    pub(super) fn compile(source: &str) -> Self {
        if source.len() > SOURCE_LIMIT {
            return Self::Excessive;
        }
        let Some(translation) = ecma::translate(source, Dialect::Linear) else { return Self::Nonsense };
        if translation.backtracks {
            return Self::backtracking(source);
        }
        if let Ok(regex) = linear(&translation.text, LIGHT_SIZE) {
            return Self::Light(regex);
        }
        linear(&translation.text, SIZE_LIMIT).map_or(Self::Excessive, Self::Heavy)
    }

    fn backtracking(source: &str) -> Self {
        let Some(translation) = ecma::translate(source, Dialect::Backtracking) else { return Self::Nonsense };
        let regex = fancy_regex::RegexBuilder::new(&translation.text)
            .backtrack_limit(BACKTRACK_LIMIT)
            .delegate_size_limit(LIGHT_SIZE)
            .build();
        regex.map_or(Self::Excessive, |regex| Self::Backtracking(Box::new(regex)))
    }

    /// Estimates what matching a text costs, in units of fuel.
    pub(super) fn cost(&self, text: &str) -> usize {
        match self {
            Self::Light(_) => 1 + text.len() / 4,
            Self::Heavy(_) => 1 + text.len() * 4,
            Self::Backtracking(_) => 500 + text.len() * (16 + text.len() / 16),
            Self::Nonsense | Self::Excessive => 0,
        }
    }

    /// Says whether a text matches. What nobody can judge by matches nothing; callers have asked for it before.
    pub(super) fn is_match(&self, text: &str) -> Result<bool, CheckError> {
        match self {
            Self::Light(regex) | Self::Heavy(regex) => Ok(regex.is_match(text)),
            Self::Backtracking(regex) if text.len() <= BACKTRACK_TEXT_LIMIT => {
                regex.is_match(text).map_err(|_| CheckError::TooCostly)
            }
            Self::Backtracking(_) => Err(CheckError::TooCostly),
            Self::Nonsense | Self::Excessive => Ok(false),
        }
    }
}

fn linear(text: &str, size: usize) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(text).size_limit(size).build()
}
