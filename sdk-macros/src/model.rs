//! A function as the annotation sees it: the original beside what was read from it, so that every later message
//! can point at the very token.

use syn::{Attribute, FnArg, Ident, ItemFn, LitStr, Pat, PatType, ReturnType, Type};

use crate::args::{FunctionArgs, ParameterArgs};
use crate::diag::Mistakes;
use crate::docs;

/// An annotated function.
pub(crate) struct Function {
    /// As the user wrote it, without what only the annotation understands.
    pub(crate) item: ItemFn,
    pub(crate) args: FunctionArgs,
    pub(crate) parameters: Vec<Parameter>,
}

/// One parameter, in order.
pub(crate) enum Parameter {
    /// A plain name: a property of the arguments.
    Argument(Box<Argument>),
    /// A pattern: read from the call by its type.
    Injected(Box<Type>),
}

pub(crate) struct Argument {
    pub(crate) ident: Ident,
    pub(crate) ty: Box<Type>,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) args: ParameterArgs,
}

impl Function {
    pub(crate) fn new(mut item: ItemFn, args: FunctionArgs, mistakes: &mut Mistakes) -> Self {
        let inputs = item.sig.inputs.iter_mut();
        let parameters = inputs.filter_map(|input| Parameter::take(input, mistakes)).collect();
        Self { item, args, parameters }
    }

    /// Returns the name on the wire, and what to point at when it is wrong.
    pub(crate) fn wire_name(&self) -> LitStr {
        wire_name(self.args.name.as_ref(), &self.item.sig.ident)
    }

    pub(crate) fn is_method(&self) -> bool {
        self.item.sig.receiver().is_some()
    }

    pub(crate) fn return_type(&self) -> Option<&Type> {
        match &self.item.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }

    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Argument> {
        self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Argument(argument) => Some(&**argument),
            Parameter::Injected(_) => None,
        })
    }

    pub(crate) fn injected(&self) -> impl Iterator<Item = &Type> {
        self.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Argument(_) => None,
            Parameter::Injected(ty) => Some(&**ty),
        })
    }

    /// Returns the conditions that what stands beside the function has to share with it.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Attribute> {
        conditions(&self.item.attrs)
    }
}

impl Parameter {
    /// Reads a parameter, and takes away what the compiler would not allow on it.
    fn take(input: &mut FnArg, mistakes: &mut Mistakes) -> Option<Self> {
        let FnArg::Typed(PatType { attrs, pat, ty, .. }) = input else { return None };
        let docs: Vec<Attribute> = attrs.extract_if(.., |attribute| docs::is_doc(attribute)).collect();
        let args = parameter_args(attrs, mistakes);
        match &**pat {
            Pat::Ident(plain) if plain.subpat.is_none() => {
                let ident = plain.ident.clone();
                Some(Self::Argument(Box::new(Argument { ident, ty: ty.clone(), docs, args })))
            }
            pattern => {
                if !args.is_empty() {
                    mistakes
                        .at(pattern, "`#[lobe(..)]` says things about arguments, and a pattern is injected");
                }
                Some(Self::Injected(ty.clone()))
            }
        }
    }
}

impl Argument {
    pub(crate) fn wire_name(&self) -> LitStr {
        wire_name(self.args.rename.as_ref(), &self.ident)
    }
}

fn parameter_args(attributes: &mut Vec<Attribute>, mistakes: &mut Mistakes) -> ParameterArgs {
    let own: Vec<Attribute> =
        attributes.extract_if(.., |attribute| attribute.path().is_ident("lobe")).collect();
    let mut args = ParameterArgs::default();
    for (position, attribute) in own.iter().enumerate() {
        if position > 0 {
            mistakes.at(attribute, "write all of it in one `#[lobe(..)]`");
            continue;
        }
        match attribute.meta.require_list() {
            Ok(list) => args = ParameterArgs::parse(list.tokens.clone(), mistakes),
            Err(error) => mistakes.add(error),
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
