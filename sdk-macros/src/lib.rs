//! `#[lobe_plugin]`, the annotation of `lobe-plugin-sdk`.
//!
//! Use it through that crate, which also has its documentation. The stages, each a file with its own types:
//! `words` reads lists of words, `args` knows which there are, `model` reads the function, `check` applies the rules
//! (`names`, `types`, `limits`), `operation` writes. `function`, `module` and `methods` are the three places where the
//! annotation stands; the last two share `plugin`. `diag` keeps every mistake until the end, so that a user sees all
//! at once.
//!
//! The annotation is thin on purpose: it states facts, and `lobe_plugin_sdk::__private` does the work.

mod args;
mod check;
mod diag;
mod docs;
mod function;
mod limits;
mod methods;
mod model;
mod module;
mod names;
mod operation;
mod plugin;
mod types;
mod words;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use syn::Item;

/// Makes a plugin's operation of a function, or a plugin of an inline module or an `impl` block.
#[proc_macro_attribute]
pub fn lobe_plugin(attribute: TokenStream, item: TokenStream) -> TokenStream {
    annotate(attribute.into(), &item.into()).into()
}

fn annotate(attribute: Tokens, item: &Tokens) -> Tokens {
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Fn(function)) => function::expand(attribute, function),
        Ok(Item::Impl(block)) => methods::expand(attribute, block),
        Ok(Item::Mod(module)) => module::expand(attribute, module),
        Ok(other) => diag::beside(item, [syn::Error::new_spanned(first_token(&other), USAGE)]),
        // The compiler says itself what is wrong with an item that is not Rust.
        Err(error) => diag::beside(item, [error]),
    }
}

const USAGE: &str = "`#[lobe_plugin]` stands on a function, which becomes an operation, or on an inline module \
    (`mod name { .. }`) or an `impl` block, which becomes a plugin of the annotated functions inside";

fn first_token(item: &Item) -> Tokens {
    quote::ToTokens::to_token_stream(item).into_iter().find(is_word).into_iter().collect()
}

fn is_word(token: &proc_macro2::TokenTree) -> bool {
    matches!(token, proc_macro2::TokenTree::Ident(_))
}
