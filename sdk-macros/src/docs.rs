//! Doc comments as one text that the library reads.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns an expression of type `&'static str`: the doc comments among `attributes`, a line each, as they are
/// written. `#[doc = include_str!("..")]` works too, which is why it is an expression.
pub(crate) fn text(attributes: &[Attribute]) -> TokenStream {
    let lines: Vec<&Expr> = attributes.iter().filter_map(line).collect();
    let all: Option<Vec<String>> = lines.iter().map(|line| literal(line)).collect();
    match all {
        Some(lines) => {
            let text = lines.join("\n");
            quote!(#text)
        }
        None => quote!(::core::concat!(#(#lines, "\n"),*)),
    }
}

pub(crate) fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}

fn line(attribute: &Attribute) -> Option<&Expr> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(&pair.value),
        _ => None,
    }
}

fn literal(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
