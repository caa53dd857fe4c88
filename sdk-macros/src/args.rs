//! What stands in the attributes: `#[lobe_plugin(..)]` on a function or a module, `#[lobe(..)]` on a parameter.
//!
//! Each word is read on its own, so that a mistake in one does not hide the mistakes in the next.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Expr, Ident, LitInt, LitStr, Path, Token, Type, parenthesized};

use crate::diag::Mistakes;

/// What may be said about a function.
#[derive(Default)]
pub(crate) struct FunctionArgs {
    pub(crate) name: Option<LitStr>,
    pub(crate) title: Option<Expr>,
    pub(crate) sdk: Option<Path>,
}

/// What may be said about a module.
#[derive(Default)]
pub(crate) struct ModuleArgs {
    pub(crate) identifier: Option<LitStr>,
    /// Builder methods of `Plugin`, called with what the user wrote.
    pub(crate) texts: Vec<(Ident, Expr)>,
    pub(crate) tags: Vec<Expr>,
    pub(crate) kind: Option<LitStr>,
    pub(crate) ui: Option<UiArgs>,
    pub(crate) settings: Option<Type>,
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) sdk: Option<Path>,
}

/// What may be said about a plugin's page.
#[derive(Default)]
pub(crate) struct UiArgs {
    /// What the messages about it point at.
    pub(crate) word: Option<Ident>,
    pub(crate) url: Option<LitStr>,
    pub(crate) width: Option<LitInt>,
    pub(crate) height: Option<LitInt>,
}

/// What may be said about a parameter.
#[derive(Default)]
pub(crate) struct ParameterArgs {
    pub(crate) default: Option<DefaultArg>,
    pub(crate) example: Option<Expr>,
    pub(crate) length: Option<Bounds>,
    pub(crate) pattern: Option<Expr>,
    pub(crate) range: Option<Bounds>,
    pub(crate) rename: Option<LitStr>,
}

impl ParameterArgs {
    /// Returns whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { default, example, length, pattern, range, rename } = self;
        let values = [default.is_some(), example.is_some(), pattern.is_some(), rename.is_some()];
        !values.contains(&true) && length.is_none() && range.is_none()
    }
}

/// `(min = .., max = ..)`.
#[derive(Default)]
pub(crate) struct Bounds {
    pub(crate) min: Option<Expr>,
    pub(crate) max: Option<Expr>,
}

impl Bounds {
    const WORDS: &'static [&'static str] = &["max", "min"];

    fn parse(word: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let content;
        parenthesized!(content in input);
        let mut bounds = Self::default();
        let mut mistakes = Mistakes::default();
        each_word(content.parse()?, Self::WORDS, &mut mistakes, |word, input| match &*word.to_string() {
            "min" => value(input).map(|min| bounds.min = Some(min)),
            _ => value(input).map(|max| bounds.max = Some(max)),
        });
        if mistakes.none() && bounds.min.is_none() && bounds.max.is_none() {
            mistakes.at(word, format!("say what it is bounded by: `{word}(min = .., max = ..)`"));
        }
        mistakes.into_iter().reduce(joined).map_or(Ok(bounds), Err)
    }
}

pub(crate) enum DefaultArg {
    /// `default`: the type's own.
    OfType,
    /// `default = ..`.
    Value(Box<Expr>),
}

impl FunctionArgs {
    const WORDS: &'static [&'static str] = &["crate", "name", "title"];

    pub(crate) fn parse(attribute: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut args = Self::default();
        each_word(attribute, Self::WORDS, mistakes, |word, input| match &*word.to_string() {
            "name" => value(input).map(|name| args.name = Some(name)),
            "title" => value(input).map(|title| args.title = Some(title)),
            _ => sdk_path(input).map(|path| args.sdk = Some(path)),
        });
        args
    }
}

impl ModuleArgs {
    const TEXTS: &'static [&'static str] = &[
        "author",
        "avatar",
        "created_at",
        "description",
        "homepage",
        "license",
        "manifest_schema",
        "system_role",
        "title",
        "version",
    ];
    const WORDS: &'static [&'static str] = &[
        "author",
        "avatar",
        "crate",
        "created_at",
        "description",
        "homepage",
        "identifier",
        "license",
        "manifest_schema",
        "rename_all",
        "settings",
        "system_role",
        "tags",
        "title",
        "type",
        "ui",
        "version",
    ];

    pub(crate) fn parse(attribute: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut args = Self::default();
        each_word(attribute, Self::WORDS, mistakes, |word, input| {
            let name = word.to_string();
            match &*name {
                text if Self::TEXTS.contains(&text) => {
                    value(input).map(|text| args.texts.push((word.clone(), text)))
                }
                "identifier" => value(input).map(|identifier| args.identifier = Some(identifier)),
                "rename_all" => value(input).map(|rule| args.rename_all = Some(rule)),
                "settings" => value(input).map(|settings| args.settings = Some(settings)),
                "tags" => tags(input).map(|tags| args.tags = tags),
                "type" => value(input).map(|kind| args.kind = Some(kind)),
                "ui" => UiArgs::parse(word, input).map(|ui| args.ui = Some(ui)),
                _ => sdk_path(input).map(|path| args.sdk = Some(path)),
            }
        });
        args
    }
}

impl UiArgs {
    const WORDS: &'static [&'static str] = &["height", "url", "width"];

    fn parse(word: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let content;
        parenthesized!(content in input);
        let mut args = Self { word: Some(word.clone()), ..Self::default() };
        let mut mistakes = Mistakes::default();
        each_word(content.parse()?, Self::WORDS, &mut mistakes, |word, input| match &*word.to_string() {
            "url" => value(input).map(|url| args.url = Some(url)),
            "width" => value(input).map(|width| args.width = Some(width)),
            _ => value(input).map(|height| args.height = Some(height)),
        });
        mistakes.into_iter().reduce(joined).map_or(Ok(args), Err)
    }
}

impl ParameterArgs {
    const WORDS: &'static [&'static str] = &["default", "example", "length", "pattern", "range", "rename"];

    pub(crate) fn parse(attribute: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut args = Self::default();
        each_word(attribute, Self::WORDS, mistakes, |word, input| match &*word.to_string() {
            "default" if !input.peek(Token![=]) => {
                args.default = Some(DefaultArg::OfType);
                Ok(())
            }
            "default" => value(input).map(|value| args.default = Some(DefaultArg::Value(Box::new(value)))),
            "example" => value(input).map(|value| args.example = Some(value)),
            "length" => Bounds::parse(word, input).map(|length| args.length = Some(length)),
            "pattern" => value(input).map(|pattern| args.pattern = Some(pattern)),
            "range" => Bounds::parse(word, input).map(|range| args.range = Some(range)),
            _ => value(input).map(|name| args.rename = Some(name)),
        });
        args
    }
}

fn joined(mut all: syn::Error, next: syn::Error) -> syn::Error {
    all.combine(next);
    all
}

/// Reads `word ..` after `word ..`, separated by commas. A word that is unknown, stands twice or goes on wrongly is
/// a mistake of its own; reading goes on behind the next comma.
fn each_word(
    attribute: TokenStream,
    words: &[&str],
    mistakes: &mut Mistakes,
    mut read: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) {
    let mut seen: Vec<Ident> = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = one_word(input, words, &mut seen, &mut read) {
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

fn one_word(
    input: ParseStream<'_>,
    words: &[&str],
    seen: &mut Vec<Ident>,
    read: &mut impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    let word = input.call(Ident::parse_any)?;
    if !words.contains(&&*word.to_string()) {
        let expected = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        return Err(syn::Error::new(
            word.span(),
            format!("unknown word `{word}`: expected one of {expected}"),
        ));
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
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    let equals: Token![=] = input.parse()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(equals.span, "here a value is missing"));
    }
    input.parse()
}

fn tags(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let content;
    parenthesized!(content in input);
    Ok(content.parse_terminated(Expr::parse, Token![,])?.into_iter().collect())
}

/// Reads the path to the sdk, for those who renamed it: `crate = my_sdk`, or in quotes as serde has it.
fn sdk_path(input: ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) { input.parse::<LitStr>()?.parse() } else { input.call(Path::parse_mod_style) }
}

/// Returns the path by which generated code finds the library.
pub(crate) fn sdk(path: Option<&Path>) -> TokenStream {
    path.map_or_else(|| quote::quote!(::lobe_plugin_sdk), ToTokens::to_token_stream)
}
