//! Puts findings down in the edge's order.
//!
//! The edge builds lists and splices them; here one list grows, a heading is put down before its details and
//! taken back if there turn out to be none. Nothing is worded that nobody will read.

use super::run::{Run, Verdict};
use super::trail::Place;
use super::{CheckError, Finding};

/// How many findings are worded: far more than anybody reads, and far fewer than a schema can be made to give.
const MAX_FINDINGS: usize = 500;

/// What was objected to so far. All are counted, since what nothing was found at fits; the first of them are kept.
#[derive(Debug, Default)]
pub(super) struct Findings {
    kept: Vec<Finding>,
    count: usize,
}

impl Findings {
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Takes back all but the first so many.
    pub(super) fn truncate(&mut self, count: usize) {
        self.kept.truncate(count);
        self.count = count;
    }

    pub(super) fn into_kept(self) -> Vec<Finding> {
        self.kept
    }

    /// Counts one more, and keeps a line free for it unless there are more than enough.
    fn push(&mut self) -> usize {
        let slot = self.count;
        if slot < MAX_FINDINGS {
            self.kept.push(Finding::default());
        }
        self.count += 1;
        slot
    }
}

impl Run<'_> {
    /// Objects to the instance at a keyword of the schema at hand.
    pub(super) fn object_at(
        &mut self,
        place: Place<'_>,
        keyword: &'static str,
        words: impl FnOnce() -> String,
    ) -> Result<(), CheckError> {
        let trail = place.schema.name(keyword);
        self.object_to(place.at_schema(&trail), keyword, words)
    }

    /// Objects to the instance at exactly this place.
    pub(super) fn object_to(
        &mut self,
        place: Place<'_>,
        keyword: &'static str,
        words: impl FnOnce() -> String,
    ) -> Result<(), CheckError> {
        let slot = self.open_section();
        self.close_section(slot, place, keyword, words)
    }

    /// Judges something, and puts a heading before its findings if there are any.
    pub(super) fn section(
        &mut self,
        place: Place<'_>,
        keyword: &'static str,
        heading: impl FnOnce() -> String,
        judge: impl FnOnce(&mut Self) -> Verdict,
    ) -> Verdict {
        let slot = self.open_section();
        if judge(self)? {
            self.findings.truncate(slot);
            return Ok(true);
        }
        self.close_section(slot, place, keyword, heading)?;
        Ok(false)
    }

    /// Keeps a line free for a heading.
    pub(super) fn open_section(&mut self) -> usize {
        self.findings.push()
    }

    pub(super) fn close_section(
        &mut self,
        slot: usize,
        place: Place<'_>,
        keyword: &'static str,
        heading: impl FnOnce() -> String,
    ) -> Result<(), CheckError> {
        if self.silent == 0 && slot < MAX_FINDINGS {
            let finding = finding(place, keyword, heading());
            let texts = [&finding.instance_location, &finding.keyword_location, &finding.error];
            self.fuel.burn_text(texts.iter().map(|text| text.len()).sum())?;
            self.findings.kept[slot] = finding;
        }
        Ok(())
    }
}

/// Words the one finding of a schema that nobody can judge by.
pub(super) fn broken(place: Place<'_>, keyword: &'static str, words: String) -> CheckError {
    CheckError::Broken(Box::new(finding(place, keyword, words)))
}

fn finding(place: Place<'_>, keyword: &'static str, error: String) -> Finding {
    let (instance_location, keyword_location) = (place.instance.print(), place.schema.print());
    Finding { instance_location, keyword, keyword_location, error }
}
