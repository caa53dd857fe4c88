//! The operation of a function, as an expression: what documents say about it, and the closure that reads what it
//! takes, calls it, and turns what it returns into a reply.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Path, Receiver, ReceiverKind, Type};

use crate::args::{self, DefaultArg, ParameterArgs};
use crate::docs;
use crate::model::{Argument, Function, Parameter};

/// Makes a local variable that no name of the user's can meet: a function may be called `call`, too.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Writes what the expression needs to have in scope.
pub(crate) fn imports(sdk: Option<&Path>) -> TokenStream {
    let sdk = args::sdk(sdk);
    quote! {
        #[allow(unused_imports)]
        use #sdk::__private::{
            self as __lobe, DescribesItself as _, FailsExplained as _, FailsHidden as _, FailsUnexplained as _,
            NotShowable as _, ReturnsResult as _, ReturnsValue as _, SaysNothing as _, Showable as _,
        };
    }
}

/// Writes the expression, for a scope with these [`imports`].
pub(crate) fn expression(function: &Function) -> TokenStream {
    let name = function.wire_name();
    let docs = docs::text(&function.attributes);
    let title = function.args.title.as_ref().map(|title| quote!(.title(#title)));
    let traits = function.args.traits.iter().map(|(word, holds)| quote!(.#word(#holds)));
    let scopes = &function.args.scopes;
    let scopes = (!scopes.is_empty()).then(|| quote!(.scopes([#(#scopes),*])));
    let returned = return_type(function);
    let handler = handler(function);
    let parameters = parameters(function);
    let state = function.receiver().map(state_of);
    let injected = state.into_iter().chain(function.injected().map(ToTokens::to_token_stream));
    let injected = injected.map(|ty| quote_spanned!(ty.span()=> .extracts::<#ty>()));
    let inhabited = inhabited(function);
    let one_reader = one_reader(function);
    let lints = lints(function);
    // Spans decide where the compiler points: at the answer's type when it cannot be described, and at the function's
    // name when its future cannot be sent between threads.
    let described =
        quote_spanned!(returned.span()=> (&&__lobe::Returned::<#returned>::new()).shape().describe());
    let operation = quote_spanned! {function.name().span()=>
        __lobe::Operation::of_function(#name, #docs, #parameters, #described, #handler)
    };
    quote! {
        #inhabited
        #one_reader
        #lints
        #operation
            #title
            #(#traits)*
            #scopes
            #(#injected)*
    }
}

/// Writes a block that gathers the parameters. A statement each: the compiler takes its time for values that are moved.
fn parameters(function: &Function) -> TokenStream {
    let parameters = local("parameters");
    let mut statements = function.arguments().map(|argument| parameter(argument, &parameters)).peekable();
    if statements.peek().is_none() {
        return quote!(__lobe::Parameters::new());
    }
    quote!({ let mut #parameters = __lobe::Parameters::new(); #(#statements)* #parameters })
}

/// Writes what warns where nobody said what something is for. On stable Rust only the compiler warns, so it is the use
/// of something deprecated; whether an argument's type says it already is for traits to answer.
fn lints(function: &Function) -> TokenStream {
    if function.args.allowed.missing_descriptions {
        return TokenStream::new();
    }
    let operation = (!function.is_documented())
        .then(|| quote_spanned!(function.name().span()=> __lobe::operation_without_description();));
    let bare = function.arguments().filter(|argument| argument.docs.is_empty());
    let arguments = bare.map(|Argument { ident, ty, .. }| {
        let lint = Ident::new("argument_without_description", ident.span());
        quote!((&&__lobe::Described::<#ty>::new()).#lint();)
    });
    quote!(#operation #(#arguments)*)
}

/// Writes the type by which `self` is injected.
fn state_of(receiver: &Receiver) -> TokenStream {
    quote_spanned!(receiver.self_token.span()=> __lobe::State<__lobe::Arc<Self>>)
}

fn return_type(function: &Function) -> TokenStream {
    let nothing = || quote_spanned!(function.name().span()=> ());
    function.return_type().map_or_else(nothing, |ty| quote!(#ty))
}

fn parameter(argument: &Argument, parameters: &Ident) -> TokenStream {
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
    let added = quote_spanned!(ty.span()=> #parameters.add::<#ty>(#name, #docs));
    quote!(#added #default #rules;)
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
    (!rules.is_empty()).then(|| quote!(.rules()#(#rules)*))
}

fn default_of(argument: &Argument) -> Option<TokenStream> {
    argument.args.default.as_ref().map(|default| match default {
        DefaultArg::OfType => quote_spanned!(argument.ty.span()=> ::core::default::Default::default()),
        DefaultArg::Value(value) => quote!(#value),
    })
}

/// Refuses, at its type, an argument that no value fits: an `enum` without variants. What a type is made of is for the
/// compiler to say, so it is asked when that is known; in one constant, because the compiler takes its time for each.
fn inhabited(function: &Function) -> TokenStream {
    let message = "no value fits this argument, so nobody can call the function: give the `enum` a variant";
    let checks = function.arguments().map(|argument| {
        let ty = function.spelled_out(&argument.ty);
        quote_spanned!(argument.ty.span()=> ::core::assert!(__lobe::is_inhabited::<#ty>(), #message);)
    });
    quote!(const _: () = { #(#checks)* };)
}

/// Refuses, at its type, a parameter that reads all arguments beside others that read some. Whether it does is for
/// its type to say, so it is asked when that is known.
fn one_reader(function: &Function) -> TokenStream {
    let mut readers = if function.arguments().next().is_some() { quote!(1) } else { quote!(0) };
    let message =
        "this parameter reads all arguments, so no other can read some of them: take it, or plain names";
    let mut checks = TokenStream::new();
    for ty in function.injected() {
        // Constants stand outside of the `impl` block, in which `Self` has a meaning.
        let ty = function.spelled_out(ty);
        readers = quote!(#readers + <#ty as __lobe::FromCall>::READS_ARGUMENTS as ::core::primitive::usize);
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
    let name = function.name();
    let owner = function.owner.as_ref().map(|_| quote_spanned!(name.span()=> Self::));
    let returned = return_type(function);
    let values: Vec<Ident> =
        (0..function.parameters.len()).map(|index| local(&format!("value_{index}"))).collect();
    let [call, outcome, shape] = ["call", "outcome", "shape"].map(local);
    let numbered: Vec<_> = function.parameters.iter().zip(&values).collect();
    let arguments = read_arguments(function, &numbered);
    let injections = numbered.iter().filter_map(|(parameter, value)| inject(parameter, value, &call));
    let taken = numbered.iter().map(|(parameter, value)| taken(parameter, value));
    let awaited = function.signature.asyncness.map(|_| quote!(.await));
    let reply = quote_spanned! {returned.span()=>
        let #shape = (&&__lobe::Returned::<#returned>::new()).shape();
        #shape.reply(#outcome, &(&&&#shape).failure())
    };
    let body = quote! {
        #arguments
        #(#injections)*
        let #outcome = #owner #name(#(#taken),*)#awaited;
        #reply
    };
    quote_spanned!(name.span()=> |#call: __lobe::Call| __lobe::Box::pin(async move { #body }))
}

/// Writes how what is no argument is read from the call.
fn inject(parameter: &Parameter, value: &Ident, call: &Ident) -> Option<TokenStream> {
    match parameter {
        Parameter::Argument(_) => None,
        Parameter::Injected(ty) => {
            Some(quote_spanned!(ty.span()=> let #value = __lobe::extract::<#ty>(&#call).await?;))
        }
        Parameter::Receiver(receiver) => {
            let state = state_of(receiver);
            Some(quote_spanned! {receiver.self_token.span()=>
                let __lobe::State(#value) = __lobe::extract::<#state>(&#call).await?;
            })
        }
    }
}

/// Writes how a value is handed to the function.
fn taken(parameter: &Parameter, value: &Ident) -> TokenStream {
    match parameter {
        Parameter::Argument(_) | Parameter::Injected(_) => quote!(#value),
        Parameter::Receiver(receiver) => match &receiver.kind {
            ReceiverKind::Typed(_, ty) if !matches!(**ty, Type::Reference(_)) => {
                let mut value = value.clone();
                value.set_span(value.span().located_at(ty.span()));
                quote!(#value)
            }
            _ => quote!(&#value),
        },
    }
}

/// Writes the reading of all arguments. Where there are none it still makes sure that none came, unless a parameter
/// reads them all.
fn read_arguments(function: &Function, numbered: &[(&Parameter, &Ident)]) -> TokenStream {
    let arguments = numbered.iter().filter_map(|(parameter, value)| match parameter {
        Parameter::Argument(argument) => Some((argument, *value)),
        Parameter::Injected(_) | Parameter::Receiver(_) => None,
    });
    let arguments: Vec<_> = arguments.collect();
    let [call, reader] = ["call", "reader"].map(local);
    if !arguments.is_empty() {
        let reads = arguments.iter().map(|(argument, value)| read(argument, value, &reader));
        // Pairs in pairs: as a tuple of all they would be of as many types as there may be arguments.
        let pairs = arguments.iter().rev().fold(quote!(()), |others, (_, value)| quote!((#value, #others)));
        return quote! {
            let mut #reader = __lobe::ArgumentReader::new(&#call)?;
            #(#reads)*
            let #pairs = #reader.finish(#pairs)?;
        };
    }
    let injected = function.injected();
    quote! {
        if !(false #(|| <#injected as __lobe::FromCall>::READS_ARGUMENTS)*) {
            __lobe::ArgumentReader::new(&#call)?.finish(())?;
        }
    }
}

fn read(argument: &Argument, value: &Ident, reader: &Ident) -> TokenStream {
    let ty = &argument.ty;
    let name = argument.wire_name();
    match default_of(argument) {
        None => quote_spanned!(ty.span()=> let #value = #reader.read::<#ty>(#name);),
        // A default that is a call would make it a closure that only calls.
        Some(default) => quote_spanned! {ty.span()=>
            #[allow(clippy::redundant_closure)]
            let #value = #reader.read_or::<#ty>(#name, || #default);
        },
    }
}
