//! What stands in the attributes: `#[lobe_plugin(..)]` on a function, a module or an `impl` block, and `#[lobe(..)]`
//! on a parameter.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Expr, Ident, LitBool, LitInt, LitStr, Path, Token, Type};

use crate::diag::Mistakes;
use crate::words::{self, Vocabulary, value};

/// What may be said about a function.
#[derive(Default)]
pub(crate) struct FunctionArgs {
    pub(crate) name: Option<LitStr>,
    pub(crate) title: Option<Expr>,
    /// Builder methods of `Operation` that take whether something is so.
    pub(crate) traits: Vec<(Ident, bool)>,
    pub(crate) scopes: Vec<Expr>,
    pub(crate) allowed: Allowed,
    pub(crate) sdk: Option<Path>,
}

/// What may be said about a plugin: a module, or an `impl` block.
#[derive(Default)]
pub(crate) struct PluginArgs {
    pub(crate) identifier: Option<LitStr>,
    /// Builder methods of `Plugin`, called with what the user wrote.
    pub(crate) texts: Vec<(Ident, Expr)>,
    pub(crate) tags: Vec<Expr>,
    pub(crate) kind: Option<LitStr>,
    pub(crate) ui: Option<UiArgs>,
    pub(crate) settings: Option<Type>,
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) allowed: Allowed,
    pub(crate) sdk: Option<Path>,
}

/// The lints of the annotation that were switched off: `allow(..)`.
#[derive(Clone, Copy, Default)]
pub(crate) struct Allowed {
    pub(crate) long_names: bool,
    pub(crate) missing_descriptions: bool,
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

/// `(min = .., max = ..)`.
#[derive(Default)]
pub(crate) struct Bounds {
    pub(crate) min: Option<Expr>,
    pub(crate) max: Option<Expr>,
}

impl Bounds {
    const WORDS: Vocabulary = Vocabulary::of(&["max", "min"]);

    fn parse(word: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let content = words::nested(word, input, &format!("{word}(min = .., max = ..)"))?;
        let mut bounds = Self::default();
        let mut mistakes = Mistakes::default();
        words::each(content, &Self::WORDS, &mut mistakes, |word, input| match &*word.to_string() {
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
    const WORDS: Vocabulary = Vocabulary {
        words: &[
            "allow",
            "crate",
            "destructive",
            "idempotent",
            "name",
            "open_world",
            "read_only",
            "scopes",
            "structured",
            "title",
        ],
        elsewhere: &[
            (PluginArgs::WORDS.words, "of a plugin: write it on the module or on the `impl` block"),
            (ParameterArgs::WORDS.words, "of a parameter: write `#[lobe(..)]` in front of it"),
        ],
    };

    pub(crate) fn parse(attribute: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut args = Self::default();
        words::each(attribute, &Self::WORDS, mistakes, |word, input| match &*word.to_string() {
            "allow" => {
                Allowed::parse(Allowed::OF_FUNCTION, word, input).map(|allowed| args.allowed = allowed)
            }
            "name" => value(input).map(|name| args.name = Some(name)),
            "title" => value(input).map(|title| args.title = Some(title)),
            "scopes" => words::expressions(word, input).map(|scopes| args.scopes = scopes),
            "crate" => words::path(input).map(|path| args.sdk = Some(path)),
            _ => yes_or_no(input).map(|holds| args.traits.push((word.clone(), holds))),
        });
        args
    }
}

/// Reads `read_only`, `read_only = true` or `read_only = false`.
fn yes_or_no(input: ParseStream<'_>) -> syn::Result<bool> {
    if !input.peek(Token![=]) {
        return Ok(true);
    }
    value::<LitBool>(input).map(|holds| holds.value())
}

impl Allowed {
    const OF_FUNCTION: &'static Vocabulary = &Vocabulary::of(&["missing_descriptions"]);
    const OF_PLUGIN: &'static Vocabulary = &Vocabulary::of(&["long_names", "missing_descriptions"]);

    fn parse(vocabulary: &Vocabulary, word: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let content = words::nested(word, input, "allow(missing_descriptions)")?;
        let mut allowed = Self::default();
        let mut mistakes = Mistakes::default();
        words::each(content, vocabulary, &mut mistakes, |word, _| {
            match &*word.to_string() {
                "long_names" => allowed.long_names = true,
                _ => allowed.missing_descriptions = true,
            }
            Ok(())
        });
        mistakes.into_iter().reduce(joined).map_or(Ok(allowed), Err)
    }
}

impl PluginArgs {
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
    const WORDS: Vocabulary = Vocabulary {
        words: Self::ALL,
        elsewhere: &[
            (&["name"], "of a function; a plugin has an `identifier` for machines and a `title` for people"),
            (
                &["default", "example", "length", "pattern", "range", "rename"],
                "of a parameter: write `#[lobe(..)]` in front of it",
            ),
        ],
    };
    const ALL: &'static [&'static str] = &[
        "allow",
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
        words::each(attribute, &Self::WORDS, mistakes, |word, input| {
            let name = word.to_string();
            match &*name {
                text if Self::TEXTS.contains(&text) => {
                    value(input).map(|text| args.texts.push((word.clone(), text)))
                }
                "allow" => {
                    Allowed::parse(Allowed::OF_PLUGIN, word, input).map(|allowed| args.allowed = allowed)
                }
                "identifier" => value(input).map(|identifier| args.identifier = Some(identifier)),
                "rename_all" => value(input).map(|rule| args.rename_all = Some(rule)),
                "settings" => value(input).map(|settings| args.settings = Some(settings)),
                "tags" => words::expressions(word, input).map(|tags| args.tags = tags),
                "type" => value(input).map(|kind| args.kind = Some(kind)),
                "ui" => UiArgs::parse(word, input).map(|ui| args.ui = Some(ui)),
                _ => words::path(input).map(|path| args.sdk = Some(path)),
            }
        });
        args
    }
}

impl UiArgs {
    const WORDS: Vocabulary = Vocabulary::of(&["height", "url", "width"]);

    fn parse(word: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let content = words::nested(word, input, "ui(url = \"..\")")?;
        let mut args = Self { word: Some(word.clone()), ..Self::default() };
        let mut mistakes = Mistakes::default();
        words::each(content, &Self::WORDS, &mut mistakes, |word, input| match &*word.to_string() {
            "url" => value(input).map(|url| args.url = Some(url)),
            "width" => value(input).map(|width| args.width = Some(width)),
            _ => value(input).map(|height| args.height = Some(height)),
        });
        mistakes.into_iter().reduce(joined).map_or(Ok(args), Err)
    }
}

impl ParameterArgs {
    const WORDS: Vocabulary = Vocabulary {
        words: &["default", "example", "length", "pattern", "range", "rename"],
        elsewhere: &[
            (&["name"], "of a function; the name of an argument is `rename = \"..\"`"),
            (&["min", "max"], "in `range(min = .., max = ..)` or in `length(min = .., max = ..)`"),
            (&["optional"], "by the type: write `Option<..>`"),
            (&["description"], "by a doc comment: `/// ..` in front of the parameter"),
        ],
    };

    pub(crate) fn parse(attribute: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut args = Self::default();
        words::each(attribute, &Self::WORDS, mistakes, |word, input| match &*word.to_string() {
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

/// Returns the path by which generated code finds the library.
pub(crate) fn sdk(path: Option<&Path>) -> TokenStream {
    path.map_or_else(|| quote::quote!(::lobe_plugin_sdk), ToTokens::to_token_stream)
}
