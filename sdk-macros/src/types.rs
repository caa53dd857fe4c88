//! Which types may stand in a signature, as far as their spelling tells: what can be sent is owned and has a name.
//!
//! Whether a type is known to serde and schemars is for traits to say, not for its letters.

use syn::{GenericArgument, PathArguments, Type};

use crate::diag::Mistakes;

/// Judges the type of an argument, inside and out.
pub(crate) fn argument(ty: &Type, mistakes: &mut Mistakes) {
    if let Some(message) = cannot_come(ty) {
        mistakes.at(ty, message);
        return;
    }
    parts(ty).into_iter().for_each(|part| argument(part, mistakes));
}

fn cannot_come(ty: &Type) -> Option<String> {
    let message = match ty {
        Type::Reference(reference) => {
            let owned = match bare(&reference.elem) {
                Type::Path(path) if path.path.is_ident("str") => "`String`",
                Type::Slice(_) => "`Vec<..>`",
                _ => "the type without `&`",
            };
            return Some(format!("arguments come from outside, so nobody lends them: write {owned}"));
        }
        Type::ImplTrait(_) => "an argument needs a schema: name its type",
        Type::TraitObject(_) => {
            "an argument needs a schema: name its type, or make an `enum` of those there are"
        }
        Type::Ptr(_) => "nobody can send a pointer: write the type it points to",
        Type::FnPtr(_) => "nobody can send a function: make an `enum` of what may be asked for",
        Type::Slice(_) => "an argument has a size: write `Vec<..>`",
        Type::Never(_) => "there is no value that a caller could send",
        Type::Infer(_) => "an argument needs a schema: write its type",
        _ => return None,
    };
    Some(message.to_owned())
}

/// Judges the type of an injected parameter.
pub(crate) fn injected(ty: &Type, mistakes: &mut Mistakes) {
    match bare(ty) {
        Type::Reference(reference) => {
            mistakes
                .at(reference, "what is injected is handed over: write the type and the pattern without `&`");
        }
        Type::ImplTrait(_) => mistakes.at(ty, "what is injected is read by its type: name it"),
        _ => {}
    }
}

/// Judges the type of an answer.
pub(crate) fn answer(ty: &Type, mistakes: &mut Mistakes) {
    let message = match bare(ty) {
        Type::ImplTrait(_) => "the documents have to describe the answer: name its type instead of `impl ..`",
        Type::Never(_) => "an operation answers: return what the caller is to read",
        Type::Ptr(_) | Type::FnPtr(_) => "nobody can send this back: return what the caller is to read",
        _ => return,
    };
    mistakes.at(ty, message);
}

/// Returns the name of a type that is a path of one word: `u8`, `Vec` of `Vec<u8>`. `Option` is looked through.
pub(crate) fn word(ty: &Type) -> Option<String> {
    let Type::Path(path) = bare(ty) else { return None };
    let segment = path.path.segments.last().filter(|_| path.path.segments.len() == 1)?;
    match (&*segment.ident.to_string(), &*parts(ty)) {
        ("Option", [inner]) => word(inner),
        (name, _) => Some(name.to_owned()),
    }
}

/// Returns whether a type is spelled `Option<..>`. An alias may hide one, which then only goes unnoticed.
pub(crate) fn is_option(ty: &Type) -> bool {
    let Type::Path(path) = bare(ty) else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Option" && !last.arguments.is_empty())
}

/// Returns a type without the parentheses, and the invisible ones that a macro by example puts around it.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// Returns the types that a type is made of.
fn parts(ty: &Type) -> Vec<&Type> {
    match ty {
        Type::Array(array) => vec![&*array.elem],
        Type::Group(group) => vec![&*group.elem],
        Type::Paren(paren) => vec![&*paren.elem],
        Type::Tuple(tuple) => tuple.elems.iter().collect(),
        Type::Path(path) => {
            path.path.segments.iter().flat_map(|segment| of_generics(&segment.arguments)).collect()
        }
        _ => Vec::new(),
    }
}

fn of_generics(arguments: &PathArguments) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return Vec::new() };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}
