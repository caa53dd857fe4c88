//! A function as the annotation sees it: what was read from it beside the original tokens, so that every later message
//! can point at the very one.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, FnArg, Ident, LitStr, Pat, PatType, Receiver, ReturnType, Signature, Type};

use crate::args::{FunctionArgs, ParameterArgs};
use crate::diag::Mistakes;
use crate::docs;

/// An annotated function, or an annotated method of an annotated `impl` block.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    /// As the user wrote it, without what only the annotation understands.
    pub(crate) signature: Signature,
    pub(crate) args: FunctionArgs,
    pub(crate) parameters: Vec<Parameter>,
    /// The type whose `impl` block it stands in.
    pub(crate) owner: Option<Type>,
}

/// One parameter, in order.
pub(crate) enum Parameter {
    /// A plain name: a property of the arguments.
    Argument(Box<Argument>),
    /// A pattern: read from the call by its type.
    Injected(Box<Type>),
    /// `self`: the plugin's state.
    Receiver(Box<Receiver>),
}

pub(crate) struct Argument {
    pub(crate) ident: Ident,
    pub(crate) ty: Box<Type>,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) args: ParameterArgs,
}

impl Function {
    /// Reads a function, and takes away from its signature what the compiler would not allow there.
    pub(crate) fn read(
        attributes: &[Attribute],
        signature: &mut Signature,
        args: FunctionArgs,
        mistakes: &mut Mistakes,
    ) -> Self {
        let inputs = signature.inputs.iter_mut();
        let parameters = inputs.map(|input| Parameter::take(input, mistakes)).collect();
        Self { attributes: attributes.to_vec(), signature: signature.clone(), args, parameters, owner: None }
    }

    pub(crate) fn name(&self) -> &Ident {
        &self.signature.ident
    }

    /// Returns the name on the wire, and what to point at when it is wrong.
    pub(crate) fn wire_name(&self) -> LitStr {
        wire_name(self.args.name.as_ref(), self.name())
    }

    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        self.parameters.iter().find_map(|parameter| match parameter {
            Parameter::Receiver(receiver) => Some(&**receiver),
            Parameter::Argument(_) | Parameter::Injected(_) => None,
        })
    }

    pub(crate) fn return_type(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }

    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Argument> {
        self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Argument(argument) => Some(&**argument),
            Parameter::Injected(_) | Parameter::Receiver(_) => None,
        })
    }

    pub(crate) fn injected(&self) -> impl Iterator<Item = &Type> {
        self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Injected(ty) => Some(&**ty),
            Parameter::Argument(_) | Parameter::Receiver(_) => None,
        })
    }

    pub(crate) fn is_documented(&self) -> bool {
        self.attributes.iter().any(docs::is_doc)
    }

    /// Returns the conditions that what stands beside the function has to share with it.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Attribute> {
        conditions(&self.attributes)
    }

    /// Returns the `#[allow(..)]` on the function: what is allowed there is allowed in what is written about it, which
    /// names the same types.
    pub(crate) fn allowances(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(|attribute| attribute.path().is_ident("allow"))
    }

    /// Returns whether the function speaks of `Self`, which only stands in `impl` blocks and traits.
    pub(crate) fn mentions_self_type(&self) -> bool {
        mentions_self_type(self.signature.to_token_stream())
    }

    /// Writes a type as it is called outside of the `impl` block, where nobody knows `Self`.
    pub(crate) fn spelled_out(&self, ty: &Type) -> TokenStream {
        match &self.owner {
            Some(owner) => without_self(ty.to_token_stream(), owner),
            None => ty.to_token_stream(),
        }
    }
}

impl Parameter {
    /// Reads a parameter, and takes away what the compiler would not allow on it.
    fn take(input: &mut FnArg, mistakes: &mut Mistakes) -> Self {
        let PatType { attrs, pat, ty, .. } = match input {
            FnArg::Typed(typed) => typed,
            FnArg::Receiver(receiver) => {
                refuse_words(&mut receiver.attrs, mistakes);
                return Self::Receiver(Box::new(receiver.clone()));
            }
        };
        for condition in conditions(attrs) {
            mistakes.at(condition, "an operation has one schema: put the condition on the function");
        }
        let docs: Vec<Attribute> = attrs.extract_if(.., |attribute| docs::is_doc(attribute)).collect();
        match &**pat {
            Pat::Ident(plain) if plain.subpat.is_none() => {
                let args = parameter_args(attrs, mistakes);
                let ident = plain.ident.clone();
                Self::Argument(Box::new(Argument { ident, ty: ty.clone(), docs, args }))
            }
            _ => {
                refuse_words(attrs, mistakes);
                Self::Injected(ty.clone())
            }
        }
    }
}

impl Argument {
    pub(crate) fn wire_name(&self) -> LitStr {
        wire_name(self.args.rename.as_ref(), &self.ident)
    }
}

/// Takes the annotation's words from a parameter that is no argument.
fn refuse_words(attributes: &mut Vec<Attribute>, mistakes: &mut Mistakes) {
    for attribute in take_words(attributes) {
        mistakes.at(attribute, "`#[lobe(..)]` says things about arguments, and this parameter is injected");
    }
}

fn take_words(attributes: &mut Vec<Attribute>) -> Vec<Attribute> {
    attributes.extract_if(.., |attribute| attribute.path().is_ident("lobe")).collect()
}

fn parameter_args(attributes: &mut Vec<Attribute>, mistakes: &mut Mistakes) -> ParameterArgs {
    let mut args = ParameterArgs::default();
    for (position, attribute) in take_words(attributes).iter().enumerate() {
        if position > 0 {
            mistakes.at(attribute, "write all of it in one `#[lobe(..)]`");
            continue;
        }
        match attribute.meta.require_list() {
            Ok(list) => args = ParameterArgs::parse(list.tokens.clone(), mistakes),
            Err(_) => mistakes.at(attribute, "write what you say of the argument as `#[lobe(..)]`"),
        }
    }
    args
}

/// Returns the name that was asked for, or the Rust name without `r#`.
pub(crate) fn wire_name(asked: Option<&LitStr>, ident: &Ident) -> LitStr {
    let own = || LitStr::new(ident.to_string().trim_start_matches("r#"), ident.span());
    asked.cloned().unwrap_or_else(own)
}

/// Returns the `#[cfg(..)]` among the attributes.
pub(crate) fn conditions(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
}

fn mentions_self_type(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self_type(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn without_self(tokens: TokenStream, owner: &Type) -> TokenStream {
    let spelled = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => owner.to_token_stream(),
        TokenTree::Group(group) => {
            let mut inner = proc_macro2::Group::new(group.delimiter(), without_self(group.stream(), owner));
            inner.set_span(group.span());
            TokenTree::Group(inner).into()
        }
        other => other.into(),
    };
    tokens.into_iter().map(spelled).collect::<Vec<TokenStream>>().into_iter().collect()
}
