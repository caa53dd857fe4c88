//! What the annotation leaves behind: the function as it was written, and beside it a hidden type of the same name
//! that states facts about it.
//!
//! A braced struct lives in the type namespace only and a function in the value namespace only, so one `use` brings
//! both, and a local variable may still bear the name.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident, ItemFn};

use crate::args::{self, DefaultArg, FunctionArgs, ParameterArgs};
use crate::diag::{self, Mistakes};
use crate::model::{Argument, Function, Parameter};
use crate::{check, docs};

/// Expands the annotation of a function.
pub(crate) fn function(attribute: TokenStream, item: ItemFn) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let args = FunctionArgs::parse(attribute, &mut mistakes);
    let function = Function::new(item, args, &mut mistakes);
    check::function(&function, &mut mistakes);

    // Where mistakes leave nothing to say, no second error shall follow from them.
    let facts = if mistakes.none() { operation(&function) } else { quote!(::core::unreachable!()) };
    // Beside a method no type can stand: there the mistake alone has to do.
    let marked = (!function.is_method()).then(|| marker(&function, &facts));
    let item = &function.item;
    // Both lints would be right about another function; here it is the annotation that asks for owned arguments, and
    // that takes an `async fn` which does not wait yet.
    let item = quote!(#[allow(clippy::needless_pass_by_value, clippy::unused_async)] #item);
    diag::beside(&quote!(#item #marked), mistakes)
}

/// Makes a local variable that no name of the user's can meet: a function may be called `call`, too.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Writes the hidden type and what it implements.
fn marker(function: &Function, operation: &TokenStream) -> TokenStream {
    let name = &function.item.sig.ident;
    let visibility = &function.item.vis;
    let conditions: Vec<_> = function.conditions().collect();
    let sdk = args::sdk(function.args.sdk.as_ref());
    quote! {
        #(#conditions)*
        #[doc(hidden)]
        #[allow(dead_code, non_camel_case_types, unreachable_pub, missing_debug_implementations)]
        #[allow(clippy::redundant_pub_crate)]
        #visibility struct #name {}

        #(#conditions)*
        const _: () = {
            #[allow(unused_imports)]
            use #sdk::__private::{
                self as __lobe, FailsExplained as _, FailsHidden as _, FailsUnexplained as _, NotShowable as _,
                ReturnsResult as _, ReturnsValue as _, Showable as _,
            };
            impl __lobe::Function for #name {
                fn operation() -> __lobe::Operation {
                    #operation
                }
            }
        };
    }
}

fn operation(function: &Function) -> TokenStream {
    let name = function.wire_name();
    let docs = docs::text(&function.item.attrs);
    let title = function.args.title.as_ref().map(|title| quote!(.title(#title)));
    let returned = return_type(function);
    let handler = handler(function);
    let parameters = function.arguments().map(parameter);
    let injected = function.injected().map(|ty| quote_spanned!(ty.span()=> .extracts::<#ty>()));
    let one_reader = one_reader(function);
    // Spans decide where the compiler points: at the answer's type when it cannot be described, and at the function's
    // name when its future cannot be sent between threads.
    let described =
        quote_spanned!(returned.span()=> (&&__lobe::Returned::<#returned>::new()).shape().describe());
    let new = quote_spanned!(function.item.sig.ident.span()=> __lobe::Operation::new(#name, #handler));
    quote! {
        #one_reader
        #new
            .documented(#docs)
            #title
            .taking(__lobe::Parameters::default()#(#parameters)*)
            #(#injected)*
            .replies(#described)
    }
}

fn return_type(function: &Function) -> TokenStream {
    let nothing = || quote_spanned!(function.item.sig.ident.span()=> ());
    function.return_type().map_or_else(nothing, |ty| quote!(#ty))
}

fn parameter(argument: &Argument) -> TokenStream {
    let ty = &argument.ty;
    let name = argument.wire_name();
    let docs = docs::text(&argument.docs);
    let value = local("value");
    let default = default_of(argument).map(|default| {
        quote!(.defaulted({
            let #value: #ty = #default;
            (&&__lobe::Fallback(&#value)).shown()
        }))
    });
    let rules = rules(argument);
    let fact = quote!(__lobe::Parameter::new(#name).documented(#docs)#rules #default);
    quote_spanned!(ty.span()=> .with::<#ty>(#fact))
}

fn rules(argument: &Argument) -> Option<TokenStream> {
    let ParameterArgs { range, length, pattern, example, .. } = &argument.args;
    let said = |method: &str, value: Option<&Expr>| {
        let method = Ident::new(method, Span::call_site());
        value.map(|value| quote!(.#method(#value)))
    };
    let rules = [
        said("at_least", range.as_ref().and_then(|range| range.min.as_ref())),
        said("at_most", range.as_ref().and_then(|range| range.max.as_ref())),
        said("no_shorter_than", length.as_ref().and_then(|length| length.min.as_ref())),
        said("no_longer_than", length.as_ref().and_then(|length| length.max.as_ref())),
        said("matching", pattern.as_ref()),
        said("such_as", example.as_ref()),
    ];
    let rules: Vec<_> = rules.into_iter().flatten().collect();
    (!rules.is_empty()).then(|| quote!(.ruled(__lobe::Rules::default()#(#rules)*)))
}

fn default_of(argument: &Argument) -> Option<TokenStream> {
    argument.args.default.as_ref().map(|default| match default {
        DefaultArg::OfType => quote_spanned!(argument.ty.span()=> ::core::default::Default::default()),
        DefaultArg::Value(value) => quote!(#value),
    })
}

/// Refuses, at its type, a parameter that reads all arguments beside others that read some. Whether it does is for
/// its type to say, so it is asked when that is known.
fn one_reader(function: &Function) -> TokenStream {
    let mut readers = if function.arguments().next().is_some() { quote!(1) } else { quote!(0) };
    let message =
        "this parameter reads all arguments, so no other can read some of them: take it, or plain names";
    let mut checks = TokenStream::new();
    for ty in function.injected() {
        readers = quote!(#readers + <#ty as __lobe::FromCall>::READS_ARGUMENTS as usize);
        checks.extend(quote_spanned! {ty.span()=>
            const _: () = ::core::assert!(
                !<#ty as __lobe::FromCall>::READS_ARGUMENTS || (#readers) < 2,
                #message
            );
        });
    }
    checks
}

/// Writes the closure that reads what the function takes, calls it, and turns what it returns into a reply.
fn handler(function: &Function) -> TokenStream {
    let name = &function.item.sig.ident;
    let returned = return_type(function);
    let values: Vec<Ident> =
        (0..function.parameters.len()).map(|index| local(&format!("value_{index}"))).collect();
    let [call, outcome, shape] = ["call", "outcome", "shape"].map(local);
    let numbered: Vec<_> = function.parameters.iter().zip(&values).collect();
    let arguments = read_arguments(function, &numbered);
    let injections = numbered.iter().filter_map(|(parameter, value)| match parameter {
        Parameter::Argument(_) => None,
        Parameter::Injected(ty) => {
            Some(quote_spanned!(ty.span()=> let #value = __lobe::extract::<#ty>(&#call).await?;))
        }
    });
    let taken = numbered.iter().map(|(parameter, value)| match parameter {
        Parameter::Argument(_) => quote!(#value?),
        Parameter::Injected(_) => quote!(#value),
    });
    let awaited = function.item.sig.asyncness.map(|_| quote!(.await));
    let reply = quote_spanned! {returned.span()=>
        let #shape = (&&__lobe::Returned::<#returned>::new()).shape();
        #shape.reply(#outcome, &(&&&#shape).failure())
    };
    let body = quote! {
        #arguments
        #(#injections)*
        let #outcome = #name(#(#taken),*)#awaited;
        #reply
    };
    quote_spanned!(name.span()=> |#call: __lobe::Call| async move { #body })
}

/// Writes the reading of all arguments. Where there are none it still makes sure that none came, unless a parameter
/// reads them all.
fn read_arguments(function: &Function, numbered: &[(&Parameter, &Ident)]) -> TokenStream {
    let reads = numbered.iter().filter_map(|(parameter, value)| match parameter {
        Parameter::Argument(argument) => Some(read(argument, value)),
        Parameter::Injected(_) => None,
    });
    let [call, arguments] = ["call", "arguments"].map(local);
    if function.arguments().next().is_some() {
        return quote! {
            let mut #arguments = __lobe::ArgumentReader::new(&#call)?;
            #(#reads)*
            #arguments.finish()?;
        };
    }
    let injected = function.injected();
    quote! {
        if !(false #(|| <#injected as __lobe::FromCall>::READS_ARGUMENTS)*) {
            __lobe::ArgumentReader::new(&#call)?.finish()?;
        }
    }
}

fn read(argument: &Argument, value: &Ident) -> TokenStream {
    let ty = &argument.ty;
    let name = argument.wire_name();
    let arguments = local("arguments");
    match default_of(argument) {
        None => quote_spanned!(ty.span()=> let #value = #arguments.read::<#ty>(#name);),
        // A default that is a call would make it a closure that only calls.
        Some(default) => quote_spanned! {ty.span()=>
            #[allow(clippy::redundant_closure)]
            let #value = #arguments.read_or::<#ty>(#name, || #default);
        },
    }
}
