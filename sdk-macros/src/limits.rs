//! Whether what `#[lobe(..)]` says of an argument goes together: with its type, and one word with another.
//!
//! Only what is written out is judged, literals and the names of Rust's own types; what a constant holds is found when
//! the plugin is made. This is the one room that names regex-lite, which also reads the patterns at run time.

use regex_lite::Regex;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, UnOp};

use crate::args::{Bounds, DefaultArg, ParameterArgs};
use crate::diag::Mistakes;
use crate::model::Argument;
use crate::types;

const INTEGERS: &[&str] =
    &["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"];
const NUMBERS_AND_FLAGS: &[&str] = &[
    "bool", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
    "usize",
];
const NO_NUMBERS: &[&str] = &["BTreeMap", "BTreeSet", "HashMap", "HashSet", "String", "Vec", "bool", "char"];
const NO_TEXTS: &[&str] = &["BTreeMap", "BTreeSet", "HashMap", "HashSet", "Vec"];

/// Notes what does not go together.
pub(crate) fn argument(argument: &Argument, mistakes: &mut Mistakes) {
    let ParameterArgs { range, length, pattern, .. } = &argument.args;
    default_of_option(argument, mistakes);
    let said = mistakes.count();
    let kind = types::word(&argument.ty).unwrap_or_default();
    if let Some(range) = range {
        range_of(&kind, range, mistakes);
        ordered(range, mistakes);
    }
    if let Some(length) = length {
        if NUMBERS_AND_FLAGS.contains(&&*kind) {
            let message = format!(
                "`length` counts letters, items or members, and `{kind}` has none: say `range(..)` of a number"
            );
            mistakes.at(first_bound(length), message);
        }
        ordered(length, mistakes);
    }
    let regex = pattern.as_ref().and_then(|pattern| pattern_of(&kind, pattern, mistakes));
    if mistakes.count() == said {
        shown(argument, regex.as_ref(), mistakes);
    }
}

/// An argument with a default is never absent, so there is nothing for `None` to mean.
fn default_of_option(argument: &Argument, mistakes: &mut Mistakes) {
    if argument.args.default.is_some() && types::is_option(&argument.ty) {
        let message =
            "an `Option` is `None` when nothing came: remove `default`, or the `Option` around the type";
        mistakes.at(&argument.ty, message);
    }
}

fn range_of(kind: &str, range: &Bounds, mistakes: &mut Mistakes) {
    if NO_NUMBERS.contains(&kind) {
        let message = format!("`range` is about numbers, and `{kind}` is none: did you mean `length(..)`?");
        mistakes.at(first_bound(range), message);
    }
    for bound in [&range.min, &range.max].into_iter().flatten() {
        match number(bound) {
            Some(Number::Float(_)) if INTEGERS.contains(&kind) => {
                mistakes.at(bound, format!("`{kind}` has no fractions: write an integer"));
            }
            Some(value) if kind.starts_with('u') && value.as_float() < 0.0 && INTEGERS.contains(&kind) => {
                mistakes.at(bound, format!("`{kind}` is never negative"));
            }
            _ => {}
        }
    }
}

fn ordered(bounds: &Bounds, mistakes: &mut Mistakes) {
    let Bounds { min: Some(min), max: Some(max) } = bounds else { return };
    if number(min).zip(number(max)).is_some_and(|(least, most)| least.exceeds(most)) {
        mistakes.at(max, "nothing fits: `max` is less than `min`");
    }
}

fn pattern_of(kind: &str, pattern: &Expr, mistakes: &mut Mistakes) -> Option<Regex> {
    if NUMBERS_AND_FLAGS.contains(&kind) || NO_TEXTS.contains(&kind) {
        mistakes.at(pattern, format!("`pattern` is about texts, and `{kind}` is none"));
        return None;
    }
    let text = text(pattern)?;
    match Regex::new(&text.value()) {
        Ok(regex) => Some(regex),
        Err(error) => {
            mistakes.at(text, format!("this is no regular expression: {error}"));
            None
        }
    }
}

/// Notes a default or an example that the argument's own rules refuse.
fn shown(argument: &Argument, pattern: Option<&Regex>, mistakes: &mut Mistakes) {
    let ParameterArgs { default, example, range, length, .. } = &argument.args;
    let default = match default {
        Some(DefaultArg::Value(value)) => Some(&**value),
        Some(DefaultArg::OfType) | None => None,
    };
    for (what, value) in [("default", default), ("example", example.as_ref())] {
        let Some(value) = value else { continue };
        if range.as_ref().zip(number(value)).is_some_and(|(range, number)| !number.is_within(range)) {
            mistakes.at(value, format!("this {what} is outside of the `range`"));
        }
        let Some(text) = text(value) else { continue };
        let letters = Number::Integer(text.value().chars().count() as i128);
        if length.as_ref().is_some_and(|length| !letters.is_within(length)) {
            mistakes.at(value, format!("this {what} is outside of the `length`"));
        }
        if pattern.is_some_and(|pattern| !pattern.is_match(&text.value())) {
            mistakes.at(value, format!("this {what} does not match the `pattern`"));
        }
    }
}

fn first_bound(bounds: &Bounds) -> Option<&Expr> {
    bounds.min.as_ref().or(bounds.max.as_ref())
}

/// A number that is written out.
#[derive(Clone, Copy)]
enum Number {
    Integer(i128),
    Float(f64),
}

impl Number {
    /// Compares integers as such, so that nothing is rounded.
    fn exceeds(self, other: Self) -> bool {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => one > other,
            (one, other) => one.as_float() > other.as_float(),
        }
    }

    fn is_within(self, bounds: &Bounds) -> bool {
        let bound = |bound: &Option<Expr>| bound.as_ref().and_then(number);
        !bound(&bounds.min).is_some_and(|least| least.exceeds(self))
            && !bound(&bounds.max).is_some_and(|most| self.exceeds(most))
    }

    #[expect(clippy::cast_precision_loss, reason = "compared with a float, which has no more precision")]
    fn as_float(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }

    fn negated(self) -> Self {
        match self {
            Self::Integer(integer) => Self::Integer(-integer),
            Self::Float(float) => Self::Float(-float),
        }
    }
}

fn number(expression: &Expr) -> Option<Number> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Int(integer), .. }) => integer.base10_parse().ok().map(Number::Integer),
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => float.base10_parse().ok().map(Number::Float),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => number(expr).map(Number::negated),
        Expr::Group(group) => number(&group.expr),
        _ => None,
    }
}

/// Returns a text that is written out, also where it is made a `String`: `"..".into()`, `String::from("..")`.
fn text(expression: &Expr) -> Option<&LitStr> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        Expr::MethodCall(call)
            if ["into", "to_owned", "to_string"].iter().any(|name| call.method == name) =>
        {
            text(&call.receiver)
        }
        Expr::Call(call) if call.args.len() == 1 && is_string_from(&call.func) => text(call.args.first()?),
        Expr::Group(group) => text(&group.expr),
        _ => None,
    }
}

fn is_string_from(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    let words: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    words == ["String", "from"]
}
