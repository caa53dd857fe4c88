//! What can be wrong with a plugin's server, and what its caller is to read then.

/// A port that nobody listens on.
pub(super) const NOBODY: u16 = 1;

/// Names what a plugin's server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It answers.
    Well,
    /// It answers, and its manifest was never seen before.
    New,
    /// It answers 500.
    Fails,
    /// It takes the request, and says nothing.
    Hangs,
    /// It closes the connection in place of an answer.
    Closes,
    /// It says how long its answer is, and ends it before.
    Truncates,
    /// Its answer has no end.
    Floods,
    /// Its answer has no end, and comes byte for byte.
    Trickles,
    /// It speaks another protocol.
    Garbles,
    /// Its answer is not in the coding that it names.
    Miscodes,
    /// It leads elsewhere.
    Redirects,
    /// Its stream of events breaks off.
    Breaks,
    /// Nobody listens.
    Absent,
    /// It hangs, and the caller leaves.
    Left,
}

/// What a caller gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// A status, and an answer with this in it.
    Answer(u16, &'static str),
    /// The beginning of an answer.
    Cut,
    /// Nothing: the caller does not wait for it.
    Nothing,
}

impl Fault {
    pub(super) const ALL: [Self; 14] = [
        Self::Well,
        Self::New,
        Self::Fails,
        Self::Hangs,
        Self::Closes,
        Self::Truncates,
        Self::Floods,
        Self::Trickles,
        Self::Garbles,
        Self::Miscodes,
        Self::Redirects,
        Self::Breaks,
        Self::Absent,
        Self::Left,
    ];

    /// Returns which one a caller meets next: of three calls two are of servers that are well.
    pub(super) fn of_call(number: usize) -> Self {
        let [_, _, ill @ ..] = Self::ALL;
        match number % 3 {
            0 => Self::Well,
            1 => Self::New,
            _ => ill[number / 3 % ill.len()],
        }
    }

    /// Returns the first part of its path.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::New => "new",
            Self::Fails => "fails",
            Self::Hangs => "hangs",
            Self::Closes => "closes",
            Self::Truncates => "truncates",
            Self::Floods => "floods",
            Self::Trickles => "trickles",
            Self::Garbles => "garbles",
            Self::Miscodes => "miscodes",
            Self::Redirects => "redirects",
            Self::Breaks => "breaks",
            Self::Absent => "absent",
            Self::Left => "left",
        }
    }

    /// Says what it does, for the table.
    pub(super) const fn story(self) -> &'static str {
        match self {
            Self::Well => "answers",
            Self::New => "answers, and its manifest never came before",
            Self::Fails => "answers 500",
            Self::Hangs => "says nothing",
            Self::Closes => "closes the connection in place of an answer",
            Self::Truncates => "ends its answer too soon",
            Self::Floods => "answers without an end",
            Self::Trickles => "answers without an end, byte for byte",
            Self::Garbles => "speaks another protocol",
            Self::Miscodes => "answers in another coding than it says",
            Self::Redirects => "leads elsewhere",
            Self::Breaks => "breaks a stream of events off",
            Self::Absent => "is not there",
            Self::Left => "says nothing, and the caller leaves",
        }
    }

    pub(super) const fn expected(self) -> Expected {
        match self {
            Self::Well | Self::New => Expected::Answer(200, "yellow"),
            Self::Fails => Expected::Answer(500, "out of order"),
            Self::Hangs => Expected::Answer(504, "begin its answer"),
            Self::Closes => Expected::Answer(502, "closed_early"),
            Self::Truncates => Expected::Answer(502, "truncated_body"),
            Self::Floods => Expected::Answer(502, "body_too_large"),
            Self::Trickles => Expected::Answer(504, "took too long to answer"),
            Self::Garbles => Expected::Answer(502, "malformed_answer"),
            Self::Miscodes => Expected::Answer(502, "content_encoding"),
            Self::Redirects => Expected::Answer(502, "redirect_not_followed"),
            Self::Breaks => Expected::Cut,
            Self::Absent => Expected::Answer(502, "connect_failed"),
            Self::Left => Expected::Nothing,
        }
    }
}
