//! Puts findings down in the edge's order.
//!
//! The edge builds lists and splices them; here one list grows, a heading is put down before its details and
//! taken back if there turn out to be none. Nothing is worded that nobody will read.

use super::run::{Run, Verdict};
use super::trail::Place;
use super::{CheckError, Finding};

/// How many findings are worded: far more than anybody reads, and far fewer than a schema can be made to give.
const MAX_FINDINGS: usize = 500;

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

    /// Keeps a line free for a heading, unless there are more than enough.
    pub(super) fn open_section(&mut self) -> usize {
        let slot = self.findings.len();
        if slot < MAX_FINDINGS {
            self.findings.push(Finding::default());
        }
        slot
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
            self.findings[slot] = finding;
        }
        Ok(())
    }

    pub(super) fn findings_so_far(&self) -> usize {
        self.findings.len()
    }

    pub(super) fn forget_findings(&mut self, start: usize) {
        self.findings.truncate(start);
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
