//! What an upstream does with a connection that the gateway keeps for the next call: the vectors' words, and what they
//! mean. They name two things, when and what, in any order.

use super::super::script::Step;
use crate::verdict::Unrun;

/// An answer after which the connection stays open.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
/// An answer that nobody asked for.
const STRAY: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n\"POISON\"";
/// As much of an answer as shows that it was begun.
const BEGUN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Le";

/// How many calls a vector makes that does not say so: one that opens the connection, and one that finds it.
pub(super) const CALLS: u64 = 2;

/// What the server does on the first connection, and on those after it.
pub(super) struct Conduct {
    pub(super) first: Vec<Step>,
    pub(super) later: Vec<Step>,
}

/// Reads what a vector says of its server.
pub(super) fn parse(words: &str) -> Result<Conduct, Unrun> {
    let lower = words.to_lowercase();
    // Beginnings of words, or `first` would say `rst`.
    let says = |any: &[&str]| any.iter().any(|begin| format!(" {lower}").contains(&format!(" {begin}")));
    let serve = || vec![Step::ReadRequest, Step::Send(ANSWER.to_vec())];
    let when = if says(&["after the first byte", "after first byte", "mid-answer", "inside the answer"]) {
        vec![Step::ReadRequest, Step::Send(BEGUN.to_vec())]
    } else if says(&["before the first byte", "before first byte", "reuse", "second request", "next request"])
    {
        vec![Step::ReadRequest]
    } else if says(&["idle", "between", "kept", "surplus", "stray", "unsolicited"]) {
        Vec::new()
    } else {
        return Err(Unrun::words("pool", words));
    };
    let what = if says(&["rst", "reset"]) {
        Step::Reset
    } else if says(&["fin", "close"]) {
        Step::Close
    } else if says(&["silen", "hang", "never answer", "dead", "half-open"]) {
        Step::Hang
    } else if says(&["surplus", "stray", "unsolicited", "poison"]) {
        Step::Send(STRAY.to_vec())
    } else {
        return Err(Unrun::words("pool", words));
    };
    let later = [serve(), vec![Step::KeepOpen]].concat();
    // Who has sent what nobody asked for goes on as if nothing were.
    let rest = if matches!(what, Step::Send(_)) { later.clone() } else { Vec::new() };
    Ok(Conduct { first: [serve(), when, vec![what], rest].concat(), later })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, expected: &str) {
        let first = parse(words).unwrap().first;
        let (first, _) = first.split_at(first.len().min(4));
        let names = first.iter().skip(2).map(|step| match step {
            Step::ReadRequest => "read",
            Step::Send(bytes) if bytes == BEGUN => "begin",
            Step::Send(bytes) if bytes == STRAY => "stray",
            Step::Close => "close",
            Step::Reset => "reset",
            Step::Hang => "hang",
            _ => "other",
        });
        assert_eq!(names.collect::<Vec<_>>().join(" "), expected, "{words}");
    }

    #[test]
    fn words_have_a_meaning_in_any_order() {
        check("FIN while idle", "close");
        check("idle connection: RST", "reset");
        check("closed on reuse, before the first byte", "read close");
        check("RST after the first byte of the second answer", "read begin");
        check("an unsolicited answer on an idle connection", "stray read");
        check("reused connection is silent", "read hang");
    }

    #[test]
    fn other_words_are_not_understood() {
        assert!(matches!(parse("sings while idle"), Err(Unrun::NotUnderstood(_))));
        assert!(matches!(parse("RST"), Err(Unrun::NotUnderstood(_))));
    }
}
