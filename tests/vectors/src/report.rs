//! What the runner prints: a line for each vector that did not pass, a table of groups, and the sum.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::vector::Vector;
use crate::verdict::Verdict;

/// Counts of one group or of everything.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    passed: usize,
    failed: usize,
    waiting: usize,
    not_understood: usize,
}

/// What came of all vectors, in their order.
pub(crate) struct Report {
    results: Vec<(Vector, Verdict)>,
}

impl Report {
    /// Begins with everything that came of it.
    pub(crate) fn new(results: Vec<(Vector, Verdict)>) -> Self {
        Self { results }
    }

    /// Returns whether nothing failed.
    pub(crate) fn is_good(&self) -> bool {
        let sum = self.sum();
        sum.failed == 0 && sum.not_understood == 0
    }

    /// Returns the groups that a bad gateway got through although it must not, and the controls that stopped it.
    pub(crate) fn vacuous(&self) -> Vec<String> {
        let wrong = |(name, counts): (&String, &Counts)| {
            let run = counts.passed + counts.failed;
            let failed = counts.failed > 0;
            // What a control expects is that something works; a bad gateway does everything that works.
            let control = name.ends_with("-control");
            (run > 0 && failed == control).then(|| name.clone())
        };
        self.groups().iter().filter_map(wrong).collect()
    }

    /// Prints.
    pub(crate) fn print(&self, output: &mut impl Write) -> io::Result<()> {
        for (vector, verdict) in &self.results {
            match verdict {
                Verdict::Failed(faults) => writeln!(output, "FAILED {}: {}", vector.id, faults.join("; "))?,
                Verdict::NotUnderstood(words) => writeln!(output, "NOT UNDERSTOOD {}: {words}", vector.id)?,
                Verdict::Passed | Verdict::Waiting(_) => {}
            }
        }
        self.print_waiting(output)?;
        writeln!(
            output,
            "\n{:<30} {:>6} {:>6} {:>7} {:>14}",
            "group", "passed", "failed", "waiting", "not understood"
        )?;
        for (name, counts) in self.groups() {
            let Counts { passed, failed, waiting, not_understood } = counts;
            writeln!(output, "{name:<30} {passed:>6} {failed:>6} {waiting:>7} {not_understood:>14}")?;
        }
        let sum = self.sum();
        writeln!(output, "\n{} waiting", sum.waiting)?;
        writeln!(output, "{} passed, {} failed", sum.passed, sum.failed + sum.not_understood)
    }

    fn print_waiting(&self, output: &mut impl Write) -> io::Result<()> {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, verdict) in &self.results {
            if let Verdict::Waiting(reason) = verdict {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        for (reason, count) in reasons {
            writeln!(output, "waiting for {reason}: {count}")?;
        }
        Ok(())
    }

    fn groups(&self) -> BTreeMap<String, Counts> {
        let mut groups: BTreeMap<String, Counts> = BTreeMap::new();
        for (vector, verdict) in &self.results {
            let name = format!("{} {}", vector.suite.name(), vector.group);
            groups.entry(name).or_default().count(verdict);
        }
        groups
    }

    fn sum(&self) -> Counts {
        let mut sum = Counts::default();
        self.results.iter().for_each(|(_, verdict)| sum.count(verdict));
        sum
    }
}

impl Counts {
    fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed(_) => self.failed += 1,
            Verdict::Waiting(_) => self.waiting += 1,
            Verdict::NotUnderstood(_) => self.not_understood += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::vector::vector;

    fn report(group: &str, verdicts: Vec<Verdict>) -> Report {
        let one = vector(json!({ "id": "ssrf-x", "group": group }));
        Report::new(verdicts.into_iter().map(|verdict| (one.clone(), verdict)).collect())
    }

    #[test]
    fn what_is_not_understood_is_a_failure() {
        assert!(report("g", vec![Verdict::Passed, Verdict::Waiting("MCP".into())]).is_good());
        assert!(!report("g", vec![Verdict::NotUnderstood("x".into())]).is_good());
    }

    #[test]
    fn a_group_that_a_bad_gateway_gets_through_is_vacuous() {
        let failed = || Verdict::Failed(vec!["x".into()]);
        assert_eq!(report("g", vec![Verdict::Passed]).vacuous(), ["ssrf g"]);
        assert!(report("g", vec![Verdict::Passed, failed()]).vacuous().is_empty());
        assert!(report("v4-control", vec![Verdict::Passed]).vacuous().is_empty());
        assert_eq!(report("v4-control", vec![failed()]).vacuous(), ["ssrf v4-control"]);
        assert!(report("g", vec![Verdict::Waiting("MCP".into())]).vacuous().is_empty());
    }

    #[test]
    fn the_last_line_is_the_sum() {
        let mut text = Vec::new();
        report("g", vec![Verdict::Passed, Verdict::Failed(vec!["x".into()])]).print(&mut text).unwrap();
        assert!(String::from_utf8(text).unwrap().ends_with("1 passed, 1 failed\n"));
    }
}
