//! Which names the wire takes: those of plugins and operations as in `lobe_plugin_sdk::name`, those of arguments as
//! model providers do.

use proc_macro2::Span;
use syn::LitStr;

use crate::diag::Mistakes;

/// The most letters that an identifier and an operation's name may have together, as `lobe_plugin_sdk::name` has it.
const MAX_JOINED_LENGTH: usize = 52;

/// Judges a name by the rule of `lobe_plugin_sdk::name`, which the tests hold against this one.
pub(crate) fn name(name: &LitStr, mistakes: &mut Mistakes) {
    let text = name.value();
    let legal = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if text.is_empty() {
        mistakes.at(name, "a name cannot be empty");
    } else if text.len() > 40 {
        mistakes.at(name, format!("`{text}` has {} letters: a name has at most 40 letters", text.len()));
    }
    if let Some(letter) = text.chars().find(|letter| !legal(*letter)) {
        let message =
            format!("`{letter}` cannot stand in a name: it is made of ASCII letters, digits, `_` and `-`");
        mistakes.at(name, message);
    }
    if text.contains("__") {
        mistakes
            .at(name, "a name cannot contain `__`: LobeChat separates the parts of a tool name by `____`");
    }
}

/// Judges an operation's name.
pub(crate) fn operation(wire_name: &LitStr, mistakes: &mut Mistakes) {
    name(wire_name, mistakes);
    if matches!(&*wire_name.value(), "gateway" | "v1") {
        let message =
            "the gateway serves its own routes under this name: add `name = \"..\"` to the annotation";
        mistakes.at(wire_name, message);
    }
}

/// Judges an argument's name by what Anthropic's API takes for one, `^[a-zA-Z0-9_.-]{1,64}$`: it refuses the whole
/// request over another.
pub(crate) fn argument(name: &LitStr, mistakes: &mut Mistakes) {
    let text = name.value();
    let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    if text.is_empty() {
        mistakes.at(name, "an argument needs a name");
    } else if text.chars().count() > 64 {
        mistakes.at(name, "models take at most 64 letters for the name of an argument");
    }
    if let Some(letter) = text.chars().find(|letter| !legal(*letter)) {
        let message = format!(
            "models do not take `{letter}` in the name of an argument: say `rename = \"..\"` in `#[lobe(..)]`"
        );
        mistakes.at(name, message);
    }
}

/// Returns whether LobeHub shows models a hash, because both names together are too long for a tool's name.
pub(crate) fn are_long_together(identifier: &str, operation: &str) -> bool {
    identifier.len() + operation.len() > MAX_JOINED_LENGTH
}

/// Judges the identifier: the one given, or the name of the package.
pub(crate) fn identifier(given: Option<&LitStr>, place: Span, mistakes: &mut Mistakes) {
    if let Some(identifier) = given {
        name(identifier, mistakes);
        return;
    }
    let Some(package) = package() else { return };
    let mut of_package = Mistakes::default();
    name(&LitStr::new(&package, place), &mut of_package);
    for mistake in of_package {
        let message =
            format!("the package's name cannot be the identifier ({mistake}): add `identifier = \"..\"`");
        mistakes.add(syn::Error::new(place, message));
    }
}

/// Returns the name of the package that is compiled, which is the identifier when nobody says another.
pub(crate) fn package() -> Option<String> {
    std::env::var("CARGO_PKG_NAME").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `lobe_plugin_sdk::name` is held against the same table.
    #[test]
    fn names_are_legal_in_the_macro_as_in_the_library() {
        for line in include_str!("../../tests/data/names.txt").lines() {
            let (verdict, text) = line.split_once(' ').unwrap();
            let mut mistakes = Mistakes::default();
            name(&LitStr::new(text, Span::call_site()), &mut mistakes);
            assert_eq!(mistakes.none(), verdict == "ok", "{text:?}");
        }
    }
}
