//! What the annotation of a function leaves behind: the function as it was written, and beside it a hidden type of the
//! same name that states facts about it.
//!
//! A braced struct lives in the type namespace only and a function in the value namespace only, so one `use` brings
//! both, and a local variable may still bear the name.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ItemFn, Visibility};

use crate::args::FunctionArgs;
use crate::diag::{self, Mistakes};
use crate::model::Function;
use crate::{check, operation};

/// Expands the annotation of a function.
pub(crate) fn expand(attribute: TokenStream, mut item: ItemFn) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let args = FunctionArgs::parse(attribute, &mut mistakes);
    let function = Function::read(&item.attrs, &mut item.sig, args, &mut mistakes);
    check::function(&function, &mut mistakes);

    // Where mistakes leave nothing to say, no second error shall follow from them.
    let facts =
        if mistakes.none() { operation::expression(&function) } else { quote!(::core::unreachable!()) };
    // Beside a method no type can stand: there the mistake alone has to do.
    let alone = function.receiver().is_none() && !function.mentions_self_type();
    let marked = alone.then(|| marker(&function, &item.vis, &facts));
    let item = excused(&item);
    diag::beside(&quote!(#item #marked), mistakes)
}

/// Lets a function be what the annotation asks it to be. The lints would be right about another function; here it is
/// the annotation that asks for owned arguments, takes an `async fn` which does not wait yet, and refuses a `const fn`.
pub(crate) fn excused(item: &impl ToTokens) -> TokenStream {
    quote!(#[allow(clippy::missing_const_for_fn, clippy::needless_pass_by_value, clippy::unused_async)] #item)
}

/// Writes the hidden type and what it implements.
fn marker(function: &Function, visibility: &Visibility, operation: &TokenStream) -> TokenStream {
    let name = function.name();
    let conditions: Vec<_> = function.conditions().collect();
    let imports = operation::imports(function.args.sdk.as_ref());
    let allowed = function.allowances();
    quote! {
        #(#conditions)*
        #[doc(hidden)]
        #[allow(dead_code, non_camel_case_types, unreachable_pub, missing_debug_implementations)]
        #[allow(clippy::redundant_pub_crate)]
        #visibility struct #name {}

        #(#conditions)*
        #(#allowed)*
        const _: () = {
            #imports
            impl __lobe::Function for #name {
                fn operation() -> __lobe::Operation {
                    #operation
                }
            }
        };
    }
}
