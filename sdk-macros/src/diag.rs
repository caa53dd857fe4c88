//! Every mistake is kept until the end, and the user's own item is never lost over it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Error;

/// Collects the mistakes of one item.
#[derive(Default)]
pub(crate) struct Mistakes(Vec<Error>);

impl Mistakes {
    /// Notes a mistake at `place`.
    pub(crate) fn at(&mut self, place: impl ToTokens, message: impl std::fmt::Display) {
        self.0.push(Error::new_spanned(place, message));
    }

    /// Notes a mistake that a parser found.
    pub(crate) fn add(&mut self, error: Error) {
        self.0.push(error);
    }

    /// Counts them, to see whether some came.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn none(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Mistakes {
    type Item = Error;
    type IntoIter = std::vec::IntoIter<Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Writes the item, and the mistakes behind it.
pub(crate) fn beside(item: &impl ToTokens, mistakes: impl IntoIterator<Item = Error>) -> TokenStream {
    let mistakes = mistakes.into_iter().map(|mistake| mistake.to_compile_error());
    quote! { #item #(#mistakes)* }
}
