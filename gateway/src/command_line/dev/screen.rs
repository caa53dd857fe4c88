//! The developer's screen: one line for each thing that happens, in few words. The only file that knows anstream.

use std::fmt::{self, Display, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anstream::println;
use anstyle::{AnsiColor, Style};
use lobe_plugin_sdk::check::{Remark, Severity};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
const QUIET: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// How wide the name of what was asked for is at least, so that numbers stand below each other.
const ASKED_WIDTH: usize = 40;

/// Where things are told.
#[derive(Clone)]
pub(super) struct Screen {
    /// What stands before the command's own lines: its name.
    name: Arc<str>,
}

/// Tells of one request that was answered.
pub(super) struct Told<'a> {
    pub(super) asked: &'a str,
    pub(super) status: u16,
    pub(super) took: Duration,
    /// What went wrong, and then what can be done.
    pub(super) lines: Vec<String>,
}

impl Screen {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.into() }
    }

    /// Returns whether colours are shown: on a terminal, unless `NO_COLOR` says no.
    pub(super) fn has_colours(&self) -> bool {
        anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
    }

    /// Shows a line of the command's own.
    pub(super) fn output(&self, line: &str) {
        println!("{QUIET}{} |{QUIET:#} {line}", self.name);
    }

    /// Says what is going on.
    pub(super) fn say(&self, text: impl Display) {
        println!("{STRONG}dev{STRONG:#}  {text}");
    }

    /// Says what went wrong.
    pub(super) fn object(&self, text: impl Display) {
        println!("{STRONG}dev{STRONG:#}  {BAD}error:{BAD:#} {text}");
    }

    /// Says what is wrong with a document, or could be better.
    pub(super) fn remark(&self, remark: &Remark) {
        let (style, word) = match remark.severity {
            Severity::Error => (BAD, "error"),
            Severity::Warning => (DOUBTFUL, "warning"),
            Severity::Note => (QUIET, "note"),
        };
        let Remark { place, text, .. } = remark;
        if place.is_empty() {
            return println!("     {style}{word}:{style:#} {text}");
        }
        println!("     {style}{word}:{style:#} {STRONG}{place}{STRONG:#}: {text}");
    }

    /// Shows what is to be read as it stands.
    pub(super) fn show(&self, text: &str) {
        println!("{text}");
    }

    /// Tells of a request.
    pub(super) fn tell(&self, told: &Told<'_>) {
        let style = if told.status < 400 { GOOD } else { BAD };
        let Told { asked, status, took, lines } = told;
        println!("{STRONG}dev{STRONG:#}  {asked:<ASKED_WIDTH$} {style}{status}{style:#} {:>9}", Took(*took));
        for line in lines {
            println!("     {line}");
        }
    }
}

/// Shows a time as people say it.
struct Took(Duration);

impl Display for Took {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        let text = match seconds {
            _ if seconds < 0.01 => format!("{:.1} ms", seconds * 1e3),
            _ if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
            _ => format!("{seconds:.1} s"),
        };
        formatter.pad(&text)
    }
}

/// Names files that have changed: one or two, and how many more.
pub(super) fn files(paths: &[PathBuf]) -> String {
    let mut text = String::new();
    for (position, path) in paths.iter().take(2).enumerate() {
        let separator = if position == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}{}", path.strip_prefix(".").unwrap_or(path).display());
    }
    if paths.len() > 2 {
        let _ = write!(text, " and {} more", paths.len() - 2);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        let check = |micros: u64, expected: &str| {
            assert_eq!(Took(Duration::from_micros(micros)).to_string(), expected)
        };
        check(412, "0.4 ms");
        check(12_400, "12 ms");
        check(2_340_000, "2.3 s");
    }

    #[test]
    fn many_files_are_few_words() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(files(&paths(&["./src/lib.rs"])), "src/lib.rs");
        assert_eq!(files(&paths(&["./a", "b", "c", "d"])), "a, b and 2 more");
    }
}
