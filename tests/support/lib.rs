//! The harness of the end-to-end suites: plugins to call, real servers on free ports, and the table of calls that
//! every door has to answer alike.

/// Compiles what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub mod readme {}

pub mod calls;
pub mod http;
pub mod parity;
pub mod raw;
pub mod upstream;

/// Compares a text with `data/golden/{name}`, or writes it there when `BLESS` is set.
///
/// # Panics
///
/// When they differ.
#[track_caller]
pub fn golden(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).expect("the golden can be written");
        return;
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let line = known.lines().zip(text.lines()).take_while(|(known, text)| known == text).count();
    assert!(
        known == text,
        "{name} differs from line {} on:\n  was {:?}\n  is  {:?}\nlook at it, then run with BLESS=1",
        line + 1,
        known.lines().nth(line),
        text.lines().nth(line),
    );
}
