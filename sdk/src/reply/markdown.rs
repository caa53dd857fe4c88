//! The Markdown that stands for what is no text: links and images, escaped so that a name cannot end them.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What would end a link's target, or the Markdown around it.
const TARGET: &AsciiSet = &CONTROLS.add(b' ').add(b'<').add(b'>').add(b'(').add(b')').add(b'\\').add(b'`');

/// Writes `[text](target)`.
pub(super) fn link(text: &str, target: &str) -> String {
    format!("[{}]({})", label(text), utf8_percent_encode(target, TARGET))
}

/// Writes `![alt](target)`.
pub(super) fn image(alt: &str, target: &str) -> String {
    format!("!{}", link(alt, target))
}

/// Escapes what has a meaning in a label, and puts it on one line.
fn label(text: &str) -> String {
    let mut label = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '[' | ']' | '\\' | '`' | '*' | '_' | '<' | '&' | '!' => label.extend(['\\', letter]),
            letter if letter.is_control() => label.push(' '),
            letter => label.push(letter),
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_or_a_target_ends_the_link() {
        let check = |text: &str, target: &str, expected: &str| assert_eq!(link(text, target), expected);
        check("a page", "https://example.org/a?b=c#d", "[a page](https://example.org/a?b=c#d)");
        check("a](b)", "https://example.org", r"[a\](b)](https://example.org)");
        check("two\nlines", "https://example.org/a b", "[two lines](https://example.org/a%20b)");
        check("x", "https://example.org/(y)\n", "[x](https://example.org/%28y%29%0A)");
        check("Ü", "https://example.org/Ü", "[Ü](https://example.org/%C3%9C)");
        assert_eq!(image("", "data:image/png;base64,aa=="), "![](data:image/png;base64,aa==)");
    }
}
