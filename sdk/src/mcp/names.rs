//! The names of tools: an operation's own, or a plugin's and an operation's in one.
//!
//! LobeHub joins a connector's identifier and a tool's name, and replaces what has over 52 letters together by a hash that
//! nobody can read. So what is too long is cut here, where the front of it stays readable, and always in the same way:
//! whatever else a server shows, a tool keeps its name.

use sha2::{Digest, Sha256};

use crate::name::MAX_JOINED_LENGTH;

/// What stands between a plugin's identifier and an operation's name. No name of ours contains it.
const BETWEEN: &str = "__";

/// How many hex digits of the SHA-256 stand in for what was cut.
const DIGITS: usize = 8;

/// Names a tool of a server that shows one plugin.
pub(super) fn alone(operation: &str) -> String {
    fitting(operation)
}

/// Names a tool of a server that shows many plugins.
pub(super) fn together(identifier: &str, operation: &str) -> String {
    fitting(&format!("{identifier}{BETWEEN}{operation}"))
}

/// Returns a name as it is, or what clients accept instead of it: strangers' names may have any letters, and any length.
fn fitting(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !name.is_empty() && name.len() <= MAX_JOINED_LENGTH && name.chars().all(is_plain) {
        return name.to_owned();
    }
    let front = name.chars().map(|letter| if is_plain(letter) { letter } else { '_' });
    let front: String = front.take(MAX_JOINED_LENGTH - DIGITS - 1).collect();
    let digest = Sha256::digest(name.as_bytes());
    let digits: String = digest.iter().take(DIGITS / 2).map(|byte| format!("{byte:02x}")).collect();
    format!("{front}_{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_or_cut_in_one_way() {
        let check = |identifier: &str, operation: &str, expected: &str| {
            assert_eq!(together(identifier, operation), expected);
        };
        check("weather", "current-weather", "weather__current-weather");
        check("a", &"b".repeat(49), &format!("a__{}", "b".repeat(49)));
        // The first digits of `sha256sum` over the whole name.
        check("a", &"b".repeat(50), &format!("a__{}_85afe208", "b".repeat(40)));
        check("wetter", "Köln heute", "wetter__K_ln_heute_c8858a13");
        assert_eq!(alone("say"), "say");
        assert_eq!(alone(""), "_e3b0c442");
    }
}
