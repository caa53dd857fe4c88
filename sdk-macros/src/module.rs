//! A module as a plugin: the annotated functions inside become its operations, in the order they are written.
//!
//! The macro sees the items, so no linker magic gathers them, and two equal names are found here and not at start.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Item, ItemFn, ItemMod, LitStr, parse_quote};

use crate::args::{FunctionArgs, PluginArgs};
use crate::diag::{self, Mistakes};
use crate::operation::local;
use crate::plugin::{self, Named, Rename};
use crate::{model, names};

/// Expands the annotation of a module.
pub(crate) fn expand(attribute: TokenStream, mut module: ItemMod) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let args = PluginArgs::parse(attribute, &mut mistakes);
    let Some((_, items)) = &mut module.content else {
        mistakes.at(&module.ident, "the annotation sees only what stands here: write `mod name { .. }`");
        return diag::beside(&module, mistakes);
    };
    let rule = Rename::rule(&args, &mut mistakes);
    let operations: Vec<Named> = items.iter_mut().filter_map(|item| operation(item, &args, rule)).collect();
    plugin::distinct(&operations, &mut mistakes);
    names::identifier(args.identifier.as_ref(), module.ident.span(), &mut mistakes);
    if let Some(clash) = items.iter().find_map(|item| named_plugin(item)) {
        mistakes.at(clash, "the annotation of the module writes `fn plugin()` itself: choose another name");
    } else {
        let plugin = plugin::function(&args, &module.attrs, &operations, &mut mistakes);
        items.push(parse_quote! {
            /// Makes the plugin of this module.
            #plugin
        });
    }
    diag::beside(&module, mistakes)
}

/// Finds the annotation on an item, and completes it by what the module says for all.
fn operation(item: &mut Item, module: &PluginArgs, rule: Rename) -> Option<Named> {
    let Item::Fn(ItemFn { attrs, sig, .. }) = item else { return None };
    let annotation = attrs.iter_mut().find(|attribute| plugin::is_annotation(attribute))?;
    let said = plugin::said_in(annotation);
    // Its own expansion will report what is wrong in it.
    let args = FunctionArgs::parse(said.clone(), &mut Mistakes::default());
    let wire_name = rule.wire_name(args.name.as_ref(), &sig.ident);
    let added = added(&args, module, (rule != Rename::None).then_some(&wire_name));
    if !added.is_empty() {
        let path = annotation.path().clone();
        let comma = (!said.is_empty()).then(|| quote!(,));
        *annotation = parse_quote!(#[#path(#(#added),* #comma #said)]);
    }
    Some(Named {
        adding: adding(&sig.ident),
        wire_name,
        conditions: model::conditions(attrs).cloned().collect(),
    })
}

/// Returns the words that the function's own annotation does not have.
fn added(args: &FunctionArgs, module: &PluginArgs, renamed: Option<&LitStr>) -> Vec<TokenStream> {
    let name = renamed.filter(|_| args.name.is_none()).map(|name| quote!(name = #name));
    let sdk = module.sdk.as_ref().filter(|_| args.sdk.is_none()).map(|sdk| quote!(crate = #sdk));
    let allowed = module.allowed.missing_descriptions && !args.allowed.missing_descriptions;
    let allowed = allowed.then(|| quote!(allow(missing_descriptions)));
    [name, sdk, allowed].into_iter().flatten().collect()
}

fn adding(function: &Ident) -> TokenStream {
    let plugin = local("plugin");
    quote!(#plugin.with::<#function>())
}

fn named_plugin(item: &Item) -> Option<&Ident> {
    match item {
        Item::Fn(function) if function.sig.ident == "plugin" => Some(&function.sig.ident),
        _ => None,
    }
}
