//! A module as a plugin: the annotated functions inside become its operations, in the order they are written.
//!
//! The macro sees the items, so no linker magic gathers them, and two equal names are found here and not at start.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Ident, Item, ItemFn, ItemMod, LitStr, Meta, parse_quote};

use crate::args::{self, FunctionArgs, ModuleArgs, UiArgs};
use crate::diag::{self, Mistakes};
use crate::{check, docs, model};

/// Expands the annotation of a module.
pub(crate) fn expand(attribute: TokenStream, mut module: ItemMod) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let args = ModuleArgs::parse(attribute, &mut mistakes);
    let Some((_, items)) = &mut module.content else {
        mistakes.at(&module.ident, "the annotation sees only what stands here: write `mod name { .. }`");
        return diag::beside(&module, mistakes);
    };
    let rule = rename_rule(&args, &mut mistakes);
    let operations: Vec<Operation> =
        items.iter_mut().filter_map(|item| Operation::find(item, &args, rule)).collect();
    distinct(&operations, &mut mistakes);
    identifier(&args, &module.ident, &mut mistakes);
    if let Some(clash) = items.iter().find_map(|item| named_plugin(item)) {
        mistakes.at(clash, "the annotation of the module writes `fn plugin()` itself: choose another name");
    } else {
        items.push(plugin(&args, &module.attrs, &operations, &mut mistakes));
    }
    diag::beside(&module, mistakes)
}

/// An annotated function inside the module.
struct Operation {
    ident: Ident,
    wire_name: LitStr,
    conditions: Vec<Attribute>,
}

impl Operation {
    /// Finds the annotation on an item, and completes it by what the module says for all.
    fn find(item: &mut Item, module: &ModuleArgs, rule: Rename) -> Option<Self> {
        let Item::Fn(ItemFn { attrs, sig, .. }) = item else { return None };
        let annotation = attrs.iter_mut().find(|attribute| is_annotation(attribute))?;
        let said = match &annotation.meta {
            Meta::List(list) => list.tokens.clone(),
            Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
        };
        // Its own expansion will report what is wrong in it.
        let args = FunctionArgs::parse(said.clone(), &mut Mistakes::default());
        let mut wire_name = model::wire_name(args.name.as_ref(), &sig.ident);
        let mut added = Vec::new();
        if args.name.is_none() && rule != Rename::None {
            wire_name = LitStr::new(&rule.apply(&wire_name.value()), sig.ident.span());
            added.push(quote!(name = #wire_name));
        }
        if let (None, Some(sdk)) = (&args.sdk, &module.sdk) {
            added.push(quote!(crate = #sdk));
        }
        if !added.is_empty() {
            let path = annotation.path().clone();
            let comma = (!said.is_empty()).then(|| quote!(,));
            *annotation = parse_quote!(#[#path(#(#added),* #comma #said)]);
        }
        Some(Self {
            ident: sig.ident.clone(),
            wire_name,
            conditions: model::conditions(attrs).cloned().collect(),
        })
    }
}

fn is_annotation(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "lobe_plugin")
}

fn named_plugin(item: &Item) -> Option<&Ident> {
    match item {
        Item::Fn(function) if function.sig.ident == "plugin" => Some(&function.sig.ident),
        _ => None,
    }
}

/// Notes names that are equal, or become equal where an OpenAPI document writes `-` as `_`. Functions under a
/// condition are left to the check at start: only the compiler knows which of them are there.
fn distinct(operations: &[Operation], mistakes: &mut Mistakes) {
    let id = |operation: &Operation| operation.wire_name.value().replace('-', "_");
    for (position, operation) in operations.iter().enumerate() {
        let same = |other: &&Operation| id(other) == id(operation) && other.conditions.is_empty();
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

/// Judges the identifier: the one given, or the name of the crate.
fn identifier(args: &ModuleArgs, module: &Ident, mistakes: &mut Mistakes) {
    if let Some(identifier) = &args.identifier {
        check::name(identifier, mistakes);
        return;
    }
    let Ok(package) = std::env::var("CARGO_PKG_NAME") else { return };
    let mut of_package = Mistakes::default();
    check::name(&LitStr::new(&package, module.span()), &mut of_package);
    for mistake in of_package {
        let message =
            format!("the package's name cannot be the identifier ({mistake}): add `identifier = \"..\"`");
        mistakes.at(module, message);
    }
}

/// Writes `fn plugin()`.
fn plugin(
    args: &ModuleArgs,
    attributes: &[Attribute],
    operations: &[Operation],
    mistakes: &mut Mistakes,
) -> Item {
    let sdk = args::sdk(args.sdk.as_ref());
    let docs = docs::text(attributes);
    let identifier = match &args.identifier {
        Some(identifier) => quote!(::core::option::Option::Some(#identifier)),
        None => quote!(::core::option::Option::None),
    };
    let said = said(args, &sdk, mistakes);
    let functions = operations.iter().map(|operation| {
        let Operation { ident, conditions, .. } = operation;
        quote!(#(#conditions)* let plugin = plugin.with::<#ident>();)
    });
    parse_quote! {
        /// Makes the plugin of this module.
        #[must_use]
        #[allow(unreachable_pub)]
        pub fn plugin() -> #sdk::Plugin {
            let facts = #sdk::__private::CrateFacts {
                name: ::core::option_env!("CARGO_PKG_NAME"),
                version: ::core::option_env!("CARGO_PKG_VERSION"),
                description: ::core::option_env!("CARGO_PKG_DESCRIPTION"),
                authors: ::core::option_env!("CARGO_PKG_AUTHORS"),
                homepage: ::core::option_env!("CARGO_PKG_HOMEPAGE"),
                repository: ::core::option_env!("CARGO_PKG_REPOSITORY"),
                license: ::core::option_env!("CARGO_PKG_LICENSE"),
            };
            let plugin = #sdk::__private::plugin(#identifier, #docs, facts)#said;
            #(#functions)*
            plugin
        }
    }
}

/// Writes the builder calls for what the annotation says.
fn said(args: &ModuleArgs, sdk: &TokenStream, mistakes: &mut Mistakes) -> TokenStream {
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
            url: #url.into(),
            width: #width,
            height: #height,
        })
    })
}

/// How names are made of the functions' names.
#[derive(Clone, Copy, PartialEq)]
enum Rename {
    None,
    Kebab,
    Camel,
}

impl Rename {
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

fn rename_rule(args: &ModuleArgs, mistakes: &mut Mistakes) -> Rename {
    let Some(rule) = &args.rename_all else { return Rename::None };
    match &*rule.value() {
        "snake_case" => Rename::None,
        "kebab-case" => Rename::Kebab,
        "camelCase" => Rename::Camel,
        other => {
            let expected = "expected one of \"snake_case\", \"kebab-case\", \"camelCase\"";
            mistakes.at(rule, format!("unknown rule `{other}`: {expected}"));
            Rename::None
        }
    }
}
