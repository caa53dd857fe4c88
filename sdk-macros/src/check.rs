//! The rules about an annotated function that the compiler would not explain as well, or not at all.

use syn::{FnArg, GenericParam, LitStr, Type};

use crate::diag::Mistakes;
use crate::model::{Argument, Function};

/// Notes every rule that the function breaks.
pub(crate) fn function(function: &Function, mistakes: &mut Mistakes) {
    signature(function, mistakes);
    operation_name(&function.wire_name(), mistakes);
    let mut seen: Vec<String> = Vec::new();
    for argument in function.arguments() {
        let name = argument.wire_name();
        if seen.contains(&name.value()) {
            mistakes.at(&name, format!("two arguments are called `{}`", name.value()));
        }
        seen.push(name.value());
        one_argument(argument, mistakes);
    }
    if let Some(returned @ Type::ImplTrait(_)) = function.return_type() {
        mistakes
            .at(returned, "the documents have to describe the answer: name its type instead of `impl ..`");
    }
}

fn signature(function: &Function, mistakes: &mut Mistakes) {
    let signature = &function.item.sig;
    if let Some(receiver @ FnArg::Receiver(_)) = signature.inputs.first() {
        mistakes
            .at(receiver, "a method has no place here: write a function and inject `State(..): State<..>`");
    }
    for generic in &signature.generics.params {
        let what = match generic {
            GenericParam::Lifetime(_) => "lifetimes",
            GenericParam::Type(_) => "type parameters",
            GenericParam::Const(_) => "const parameters",
        };
        mistakes.at(generic, format!("an operation has one schema, so its function cannot have {what}"));
    }
    if let Some(token) = &signature.constness {
        mistakes.at(token, "an operation is called at run time: remove `const`");
    }
    if let syn::Safety::Unsafe(token) = &signature.safety {
        mistakes.at(token, "anybody may call an operation, so it cannot be `unsafe`");
    }
    if let Some(abi) = &signature.abi {
        mistakes.at(abi, "an operation is a Rust function: remove `extern`");
    }
}

fn one_argument(argument: &Argument, mistakes: &mut Mistakes) {
    match &*argument.ty {
        Type::Reference(reference) => {
            let owned = match &*reference.elem {
                Type::Path(path) if path.path.is_ident("str") => "`String`",
                Type::Slice(_) => "`Vec<..>`",
                _ => "the type without `&`",
            };
            mistakes
                .at(reference, format!("arguments come from outside, so nobody lends them: write {owned}"));
        }
        other @ Type::ImplTrait(_) => mistakes.at(other, "an argument needs a schema: name its type"),
        _ => {}
    }
    if argument.wire_name().value().is_empty() {
        mistakes.at(argument.wire_name(), "an argument needs a name");
    }
}

/// Judges a name by the rule of `lobe_plugin_sdk::name`, which the tests hold against this one.
pub(crate) fn name(name: &LitStr, mistakes: &mut Mistakes) {
    let text = name.value();
    let legal = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if text.is_empty() {
        mistakes.at(name, "a name cannot be empty");
    } else if text.len() > 40 {
        mistakes.at(name, format!("`{text}` has {} letters: a name has at most 40 letters", text.len()));
    }
    if let Some(letter) = text.chars().find(|letter| !legal(*letter)) {
        let message =
            format!("`{letter}` cannot stand in a name: it is made of ASCII letters, digits, `_` and `-`");
        mistakes.at(name, message);
    }
    if text.contains("__") {
        mistakes
            .at(name, "a name cannot contain `__`: LobeChat separates the parts of a tool name by `____`");
    }
}

fn operation_name(wire_name: &LitStr, mistakes: &mut Mistakes) {
    name(wire_name, mistakes);
    if matches!(&*wire_name.value(), "gateway" | "v1") {
        let message =
            "the gateway serves its own routes under this name: add `name = \"..\"` to the annotation";
        mistakes.at(wire_name, message);
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    /// `lobe_plugin_sdk::name` is held against the same table.
    #[test]
    fn names_are_legal_in_the_macro_as_in_the_library() {
        for line in include_str!("../../tests/data/names.txt").lines() {
            let (verdict, text) = line.split_once(' ').unwrap();
            let mut mistakes = Mistakes::default();
            name(&LitStr::new(text, Span::call_site()), &mut mistakes);
            assert_eq!(mistakes.none(), verdict == "ok", "{text:?}");
        }
    }
}
