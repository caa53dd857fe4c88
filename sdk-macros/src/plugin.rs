//! `fn plugin()`, which a module and an `impl` block both get, and what it is made of: identity and operations.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, Ident, LitStr, Meta};

use crate::args::{self, PluginArgs, UiArgs};
use crate::diag::Mistakes;
use crate::operation::local;
use crate::{docs, model, names};

/// An operation of a plugin: its name, and how it is added.
pub(crate) struct Named {
    pub(crate) wire_name: LitStr,
    /// Under which conditions it is there.
    pub(crate) conditions: Vec<Attribute>,
    /// An expression: the local `plugin` with the operation.
    pub(crate) adding: TokenStream,
}

pub(crate) fn is_annotation(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "lobe_plugin")
}

/// Returns what stands in the parentheses of an annotation.
pub(crate) fn said_in(annotation: &Attribute) -> TokenStream {
    match &annotation.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
    }
}

/// Notes names that are equal, or become equal where an OpenAPI document writes `-` as `_`. Functions under a
/// condition are left to the check at start: only the compiler knows which of them are there.
pub(crate) fn distinct(operations: &[Named], mistakes: &mut Mistakes) {
    let id = |operation: &Named| operation.wire_name.value().replace('-', "_");
    for (position, operation) in operations.iter().enumerate() {
        let same = |other: &&Named| id(other) == id(operation) && other.conditions.is_empty();
        let clash = operations[..position].iter().find(same);
        if let Some(other) = clash.filter(|_| operation.conditions.is_empty()) {
            let (own, other) = (operation.wire_name.value(), other.wire_name.value());
            let message = if own == other {
                format!("two operations are called `{own}`")
            } else {
                format!("`{own}` and `{other}` are one name in an OpenAPI document, which writes `-` as `_`")
            };
            mistakes.at(&operation.wire_name, message);
        }
    }
}

/// Writes `fn plugin()`.
pub(crate) fn function(
    args: &PluginArgs,
    attributes: &[Attribute],
    operations: &[Named],
    mistakes: &mut Mistakes,
) -> TokenStream {
    let sdk = args::sdk(args.sdk.as_ref());
    let plugin = local("plugin");
    let made = identity(args, attributes, &sdk, mistakes);
    let lints = long_names(args, operations, &sdk);
    let additions = operations
        .iter()
        .map(|Named { conditions, adding, .. }| quote!(#(#conditions)* let #plugin = #adding;));
    quote! {
        #[must_use]
        #[allow(dead_code, unreachable_pub)]
        pub fn plugin() -> #sdk::Plugin {
            #lints
            let #plugin = #made;
            #(#additions)*
            #plugin
        }
    }
}

/// Writes a plugin that can do nothing yet.
fn identity(
    args: &PluginArgs,
    attributes: &[Attribute],
    sdk: &TokenStream,
    mistakes: &mut Mistakes,
) -> TokenStream {
    let docs = docs::text(attributes);
    let identifier = match &args.identifier {
        Some(identifier) => quote!(::core::option::Option::Some(#identifier)),
        None => quote!(::core::option::Option::None),
    };
    let said = said(args, sdk, mistakes);
    quote! {
        #sdk::__private::plugin(#identifier, #docs, #sdk::__private::CrateFacts {
            name: ::core::option_env!("CARGO_PKG_NAME"),
            version: ::core::option_env!("CARGO_PKG_VERSION"),
            description: ::core::option_env!("CARGO_PKG_DESCRIPTION"),
            authors: ::core::option_env!("CARGO_PKG_AUTHORS"),
            homepage: ::core::option_env!("CARGO_PKG_HOMEPAGE"),
            repository: ::core::option_env!("CARGO_PKG_REPOSITORY"),
            license: ::core::option_env!("CARGO_PKG_LICENSE"),
        })#said
    }
}

/// Writes what warns of names that LobeHub replaces by a hash, because they are too long together.
fn long_names(args: &PluginArgs, operations: &[Named], sdk: &TokenStream) -> TokenStream {
    let given = args.identifier.as_ref().map(LitStr::value);
    let Some(identifier) = given.or_else(names::package).filter(|_| !args.allowed.long_names) else {
        return TokenStream::new();
    };
    let long =
        operations.iter().filter(|named| names::are_long_together(&identifier, &named.wire_name.value()));
    let lints = long.map(|Named { wire_name, conditions, .. }| {
        quote_spanned!(wire_name.span()=> #(#conditions)* #sdk::__private::names_too_long_together();)
    });
    quote!(#(#lints)*)
}

/// Writes the builder calls for what the annotation says.
fn said(args: &PluginArgs, sdk: &TokenStream, mistakes: &mut Mistakes) -> TokenStream {
    let texts = args.texts.iter().map(|(word, text)| quote!(.#word(#text)));
    let tags = &args.tags;
    let tags = (!tags.is_empty()).then(|| quote!(.tags([#(#tags),*])));
    let kind = args.kind.as_ref().and_then(|kind| plugin_type(kind, sdk, mistakes));
    let ui = args.ui.as_ref().and_then(|ui| page(ui, sdk, mistakes));
    let settings =
        args.settings.as_ref().map(|ty| quote!(.settings_schema(#sdk::__private::Schema::input_of::<#ty>())));
    quote!(#(#texts)* #tags #kind #ui #settings)
}

fn plugin_type(kind: &LitStr, sdk: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    let variant = match &*kind.value() {
        "default" => quote!(Default),
        "markdown" => quote!(Markdown),
        "standalone" => quote!(Standalone),
        other => {
            let message =
                format!("unknown type `{other}`: expected one of \"default\", \"markdown\", \"standalone\"");
            mistakes.at(kind, message);
            return None;
        }
    };
    Some(quote!(.kind(#sdk::PluginType::#variant)))
}

fn page(ui: &UiArgs, sdk: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    let Some(url) = &ui.url else {
        mistakes.at(&ui.word, "a page needs its address: `ui(url = \"..\")`");
        return None;
    };
    let pixels = |size: &Option<syn::LitInt>| match size {
        Some(size) => quote!(::core::option::Option::Some(#size)),
        None => quote!(::core::option::Option::None),
    };
    let (width, height) = (pixels(&ui.width), pixels(&ui.height));
    Some(quote! {
        .ui(#sdk::__private::Ui {
            mode: ::core::option::Option::None,
            url: ::core::convert::Into::into(#url),
            width: #width,
            height: #height,
        })
    })
}

/// How names are made of the functions' names.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Rename {
    None,
    Kebab,
    Camel,
}

impl Rename {
    /// Reads the rule that the annotation names.
    pub(crate) fn rule(args: &PluginArgs, mistakes: &mut Mistakes) -> Self {
        let Some(rule) = &args.rename_all else { return Self::None };
        match &*rule.value() {
            "snake_case" => Self::None,
            "kebab-case" => Self::Kebab,
            "camelCase" => Self::Camel,
            other => {
                let expected = "expected one of \"snake_case\", \"kebab-case\", \"camelCase\"";
                mistakes.at(rule, format!("unknown rule `{other}`: {expected}"));
                Self::None
            }
        }
    }

    /// Returns the name that was asked for, or what the rule makes of the function's.
    pub(crate) fn wire_name(self, asked: Option<&LitStr>, function: &Ident) -> LitStr {
        let name = model::wire_name(asked, function);
        if asked.is_some() { name } else { LitStr::new(&self.apply(&name.value()), name.span()) }
    }

    fn apply(self, name: &str) -> String {
        match self {
            Self::None => name.to_owned(),
            Self::Kebab => name.replace('_', "-"),
            Self::Camel => camel_case(name),
        }
    }
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut joined, word| {
        let mut letters = word.chars();
        joined.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        joined.push_str(letters.as_str());
        joined
    })
}
