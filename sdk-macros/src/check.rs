//! The rules about an annotated function that the compiler would not explain as well, or not at all.
//!
//! What is said of one argument is judged in `limits`, its type in `types`, and names in `names`.

use syn::{GenericParam, Receiver, ReceiverKind, Type};

use crate::diag::Mistakes;
use crate::model::{Argument, Function};
use crate::{limits, names, types};

/// Notes every rule that the function breaks.
pub(crate) fn function(function: &Function, mistakes: &mut Mistakes) {
    signature(function, mistakes);
    place(function, mistakes);
    names::operation(&function.wire_name(), mistakes);
    let mut seen: Vec<String> = Vec::new();
    for argument in function.arguments() {
        let name = argument.wire_name();
        if seen.contains(&name.value()) {
            mistakes.at(&name, format!("two arguments are called `{}`", name.value()));
        }
        seen.push(name.value());
        one_argument(argument, mistakes);
    }
    function.injected().for_each(|ty| types::injected(ty, mistakes));
    if let Some(returned) = function.return_type() {
        types::answer(returned, mistakes);
    }
}

fn one_argument(argument: &Argument, mistakes: &mut Mistakes) {
    names::argument(&argument.wire_name(), mistakes);
    let before = mistakes.count();
    types::argument(&argument.ty, mistakes);
    if mistakes.count() == before {
        limits::argument(argument, mistakes);
    }
}

fn signature(function: &Function, mistakes: &mut Mistakes) {
    let signature = &function.signature;
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
    if let Some(variadic) = &signature.variadic {
        mistakes.at(variadic, "an operation has one schema: name its arguments, or take a `Vec<..>`");
    }
}

/// Judges `self`, and whether what stands alone should stand in an annotated `impl` block.
fn place(function: &Function, mistakes: &mut Mistakes) {
    const ALONE: &str =
        "a method becomes an operation by way of its `impl` block: write `#[lobe_plugin]` on that, too";
    match (&function.owner, function.receiver()) {
        (Some(_), Some(receiver)) => by_reference(receiver, mistakes),
        (None, Some(receiver)) => mistakes.at(receiver, ALONE),
        (None, None) if function.mentions_self_type() => mistakes.at(function.name(), ALONE),
        (_, None) => {}
    }
}

fn by_reference(receiver: &Receiver, mistakes: &mut Mistakes) {
    let changes =
        "calls run at the same time and share `self`: write `&self`, and keep what changes behind a lock";
    match &receiver.kind {
        ReceiverKind::Value => {
            mistakes.at(receiver, "many calls need `self`, so none can take it: write `&self`")
        }
        ReceiverKind::Reference(_, _, Some(_)) => mistakes.at(receiver, changes),
        ReceiverKind::Typed(_, ty) if matches!(&**ty, Type::Reference(by) if by.mutability.is_some()) => {
            mistakes.at(receiver, changes);
        }
        _ => {}
    }
}
