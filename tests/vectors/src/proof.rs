//! Vectors that no gateway can be asked about from outside: each names tests of ours that prove it, and those are run.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::vector::{Suite, Vector};
use crate::verdict::{Faults, Verdict};

/// Says which tests prove a vector.
struct Line {
    applies: fn(&Vector) -> bool,
    /// The arguments of `cargo test`, and the name of the test or of what it begins with.
    tests: &'static [(&'static [&'static str], &'static str)],
}

const LINES: &[Line] = &[
    Line {
        applies: |vector| {
            let experiment = vector.member("input")["experiment"].as_str();
            experiment.is_some_and(|experiment| experiment.starts_with("code check"))
        },
        tests: &[
            (&["--test", "sdk"], "house::no_secret_is_compared_by_equality"),
            (&["--package", "lobe-plugin-sdk", "--doc"], "serve::authorize::digest::Digest"),
        ],
    },
    Line {
        applies: |vector| vector.text("call") == Some("unit"),
        tests: &[
            (&["--package", "lobe-plugin-sdk", "--lib"], "protocol::settings::tests::"),
            (&["--package", "lobe-plugin-sdk", "--doc"], "protocol::settings::UserSettings"),
        ],
    },
    Line {
        applies: |vector| vector.text("call") == Some("core dump"),
        tests: &[
            (&["--lib"], "command_line::serve::tests::there_will_be_no_core_dump"),
            (&["--package", "lobe-plugin-sdk", "--lib"], "secret::tests::memory_is_overwritten"),
        ],
    },
    // The program is built without the export of spans where it is run against vectors.
    Line {
        applies: |vector| vector.suite == Suite::Leak && vector.group == "trace",
        tests: &[(&["--test", "command_line"], "traces::")],
    },
    Line {
        applies: |vector| vector.member("setup")["h2_upstream"] == true,
        tests: &[(&["--lib"], "outbound::tests::h2::what_may_be_secret_is_never_indexed")],
    },
    Line {
        applies: |vector| vector.member("load").get("clock").is_some(),
        tests: &[(&["--test", "sdk"], "house::no_time_is_measured_by_a_clock_that_can_be_set")],
    },
];

/// Runs the tests that prove a vector, if there are such.
pub(crate) fn of(vector: &Vector, known_bad: bool) -> Option<Verdict> {
    let line = LINES.iter().find(|line| (line.applies)(vector))?;
    if known_bad {
        return Some(Verdict::Waiting("nothing: tests of ours prove it, and no other gateway".to_owned()));
    }
    let mut faults = Faults::default();
    for (arguments, name) in line.tests {
        let passed = passed(arguments, name).unwrap_or_else(|error| {
            faults.firm.push(format!("{error:#}"));
            1
        });
        faults.unless(passed > 0, || format!("there is no test `{name}`"));
    }
    Some(faults.verdict())
}

/// Runs tests, and returns how many passed.
fn passed(arguments: &[&str], name: &str) -> Result<usize> {
    let output = Command::new("cargo")
        .args(["test", "--locked"])
        .args(arguments)
        .arg(name)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .context("cargo, which runs tests")?;
    let said = String::from_utf8_lossy(&output.stdout);
    anyhow::ensure!(output.status.success(), "`{name}` fails: {}", said.trim());
    let passed =
        |line: &str| line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse::<usize>().ok();
    Ok(said.lines().filter_map(passed).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_not_there_proves_nothing() {
        assert_eq!(passed(&["--package", "lobe-vectors", "--lib"], "no_such_test").unwrap(), 0);
    }
}
