//! Rewrites a `u` regular expression of ECMA-262 (section 22.2) for the engines of Rust.
//!
//! Whether a pattern is valid is asked of `jsonschema-regex`; this room only rewrites valid ones. It writes
//! every character and class out in full, so that no meaning is left to the taste of an engine: `\d`, `\w` and
//! `\b` are ASCII, `\s` and `.` follow ECMA's list of white space and line ends, and capture groups are only
//! numbered. Not rewritten: what a back reference sees of a group inside a repetition, where ECMA forgets the
//! group at each turn and the engine does not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Z_a-z";
const SPACE: &str =
    r"\x{9}-\x{D}\x{20}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}";
const EVERYTHING: &str = r"\x{0}-\x{10FFFF}";

/// Names the engine that a pattern is rewritten for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Linear,
    Backtracking,
}

#[derive(Debug)]
pub(super) struct Translation {
    pub(super) text: String,
    /// Whether there is look-around or a back reference in it.
    pub(super) backtracks: bool,
    /// Whether ECMA-262 itself takes it; we are kind to needless escapes such as `\@`, as without the `u` flag.
    pub(super) strict: bool,
    /// The different classes by Unicode property, in the engines' spelling; only engines know all the names.
    pub(super) properties: BTreeSet<String>,
}

/// Rewrites a pattern, unless it is none.
pub(super) fn translate(pattern: &str, dialect: Dialect) -> Option<Translation> {
    if !jsonschema_regex::is_valid_ecma_regex(pattern) {
        return None;
    }
    let chars: Vec<char> = pattern.chars().collect();
    let groups = group_names(&chars);
    let output =
        Translation { text: String::new(), backtracks: false, strict: true, properties: BTreeSet::new() };
    let mut translator = Translator { chars, position: 0, groups, dialect, output };
    while translator.position < translator.chars.len() {
        translator.term()?;
    }
    Some(translator.output)
}

struct Translator {
    chars: Vec<char>,
    position: usize,
    /// The names of the capture groups in order; nameless ones have an empty name.
    groups: Vec<String>,
    dialect: Dialect,
    output: Translation,
}

/// Holds what one place in a pattern stands for.
enum Atom {
    /// A code point, which may be half of a surrogate pair and then matches nothing.
    Code(u32),
    /// The inside of a class, and whether its opposite is meant.
    Class(&'static str, bool),
    /// A class by Unicode property, which both engines know under the same name.
    Property(String),
    Reference(usize),
    Boundary(bool),
}

impl Translator {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.position).copied()
    }

    fn next(&mut self) -> Option<char> {
        self.position += 1;
        self.chars.get(self.position - 1).copied()
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.chars[self.position..].iter().copied().zip(text.chars()).filter(|(a, b)| a == b);
        let eaten = found.count() == text.len();
        self.position += if eaten { text.len() } else { 0 };
        eaten
    }

    /// Takes everything up to a sign, and the sign.
    fn until(&mut self, end: char) -> Option<String> {
        let length = self.chars[self.position..].iter().position(|c| *c == end)?;
        let text = self.chars[self.position..self.position + length].iter().collect();
        self.position += length + 1;
        Some(text)
    }

    fn term(&mut self) -> Option<()> {
        match self.next()? {
            '\\' => {
                let atom = self.escape(false)?;
                self.write_atom(&atom);
            }
            '[' => self.class()?,
            '(' => self.group()?,
            '.' => self.output.text.push_str(r"[^\x{A}\x{D}\x{2028}\x{2029}]"),
            '^' => self.output.text.push_str(r"\A"),
            '$' => self.output.text.push_str(r"\z"),
            '{' => {
                let count = self.until('}')?;
                self.write(format_args!("{{{count}}}"));
            }
            sign @ ('|' | ')' | '*' | '+' | '?') => self.output.text.push(sign),
            other => self.write_code(u32::from(other)),
        }
        Some(())
    }

    fn group(&mut self) -> Option<()> {
        for look_around in ["?=", "?!", "?<=", "?<!"] {
            if self.eat(look_around) {
                self.output.backtracks = true;
                self.write(format_args!("({look_around}"));
                return Some(());
            }
        }
        self.output.text.push('(');
        if self.eat("?<") {
            self.until('>')?;
        } else if self.eat("?:") {
            self.output.text.push_str("?:");
        } else if self.peek() == Some('?') {
            // Modifiers such as `(?i:` are of ECMA-262 2025; what the edge runs on does not know them.
            self.output.strict = false;
            let modifiers = self.until(':')?;
            self.write(format_args!("{modifiers}:"));
        }
        Some(())
    }

    /// Reads what follows a backslash.
    fn escape(&mut self, in_class: bool) -> Option<Atom> {
        let sign = self.next()?;
        Some(match sign {
            'd' | 'D' => Atom::Class(DIGIT, sign == 'D'),
            'w' | 'W' => Atom::Class(WORD, sign == 'W'),
            's' | 'S' => Atom::Class(SPACE, sign == 'S'),
            'p' | 'P' => {
                self.eat("{");
                let property = format!("\\{sign}{{{}}}", self.until('}')?);
                self.output.properties.insert(property.clone());
                Atom::Property(property)
            }
            'b' if in_class => Atom::Code(8),
            'b' | 'B' => Atom::Boundary(sign == 'b'),
            'k' => {
                self.eat("<");
                let name = self.until('>')?;
                Atom::Reference(self.groups.iter().position(|group| *group == name)? + 1)
            }
            '1'..='9' => self.numbered_reference(sign),
            '0' => Atom::Code(0),
            't' => Atom::Code(9),
            'n' => Atom::Code(10),
            'v' => Atom::Code(11),
            'f' => Atom::Code(12),
            'r' => Atom::Code(13),
            'c' => Atom::Code(u32::from(self.next()?) % 32),
            'x' => Atom::Code(self.digits(2)?),
            'u' => Atom::Code(self.unicode_escape()?),
            other => {
                let known = r"^$\.*+?()[]{}|/".contains(other) || (in_class && other == '-');
                self.output.strict &= known;
                Atom::Code(u32::from(other))
            }
        })
    }

    fn numbered_reference(&mut self, first: char) -> Atom {
        let mut number = first.to_digit(10).unwrap_or(0) as usize;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            number = number.saturating_mul(10).saturating_add(digit as usize);
            self.position += 1;
        }
        Atom::Reference(number)
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let text: String = self.chars.get(self.position..self.position + count)?.iter().collect();
        self.position += count;
        u32::from_str_radix(&text, 16).ok()
    }

    fn unicode_escape(&mut self) -> Option<u32> {
        if self.eat("{") {
            return u32::from_str_radix(&self.until('}')?, 16).ok();
        }
        let high = self.digits(4)?;
        let here = self.position;
        if (0xD800..0xDC00).contains(&high) && self.eat("\\u") {
            match self.digits(4) {
                Some(low @ 0xDC00..0xE000) => {
                    return Some(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00));
                }
                _ => self.position = here,
            }
        }
        Some(high)
    }

    fn class(&mut self) -> Option<()> {
        let negated = self.eat("^");
        let mut inside = String::new();
        while !self.eat("]") {
            let low = self.class_atom()?;
            let is_range = self.peek() == Some('-') && self.chars.get(self.position + 1) != Some(&']');
            match low {
                Atom::Code(low) if is_range => {
                    self.position += 1;
                    let Atom::Code(high) = self.class_atom()? else { return None };
                    write_range(low, high, &mut inside);
                }
                Atom::Code(code) => write_range(code, code, &mut inside),
                Atom::Class(class, negated) => inside.push_str(&bracket(class, negated)),
                Atom::Property(property) => inside.push_str(&property),
                Atom::Reference(_) | Atom::Boundary(_) => return None,
            }
        }
        // An empty class matches nothing, and its opposite everything; engines do not take `[]`.
        let (inside, negated) = if inside.is_empty() { (EVERYTHING, !negated) } else { (&*inside, negated) };
        self.output.text.push_str(&bracket(inside, negated));
        Some(())
    }

    fn class_atom(&mut self) -> Option<Atom> {
        match self.next()? {
            '\\' => self.escape(true),
            other => Some(Atom::Code(u32::from(other))),
        }
    }

    fn write(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Cannot fail because writing to a string never does; the result is only dropped.
        let _ = self.output.text.write_fmt(arguments);
    }

    fn write_code(&mut self, code: u32) {
        let mut inside = String::new();
        write_range(code, code, &mut inside);
        match inside.is_empty() {
            true => self.output.text.push_str(&bracket(EVERYTHING, true)),
            false => self.output.text.push_str(&inside),
        }
    }

    fn write_atom(&mut self, atom: &Atom) {
        match atom {
            Atom::Code(code) => self.write_code(*code),
            Atom::Class(class, negated) => self.output.text.push_str(&bracket(class, *negated)),
            Atom::Property(property) => self.output.text.push_str(property),
            Atom::Reference(number) => {
                self.output.backtracks = true;
                // A group that took no part matches nothing at all, not "never".
                self.write(format_args!("(?({number})\\{number})"));
            }
            Atom::Boundary(positive) => self.write_boundary(*positive),
        }
    }

    fn write_boundary(&mut self, positive: bool) {
        let text = match (self.dialect, positive) {
            (Dialect::Linear, true) => r"(?-u:\b)".to_owned(),
            (Dialect::Linear, false) => r"(?-u:\B)".to_owned(),
            (Dialect::Backtracking, true) => {
                format!("(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))")
            }
            (Dialect::Backtracking, false) => {
                format!("(?:(?<=[{WORD}])(?=[{WORD}])|(?<![{WORD}])(?![{WORD}]))")
            }
        };
        self.output.text.push_str(&text);
    }
}

fn bracket(inside: &str, negated: bool) -> String {
    format!("[{}{inside}]", if negated { "^" } else { "" })
}

/// Writes a range of code points, without surrogates: no text of ours has one.
fn write_range(low: u32, high: u32, text: &mut String) {
    let low = if (0xD800..0xE000).contains(&low) { 0xE000 } else { low };
    let high = if (0xD800..0xE000).contains(&high) { 0xD7FF } else { high };
    let written = match low.cmp(&high) {
        std::cmp::Ordering::Less => write!(text, "\\x{{{low:X}}}-\\x{{{high:X}}}"),
        std::cmp::Ordering::Equal => write!(text, "\\x{{{low:X}}}"),
        std::cmp::Ordering::Greater => Ok(()),
    };
    // Cannot fail because writing to a string never does; the result is only dropped.
    let _ = written;
}

fn group_names(chars: &[char]) -> Vec<String> {
    let mut names = Vec::new();
    let (mut position, mut in_class) = (0, false);
    while let Some(sign) = chars.get(position) {
        let following = |offset: usize| chars.get(position + offset).copied();
        match sign {
            '\\' => position += 1,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class && following(1) != Some('?') => names.push(String::new()),
            '(' if !in_class && following(2) == Some('<') && !matches!(following(3), Some('=' | '!')) => {
                names.push(chars[position + 3..].iter().take_while(|c| **c != '>').collect());
            }
            _ => {}
        }
        position += 1;
    }
    names
}
