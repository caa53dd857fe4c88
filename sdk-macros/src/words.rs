//! How lists of words are read: `word`, `word = value` and `word(..)`, separated by commas.
//!
//! Each word is read on its own, so that a mistake in one does not hide the mistakes in the next. Which words there
//! are is for `args` to say.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Path, Token, parenthesized, token};

use crate::diag::Mistakes;

/// The words that may stand at one place.
pub(crate) struct Vocabulary {
    pub(crate) words: &'static [&'static str],
    /// Words of other places, and where these are.
    pub(crate) elsewhere: &'static [(&'static [&'static str], &'static str)],
}

impl Vocabulary {
    pub(crate) const fn of(words: &'static [&'static str]) -> Self {
        Self { words, elsewhere: &[] }
    }

    /// Says what is wrong with a word that is none of these.
    fn refuse(&self, word: &Ident) -> syn::Error {
        let name = word.to_string();
        if let Some((_, place)) = self.elsewhere.iter().find(|(words, _)| words.contains(&&*name)) {
            return syn::Error::new(word.span(), format!("`{name}` is said {place}"));
        }
        let meant = self.nearest(&name).map(|meant| format!(" (did you mean `{meant}`?)"));
        let (meant, expected) = (meant.unwrap_or_default(), self.listed());
        syn::Error::new(word.span(), format!("unknown word `{name}`{meant}: expected one of {expected}"))
    }

    fn listed(&self) -> String {
        self.words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
    }

    fn nearest(&self, asked: &str) -> Option<&'static str> {
        let near = |word: &&'static str| distance(asked, word) <= 1 + word.len() / 4;
        self.words.iter().copied().filter(near).min_by_key(|word| distance(asked, word))
    }
}

/// Counts the letters to insert, delete or replace to make one word out of the other (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

/// Reads `word ..` after `word ..`, separated by commas. A word that is unknown, stands twice or goes on wrongly is
/// a mistake of its own; reading goes on behind the next comma.
pub(crate) fn each(
    attribute: TokenStream,
    vocabulary: &Vocabulary,
    mistakes: &mut Mistakes,
    mut read: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) {
    let mut seen: Vec<Ident> = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = one(input, vocabulary, &mut seen, &mut read) {
                mistakes.add(error);
                skip_to_comma(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(attribute) {
        mistakes.add(error);
    }
}

fn one(
    input: ParseStream<'_>,
    vocabulary: &Vocabulary,
    seen: &mut Vec<Ident>,
    read: &mut impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    let no_word =
        |error: syn::Error| syn::Error::new(error.span(), format!("expected one of {}", vocabulary.listed()));
    let word = input.call(Ident::parse_any).map_err(no_word)?;
    if !vocabulary.words.contains(&&*word.to_string()) {
        return Err(vocabulary.refuse(&word));
    }
    if seen.contains(&word) {
        return Err(syn::Error::new(word.span(), format!("`{word}` stands here twice")));
    }
    // Where nothing follows there is no token to point at but the word itself.
    let alone = input.is_empty() || input.peek(Token![,]);
    let goes_on = || syn::Error::new(word.span(), format!("`{word}` goes on: `{word} = ..`"));
    read(&word, input).map_err(|error| if alone { goes_on() } else { error })?;
    seen.push(word);
    if input.is_empty() || input.peek(Token![,]) { Ok(()) } else { Err(input.error("expected `,`")) }
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// Reads `= value`.
pub(crate) fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    let equals: Token![=] = input.parse()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(equals.span, "here a value is missing"));
    }
    input.parse()
}

/// Reads what stands in parentheses behind a word; `usage` says how it would be right.
fn group(word: &Ident, input: ParseStream<'_>, usage: &str) -> syn::Result<TokenStream> {
    if !input.peek(token::Paren) {
        return Err(syn::Error::new(word.span(), format!("`{word}` goes on: `{usage}`")));
    }
    let content;
    parenthesized!(content in input);
    content.parse()
}

/// Reads the words that stand in parentheses behind a word; `usage` says how it would be right.
pub(crate) fn nested(word: &Ident, input: ParseStream<'_>, usage: &str) -> syn::Result<TokenStream> {
    let content = group(word, input, usage)?;
    match content.clone().into_iter().next() {
        None | Some(TokenTree::Ident(_)) => Ok(content),
        Some(other) => Err(syn::Error::new(other.span(), format!("expected `{usage}`"))),
    }
}

/// Reads `("..", "..")`.
pub(crate) fn expressions(word: &Ident, input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let content = group(word, input, &format!("{word}(\"..\", \"..\")"))?;
    let list = |input: ParseStream<'_>| input.parse_terminated(Expr::parse, Token![,]);
    Ok(list.parse2(content)?.into_iter().collect())
}

/// Reads the path to the sdk, for those who renamed it: `crate = my_sdk`, or in quotes as serde has it.
pub(crate) fn path(input: ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) { input.parse::<LitStr>()?.parse() } else { input.call(Path::parse_mod_style) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        let vocabulary = Vocabulary::of(&["default", "example", "length", "range"]);
        let check = |asked: &str, expected| assert_eq!(vocabulary.nearest(asked), expected, "{asked}");
        check("defualt", Some("default"));
        check("rnage", Some("range"));
        check("ranges", Some("range"));
        check("examples", Some("example"));
        check("minimum", None);
    }
}
