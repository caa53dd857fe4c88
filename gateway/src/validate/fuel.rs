//! Counts what a judgement costs, so that a hostile schema ends in a refusal and not in a blocked thread.
//!
//! One unit is about one visit of one schema node. Text and comparisons are charged by their length. Time is
//! not measured here: the same call must always have the same outcome.

use super::CheckError;

/// Limits the work of one check: visits of schema nodes, plus what texts and comparisons are worth.
///
/// A hundred thousand are out of reach for honest plugins; a chain of `allOf` that doubles thirty times, or
/// `uniqueItems` over a huge list, ends here after some milliseconds.
pub const BUDGET: u64 = 300_000;

/// Limits how many schema nodes may be nested in one another while judging, through `$ref` or otherwise.
///
/// JSON text is at most 128 deep by the time it gets here; two nodes for each level fit, and documents of people
/// are not a tenth as deep. Unoptimised code then needs less than one MiB of stack.
pub const DEPTH: u32 = 256;

/// Bytes of text that cost as much as one visit.
const BYTES_PER_UNIT: usize = 32;

#[derive(Debug)]
pub(super) struct Fuel {
    left: u64,
}

impl Fuel {
    pub(super) fn new(left: u64) -> Self {
        Self { left }
    }

    pub(super) fn burn(&mut self, units: usize) -> Result<(), CheckError> {
        self.left = self.left.checked_sub(units as u64).ok_or(CheckError::TooCostly)?;
        Ok(())
    }

    pub(super) fn burn_text(&mut self, bytes: usize) -> Result<(), CheckError> {
        self.burn(bytes / BYTES_PER_UNIT)
    }
}
