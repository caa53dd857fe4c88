//! What came of a vector.

use serde::{Deserialize, Serialize};

/// What came of a vector. Only the first of these is a pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Verdict {
    /// Everything that was expected was seen.
    Passed,
    /// Something else was seen; each line says what was expected.
    Failed(Vec<String>),
    /// The gateway does not offer yet what the vector is about.
    Waiting(String),
    /// The vector says something in words that the runner has no meaning for. Counts as a failure.
    NotUnderstood(String),
}

/// What was seen that was not expected.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// What would be so again.
    pub(crate) firm: Vec<String>,
    /// What may come from a machine that had other things to do: another try decides.
    pub(crate) timing: Vec<String>,
}

impl Faults {
    /// Notes a fault unless `holds`.
    pub(crate) fn unless(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.firm.push(fault());
        }
    }

    /// Notes a fault of time unless `holds`.
    pub(crate) fn unless_in_time(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.timing.push(fault());
        }
    }

    /// Adds what another look found, each line led by where it was found.
    pub(crate) fn add(&mut self, place: &str, other: Self) {
        let lead = |line: String| if place.is_empty() { line } else { format!("{place}: {line}") };
        self.firm.extend(other.firm.into_iter().map(lead));
        self.timing.extend(other.timing.into_iter().map(lead));
    }

    /// Returns whether nothing was wrong but the time.
    pub(crate) fn only_timing(&self) -> bool {
        self.firm.is_empty() && !self.timing.is_empty()
    }

    /// Judges.
    pub(crate) fn verdict(self) -> Verdict {
        let faults: Vec<String> = self.firm.into_iter().chain(self.timing).collect();
        if faults.is_empty() { Verdict::Passed } else { Verdict::Failed(faults) }
    }
}

/// Why a vector was not run to its end.
#[derive(Debug)]
pub(crate) enum Unrun {
    /// See [`Verdict::Waiting`].
    Waiting(String),
    /// See [`Verdict::NotUnderstood`].
    NotUnderstood(String),
    /// The runner itself could not do its part: a failure.
    Harness(anyhow::Error),
}

impl Unrun {
    /// Says that a word has no meaning here.
    pub(crate) fn words(what: &str, words: impl std::fmt::Display) -> Self {
        Self::NotUnderstood(format!("{what}: {words}"))
    }
}

impl<E: Into<anyhow::Error>> From<E> for Unrun {
    fn from(error: E) -> Self {
        Self::Harness(error.into())
    }
}

impl From<Unrun> for Verdict {
    fn from(unrun: Unrun) -> Self {
        match unrun {
            Unrun::Waiting(reason) => Self::Waiting(reason),
            Unrun::NotUnderstood(words) => Self::NotUnderstood(words),
            Unrun::Harness(error) => {
                Self::Failed(vec![format!("the runner could not do its part: {error:#}")])
            }
        }
    }
}
