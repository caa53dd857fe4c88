//! What the gateway does not offer yet. A vector about it is listed as waiting, never as passed; who builds the thing
//! takes the line out.

use crate::vector::Vector;

/// Says whether a vector waits for something.
struct Line {
    what: &'static str,
    applies: fn(&Vector) -> bool,
}

const LINES: &[Line] = &[Line { what: "keys", applies: |vector| mentions(vector, &["keys", "key_file"]) }];

/// Returns what a vector waits for.
pub(crate) fn reason(vector: &Vector) -> Option<String> {
    LINES.iter().find(|line| (line.applies)(vector)).map(|line| line.what.to_owned())
}

fn mentions(vector: &Vector, members: &[&str]) -> bool {
    members.iter().any(|member| {
        vector.member("load").get(member).is_some() || vector.member("setup").get(member).is_some()
    })
}
